"""Coming in by an invitation, in a real browser."""

from playwright.async_api import Page, expect

PASSWORD = "les vagues du fleuve"


async def come_in(page: Page, link: str) -> None:
    """Choose a password and see the desk greet."""
    await page.goto(link)
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.get_by_label("Le même encore une fois").fill(PASSWORD)
    await page.get_by_role("button", name="Entrer au pupitre").click()
    await expect(page.locator(".hello")).to_be_visible()
