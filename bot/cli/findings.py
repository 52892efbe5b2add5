"""What ``check`` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that ``check`` looked at: "good", "note" (works, but read this) or "wrong"."""

    about: str
    state: str
    text: str
