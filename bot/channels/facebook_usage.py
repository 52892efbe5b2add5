"""How much of its limits Facebook says is used up, and how long its calls wait for that.

Source: developers.facebook.com, "Rate Limits". Shares are in percent, of a rolling hour (the app's) or a
rolling day (the page's); waits are in minutes. At a hundred Facebook refuses every call, and counts it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.channels.answer import mapping, wait_of
from bot.message import TryLater

ROLLING = timedelta(minutes=15)
"""So long we wait where Facebook does not say: a window that rolls has some room again."""
_NEAR = 95
_SHARES = ("call_count", "total_time", "total_cputime")
_OWN = ("x-app-usage", "x-page-usage")
_BUSINESS = "x-business-use-case-usage"
_REGAINED = "estimated_time_to_regain_access"
_SECONDS = 60
_HIGHEST = 10**9


class Ration:
    """Keeps one page's calls back while its limits are as good as used up."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Take the clock; until the first answer nothing is known."""
        self._now = now
        self._rests_until: datetime | None = None
        self._share = 0.0

    def check(self) -> None:
        """Raise TryLater while no call is to be made."""
        wait = self._rests_until - self._now() if self._rests_until is not None else timedelta(0)
        if wait > timedelta(0):
            used = f"{self._share:.0f} % of what Facebook lets us call is used up"
            raise TryLater(f"{used}: nothing was sent", wait)

    def note(self, headers: Mapping[str, str]) -> None:
        """Read an answer's headers; one that says nothing of it leaves all as it was."""
        uses = list(_uses(headers))
        if not uses:
            return
        self._share = max(share for use in uses for share in _shares(use))
        wait = regained(headers) or (ROLLING if self._share >= _NEAR else None)
        self._rests_until = None if wait is None else self._now() + wait


def regained(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long Facebook says that it refuses; None where it does not say."""
    return wait_of(max((_number(use.get(_REGAINED)) for use in _uses(headers)), default=0) * _SECONDS)


def _uses(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield every use that is told: {"call_count": 9}, and those of {"42": [{"call_count": 9}]}."""
    for name in _OWN:
        if use := _object(headers.get(name, "")):
            yield use
    for told in _object(headers.get(_BUSINESS, "")).values():
        yield from (mapping(use) for use in told) if isinstance(told, list) else ()


def _object(text: str) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _shares(use: Mapping[str, Any]) -> Iterator[float]:
    return (_number(use.get(name)) for name in _SHARES)


def _number(value: object) -> float:
    """Return a number that can be a share or a wait, and 0 for anything else."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
    return number if 0 < number < _HIGHEST else 0
