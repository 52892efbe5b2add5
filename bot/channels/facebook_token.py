"""What Facebook says of a token: what it may, for which pages, and until when.

Source: developers.facebook.com, debug_token. Moments are seconds since 1970, 0 where there is no end.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from bot.channels.answer import mapping
from bot.secret import Secret

NOTHING: Mapping[str, str] = MappingProxyType({})
_NEEDED = {
    "pages_manage_posts": "nothing can be posted",
    "pages_read_engagement": "its posts cannot be read",
}
_ENDS = ("expires_at", "data_access_expires_at")
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def missing(token: Mapping[str, Any], page: str) -> tuple[str, ...]:
    """Return a line for each scope that the token lacks, on the whole or for this page; none if unknown."""
    scopes = token.get("scopes")
    if not isinstance(scopes, list):
        return ()
    closed = set(_closed(token, page))
    return tuple(
        f"the scope {scope}{' for this page' if scope in scopes else ''}: {without}"
        for scope, without in _NEEDED.items()
        if scope not in scopes or scope in closed
    )


def _closed(token: Mapping[str, Any], page: str) -> Iterator[str]:
    """Return the scopes that were granted for other pages only."""
    granted = token.get("granular_scopes")
    for grant in granted if isinstance(granted, list) else ():
        pages = mapping(grant).get("target_ids")
        if isinstance(pages, list) and pages and page not in map(str, pages):
            yield str(mapping(grant).get("scope", ""))


def end_of(token: Mapping[str, Any]) -> datetime | None:
    """Return when the token, or its right to the page's data, ends; None where it has no end."""
    ends = [end for name in _ENDS if type(end := token.get(name)) is int and 0 < end < _LATEST]
    return datetime.fromtimestamp(min(ends), UTC) if ends else None


def days_left(token: Mapping[str, Any], now: datetime) -> int | None:
    """Return how many whole days are left until then; None where it has no end."""
    end = end_of(token)
    return None if end is None else max((end - now) // timedelta(days=1), 0)


def proof(app_secret: Secret | None, token: Secret) -> Mapping[str, str]:
    """Return the parameter that proves a call to come from the app itself; none without the app's secret.

    Source: developers.facebook.com, "Secure Graph API Calls".
    """
    if app_secret is None:
        return NOTHING
    key, proved = app_secret.reveal().encode(), token.reveal().encode()
    return {"appsecret_proof": hmac.new(key, proved, "sha256").hexdigest()}
