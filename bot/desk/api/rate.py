"""How often somebody may ask: a bucket for each, so that a busy one leaves the others alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

BURST = 120
A_MINUTE = 240
MOST = 1000
"""So many buckets are kept, the latest used."""


@dataclass(frozen=True, slots=True)
class _Bucket:
    left: float
    at: datetime


class Rate:
    """The buckets, by who asks."""

    def __init__(self, burst: int = BURST, a_minute: int = A_MINUTE) -> None:
        self._burst = burst
        self._a_minute = a_minute
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, who: Hashable, now: datetime) -> timedelta:
        """Take one request out of a bucket; return how long to wait where it is empty, else zero."""
        known = self._buckets.pop(who, _Bucket(self._burst, now))
        minutes = max((now - known.at) / timedelta(minutes=1), 0)
        left = min(self._burst, known.left + minutes * self._a_minute)
        enough = left >= 1
        self._buckets[who] = _Bucket(left - 1 if enough else left, max(now, known.at))
        while len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        return timedelta(0) if enough else timedelta(minutes=(1 - left) / self._a_minute)
