"""Slowing down whoever guesses: by account, by net, and over all; a known browser has a count of its own.

A failure makes the next try wait, twice as long each time. The owner of an account that strangers guess at
gets in from a browser that has signed in before, for that one counts its own failures alone.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE = 5
"""So many failures cost nothing: people mistype."""
FREE_OF_ALL = 100
LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=1)
"""After so long without a failure a count starts anew."""
MOST = 20_000
"""So many counts are kept, the latest."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class _Count:
    failures: int
    last: datetime
    until: datetime


class Throttle:
    """Counts failures by whom and from where; the desk's only memory of them."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()

    def wait(self, now: datetime, who: Iterable[Hashable]) -> timedelta:
        """Return how long the next try has to wait, zero if not at all."""
        ends = [count.until for key in who if (count := self._counts.get(key)) is not None]
        return max([end - now for end in ends if end > now], default=timedelta(0))

    def failed(self, now: datetime, who: Iterable[Hashable]) -> None:
        """Count a failure."""
        for key in who:
            known = self._counts.pop(key, None)
            fresh = known is None or now - known.last > FORGOTTEN
            failures = 1 if known is None or fresh else known.failures + 1
            delay = _delay(failures, FREE_OF_ALL if key == ALL else FREE)
            self._counts[key] = _Count(failures, now, now + delay)
        while len(self._counts) > MOST:
            self._counts.popitem(last=False)

    def succeeded(self, who: Iterable[Hashable]) -> None:
        """Forget the failures of whoever got in."""
        for key in who:
            if key != ALL:
                self._counts.pop(key, None)


def keys(account: str, address: str, device: str) -> tuple[Hashable, ...]:
    """Return what a try counts for; ``device`` is the digest of a browser that is known, or ""."""
    if device:
        return (("device", device),)
    return (("account", account), ("net", _net(address)), ALL)


def _delay(failures: int, free: int) -> timedelta:
    if failures < free:
        return timedelta(0)
    return min(LONGEST, timedelta(seconds=2 ** min(failures - free, 12)))


def _net(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 6:  # noqa: PLR2004  a household has 2^64 addresses
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
