"""How often a page's token may call, as the stand-in keeps it: so often in a rolling day, told each time.

Source: developers.facebook.com, "Rate Limits", Pages: 4,800 calls in 24 hours for each engaged user, of whom
a page here has one. Calls that are refused count as well.
"""

import json
from collections import deque
from datetime import datetime, timedelta

from bot.sandbox.facebook_rules import Refusal
from bot.sandbox.published import Clock

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class Calls:
    """Counts the calls of each page."""

    def __init__(self, now: Clock, limit: int = 4800) -> None:
        self._now = now
        self._limit = limit
        self._made: dict[str, deque[datetime]] = {}

    def count(self, page: str) -> dict[str, str]:
        """Count a call and return the header that tells how many there were."""
        now, made = self._now(), self._made.setdefault(page, deque(maxlen=self._limit + 1))
        made.append(now)
        while made[0] <= now - _DAY:
            made.popleft()
        share = min(len(made) * 100 // self._limit, 100)
        over = len(made) > self._limit
        wait = -((now - made[0] - _DAY) // _MINUTE) if over else 0
        use = {"type": "pages", "call_count": share, "total_cputime": 1, "total_time": 1}
        return usage(page, {**use, "estimated_time_to_regain_access": wait})

    def refuse_excess(self, page: str) -> None:
        """Raise Refusal if the last call was one too many."""
        if len(self._made[page]) > self._limit:
            words = "There have been too many calls to this Page account. Wait a bit and try again."
            raise Refusal(80001, f"(#80001) {words}")


def usage(page: str, use: dict[str, object]) -> dict[str, str]:
    """Return the header as Facebook sends it."""
    return {"X-Business-Use-Case-Usage": json.dumps({page: [use]})}
