"""Addresses that content or people bring: which may become a link, and whose page it opens."""

from __future__ import annotations

from urllib.parse import urlsplit


def host(address: str) -> str:
    """Return whose page an address opens, or ""."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_web(address: str) -> bool:
    """Say whether an address may become a link: http or https, and a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
