"""Who is at the desk: people who signed in, and, while nobody has, whoever brought the start-up token.

People's stays are rows, by the digest of the cookie's value. The start-up token opens stays in memory: it is
made at each start, and opens nothing from the moment that somebody has come in by an invitation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.desk.keys import digest, fresh_key
from bot.desk.permission import NotAllowedError
from bot.secret import Secret
from content_queue.operations import access, people
from content_queue.people import Person, local
from content_queue.store.database import Transaction

LIFETIME = access.LONGEST
MOST = 50
"""More stays by the start-up token than that end the oldest."""
MOST_NOTICES = 500
STARTED = "desk"
"""How the history names whoever came by the start-up token."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's stay. ``number`` is 0 where the start-up token opened it."""

    person: Person
    digest: str
    csrf: str = field(repr=False)
    number: int = 0
    stale: access.Session | None = None
    """Set when its use is to be written down again."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that is shown once; ``undo`` are the items whose approval can be taken back from it."""

    line: str
    undo: tuple[str, ...] = ()


class Sessions:
    """The stays, and the lines that each is shown once, on its next page."""

    def __init__(self, token: Secret, now: Callable[[], datetime]) -> None:
        self._token = token
        self.now = now
        self._started: OrderedDict[str, datetime] = OrderedDict()
        self._notices: OrderedDict[str, list[Notice]] = OrderedDict()

    def enter(self, tx: Transaction, offered: str) -> str | None:
        """Open a stay for who brings the token while nobody has come in; return its cookie's value."""
        if not self._token.reveal() or Secret(offered) != self._token:  # compared in constant time
            return None
        if people.anyone(tx):
            return None
        while len(self._started) >= MOST:
            self._started.popitem(last=False)
        key = fresh_key()
        self._started[key.digest] = self.now() + LIFETIME
        return key.value

    def find(self, tx: Transaction, value: str) -> Session | None:
        """Return the stay behind a cookie's value, or None."""
        if not value:
            return None
        key, csrf = digest(value), digest(f"form:{value}")
        if key in self._started:
            return Session(local(STARTED), key, csrf) if self._holds(tx, key) else None
        stay = access.session(tx, self.now(), key)
        if stay is None:
            return None
        old = self.now() - stay.seen_at >= access.OFTEN
        return Session(people.by_id(tx, stay.person), key, csrf, stay.id, stay if old else None)

    def present(self, tx: Transaction, session: Session) -> Person:
        """Return who acts, as they are now: a role may have changed, or a stay ended, since the page came."""
        if session.number == 0 and self._holds(tx, session.digest):
            return session.person
        stay = access.session(tx, self.now(), session.digest) if session.number else None
        if stay is None:
            raise NotAllowedError("your stay here is over: sign in again")
        return people.by_id(tx, stay.person)

    def notice(self, session: Session, line: str, undo: tuple[str, ...] = ()) -> None:
        """Keep a line for a stay's next page, with the items whose approval a press there takes back."""
        self._notices.setdefault(session.digest, []).append(Notice(line, undo))
        while len(self._notices) > MOST_NOTICES:
            self._notices.popitem(last=False)

    def take_notices(self, session: Session) -> list[Notice]:
        """Return what is to be shown, once."""
        return self._notices.pop(session.digest, [])

    def _holds(self, tx: Transaction, key: str) -> bool:
        until = self._started.get(key)
        return until is not None and self.now() < until and not people.anyone(tx)
