"""Addresses that only lead to another one, which stands in them: alerts, AMP caches, link counters. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

_GOOGLE: Final = "google"
_REDIRECTORS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
    {  # host without "www.", path: the parameters that hold the real address
        (_GOOGLE, "/url"): ("url", "q"),
        ("bing.com", "/news/apiclick.aspx"): ("url",),
        ("l.facebook.com", "/l.php"): ("u",),
        ("lm.facebook.com", "/l.php"): ("u",),
        ("youtube.com", "/redirect"): ("q",),
        ("t.umblr.com", "/redirect"): ("z",),
    }
)
_GOOGLE_HOST: Final = re.compile(r"google\.(?:[a-z]{2,3}|com?\.[a-z]{2})")
# google.com/amp/s/example.org/a, example-org.cdn.ampproject.org/c/s/example.org/a: "s" says https.
_AMP_PATH: Final = re.compile(r"/(?:amp|[civ])/(s/)?([^/]+\.[^/]+.*)")
_FEEDBURNER: Final = re.compile(r"(?:feedproxy\.google\.com|feeds\d?\.feedburner\.com)")
_DEEPEST: Final = 3
# Each of these has one of them in its address: most addresses have none, and need not be taken apart.
_MAYBE: Final = re.compile(r"google|ampproject|feedburner|bing\.com|facebook|youtube|umblr")


def unwrapped(url: str) -> str:
    """Return the address that a known redirector leads to, also through several, else ``url`` itself.

    Never raises; what it finds is an http or https address with a host, and no more is promised of it.
    """
    for _ in range(_DEEPEST):
        inner = _inner(url) if _MAYBE.search(url.lower()) else ""
        if not inner:
            break
        url = inner
    return url


def counts_clicks(url: str) -> bool:
    """Say whether an address is FeedBurner's, which hides where it leads: an entry's guid may tell."""
    parts = _split(url) if _MAYBE.search(url.lower()) else None
    return parts is not None and bool(_FEEDBURNER.fullmatch(parts.hostname or "")) and "/~" in parts.path


def _inner(url: str) -> str:
    parts = _split(url)
    if parts is None:
        return ""
    host = (parts.hostname or "").removeprefix("www.")
    site = _GOOGLE if _GOOGLE_HOST.fullmatch(host) else host
    holding = _REDIRECTORS.get((site, parts.path), ())
    named = parse_qs(parts.query) if holding else {}
    found = [value for name in holding for value in named.get(name, [])]
    return next((value for value in [*found, *_cached(site, parts)] if _is_web(value)), "")


def _cached(site: str, parts: SplitResult) -> list[str]:
    """Read the address out of an AMP cache's."""
    if site != _GOOGLE and not site.endswith(".cdn.ampproject.org"):
        return []
    found = _AMP_PATH.fullmatch(parts.path)
    if found is None:
        return []
    query = f"?{parts.query}" if parts.query else ""
    return [f"http{'s' if found[1] else ''}://{found[2]}{query}"]


def _is_web(url: str) -> bool:
    parts = _split(url)
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url.strip())
    except ValueError:
        return None
