"""X's rate limits: so many requests of a kind per user in a window of 15 minutes, by the shared clock.

Source: X API, "Rate limits", per user.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.sandbox.x_answers import TOO_MANY_REQUESTS, Refusal, unix

WINDOW = timedelta(minutes=15)
LIMITS = {"create": 100, "delete": 50, "me": 75, "timeline": 900, "upload": 500, "metadata": 500}


@dataclass(frozen=True, slots=True)
class Window:
    """The requests of one user and kind since `start`."""

    limit: int
    start: datetime
    used: int = 0

    def refuse_excess(self) -> None:
        """Raise Refusal 429 if the last request was one too many."""
        if self.used > self.limit:
            raise Refusal(TOO_MANY_REQUESTS)

    def headers(self) -> dict[str, str]:
        """Return the headers that X sends with every answer; the reset in unix seconds."""
        return limit_headers(self.limit, max(0, self.limit - self.used), self.start + WINDOW)


class RateLimits:
    """Counts requests; a window starts with the first one in it."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def count(self, user_id: str, operation: str, now: datetime) -> Window:
        """Count one request and return its window."""
        window = self._windows.get((user_id, operation))
        if window is None or not window.start <= now < window.start + WINDOW:
            window = Window(LIMITS[operation], now)
        window = replace(window, used=window.used + 1)
        self._windows[user_id, operation] = window
        return window


def limit_headers(limit: int, remaining: int, reset: datetime) -> dict[str, str]:
    """Return X's three rate limit headers."""
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(unix(reset)),
    }
