"""Links that a network shows to none of our readers: Facebook hides those to news sites in Canada."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.message import Blocked


def hidden_on(link: str, blocked: Blocked | None) -> bool:
    """Tell whether a link leads to one of the sites, or to a part of one: ``ici.radio-canada.ca``."""
    if blocked is None:
        return False
    labels = host_of(link).split(".")
    return any(".".join(labels[place:]) in blocked.domains for place in range(len(labels)))


def host_of(link: str) -> str:
    """Return a link's host in lower case, "" where it has none."""
    try:
        return (urlsplit(link).hostname or "").rstrip(".")
    except ValueError:
        return ""
