"""Who is at the desk: until people can sign in, whoever brought the start-up token.

Sessions live in memory: a restart makes a new token, and ends them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from bot.secret import Secret
from content_queue.people import Person, local

LIFETIME = timedelta(days=14)
MOST = 50
"""More sessions than that end the oldest."""


@dataclass(slots=True)
class Session:
    """One browser's stay. ``notices`` are shown once, on the next page."""

    until: datetime
    person: Person
    csrf: str = field(default_factory=lambda: token_urlsafe(32), repr=False)
    notices: list[str] = field(default_factory=list)

    def take_notices(self) -> list[str]:
        """Return what is to be shown, once."""
        notices, self.notices = self.notices, []
        return notices


class Sessions:
    """The sessions that are open; only digests of their values are kept."""

    def __init__(self, token: Secret, now: Callable[[], datetime]) -> None:
        self._token = token
        self._now = now
        self._open: dict[bytes, Session] = {}

    def enter(self, offered: str) -> str | None:
        """Open a session for who brings the token, and return its value for the cookie; None for others."""
        if not self._token.reveal() or Secret(offered) != self._token:  # compared in constant time
            return None
        while len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        value = token_urlsafe(32)
        self._open[_digest(value)] = Session(self._now() + LIFETIME, local("desk"))
        return value

    def find(self, value: str) -> Session | None:
        """Return the open session behind a cookie's value, or None."""
        session = self._open.get(_digest(value)) if value else None
        return session if session is not None and self._now() < session.until else None


def _digest(value: str) -> bytes:
    return sha256(value.encode("utf-8", "replace")).digest()
