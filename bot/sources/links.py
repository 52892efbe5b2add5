"""Addresses that content names: made absolute, unwrapped, and only ever http or https."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from content_queue import redirectors

MAX_LENGTH = 2048
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_PLAIN = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/[A-Za-z0-9._~/%+,=&?-]*[A-Za-z0-9_~/=-]")


def web_address(link: str, *bases: str) -> str:
    """Return ``link`` as an absolute http or https address, or "" where it is none.

    Relative to the first of ``bases`` that is itself a web address. A user name in it, a control
    character, a missing host or more than 2,048 characters make it none.
    """
    link = link.strip().replace(" ", "%20")
    if not link or len(link) > MAX_LENGTH:
        return ""
    if _PLAIN.fullmatch(link):  # as nearly all are: nothing to resolve, nothing to doubt
        return link
    base = next((base for base in bases if is_web(base)), "")
    try:
        absolute = _usual(urljoin(base, link))
    except ValueError:
        return ""
    return absolute if is_web(absolute) and len(absolute) <= MAX_LENGTH else ""


def is_web(address: str) -> bool:
    """Tell whether ``address`` is an absolute http or https address that a reader may be sent to."""
    if _PLAIN.fullmatch(address):
        return True
    if _UNSAFE.search(address):
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def unwrapped(address: str) -> str:
    """Return where a known redirector (Google Alerts, Bing News) leads, else the address itself."""
    inner = redirectors.unwrapped(address)
    return _usual(inner) if is_web(inner) else address


def _usual(address: str) -> str:
    """Write the scheme small, as everybody looks for it: ``Https://`` means the same."""
    scheme, colon, rest = address.partition(":")
    return f"{scheme.lower()}{colon}{rest}"


def same_page(one: str, other: str) -> bool:
    """Tell whether two addresses differ by nothing but campaign parameters."""
    return _without_campaign(one) == _without_campaign(other)


def _without_campaign(address: str) -> str:
    head, _, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("utm_")]
    return head + ("?" + "&".join(kept) if kept else "")
