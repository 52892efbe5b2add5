// Comfort only: every page works without this.
"use strict";

// One press is enough: a form that is on its way does not go twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

// Opening a drawer puts the cursor into its first field.
document.addEventListener("toggle", (event) => {
  if (event.target.open) {
    event.target.querySelector("input:not([type=hidden]), textarea")?.focus();
  }
}, true);
