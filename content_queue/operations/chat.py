"""The moderators' chat: whose account it is, what stands behind its buttons, what was heard already.

An account is its number, never its name. Of a code or a button only the digest is kept, and each is good for
one purpose, once, for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason, parse_reference
from content_queue.operations import people
from content_queue.operations.history import note
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from content_queue.operations.rows import Record
    from content_queue.people import Person

CODE_LASTS = timedelta(minutes=10)
"""So long a code links an account. OWASP ASVS 5.0, 6.5.5: ten minutes."""
BUTTON_LASTS = timedelta(days=7)
REMEMBERED = timedelta(days=2)
"""Telegram keeps what was not fetched for a day (Bot API, getUpdates); what is older cannot come again."""
_MINE = t.handle.c.digest == sa.bindparam("key")


@dataclass(frozen=True, slots=True)
class Handle:
    """What stands behind a button, or behind a question that is answered with a message.

    ``about`` is what it acts on, in ``revision``; ``shown`` the digest of what the card showed. It works in
    ``chat`` under ``message`` alone; ``used_by`` is who used it, "" before.
    """

    digest: str
    action: str
    about: str
    chat: int
    detail: str = ""
    revision: int = 0
    shown: str = ""
    message: int | None = None
    used_by: str = ""

    @property
    def number(self) -> int:
        """The number of the item or post that it acts on; raises ValueError where it acts on none."""
        return parse_reference(self.about)[1]


def offer_link(tx: Connection, now: datetime, who: Person, person: Person, digest: str) -> datetime:
    """Let ``digest``'s code link an account to a person, once; earlier codes end. Return until when."""
    if not person.active:
        raise ValueError(f"{person.who} has been removed")
    tx.execute(sa.delete(t.link_code).where(t.link_code.c.person == person.id))
    until = now + CODE_LASTS
    tx.execute(sa.insert(t.link_code).values(digest=digest, person=person.id, expires_at=until))
    note(tx, now, who.who, "offer Telegram", why=_of(person))
    return until


def use_link(tx: Connection, now: datetime, digest: str, account: int) -> Person | None:
    """Make the account that of the code's person; None where the code opens nothing."""
    code = t.link_code.c.digest == digest
    alive = code & t.link_code.c.used_at.is_(None) & (t.link_code.c.expires_at > now)
    number = tx.execute(sa.select(t.link_code.c.person).where(alive)).scalar()
    person = None if number is None else people.by_id(tx, int(number))
    if person is None or not person.active:
        return None
    tx.execute(sa.update(t.link_code).where(code).values(used_at=now))
    tx.execute(sa.update(t.person).where(t.person.c.telegram == account).values(telegram=None))
    tx.execute(sa.update(t.person).where(t.person.c.id == person.id).values(telegram=account))
    note(tx, now, person.who, "link Telegram", why=_of(person))
    return person


def unlink(tx: Connection, now: datetime, who: Person, person: Person) -> None:
    """End what an account could do for a person; raise ValueError where none is linked."""
    if account(tx, person) is None:
        raise ValueError(f"no Telegram account is linked to {person.who}")
    tx.execute(sa.update(t.person).where(t.person.c.id == person.id).values(telegram=None))
    note(tx, now, who.who, "unlink Telegram", why=_of(person))


def account(tx: Connection, person: Person) -> int | None:
    """Return the number of a person's linked account, None without one."""
    found = tx.execute(sa.select(t.person.c.telegram).where(t.person.c.id == person.id)).scalar()
    return None if found is None else int(found)


def whose(tx: Connection, account: int) -> Person | None:
    """Return the person behind an account, or None."""
    mine = (t.person.c.telegram == account) & t.person.c.removed_at.is_(None)
    number = tx.execute(sa.select(t.person.c.id).where(mine)).scalar()
    return None if number is None else people.by_id(tx, int(number))


def linked(tx: Connection) -> list[tuple[Person, int]]:
    """Return everybody who has an account here, with its number."""
    rows = tx.execute(sa.select(t.person.c.id, t.person.c.telegram).where(t.person.c.telegram.is_not(None)))
    numbers = {int(row.id): int(row.telegram) for row in rows}
    return [(each, numbers[each.id]) for each in people.everyone(tx) if each.id in numbers]


def first_time(tx: Connection, now: datetime, update: int) -> bool:
    """Note that an update was heard; say whether it is the first time. What is long over is forgotten."""
    if tx.execute(sa.select(t.chat_update.c.id).where(t.chat_update.c.id == update)).first() is not None:
        return False
    tx.execute(sa.insert(t.chat_update).values(id=update, at=now))
    tx.execute(sa.delete(t.chat_update).where(t.chat_update.c.at < now - REMEMBERED))
    tx.execute(sa.delete(t.handle).where(t.handle.c.expires_at < now - BUTTON_LASTS))
    return True


def keep(tx: Connection, now: datetime, made: Handle) -> None:
    """Keep what stands behind a button; it works once its message is known."""
    tx.execute(
        sa.insert(t.handle).values(
            digest=made.digest,
            action=made.action,
            about=made.about,
            detail=made.detail,
            revision=made.revision,
            shown=made.shown,
            chat=made.chat,
            expires_at=now + BUTTON_LASTS,
        )
    )


def bind(tx: Connection, digests: Sequence[str], message: int) -> None:
    """Say under which message the buttons stand."""
    tx.execute(sa.update(t.handle).where(t.handle.c.digest.in_(digests)).values(message=message))


def behind(tx: Connection, now: datetime, digest: str, chat: int, message: int) -> Handle | None:
    """Return what stands behind a button pressed there, None where nothing does."""
    row = tx.execute(sa.select(t.handle).where(_MINE), {"key": digest}).first()
    here = row is not None and (row.chat, row.message) == (chat, message) and now < row.expires_at
    return _handle(row) if here else None


def asked_by(tx: Connection, now: datetime, chat: int, message: int, actions: Sequence[str]) -> Handle | None:
    """Return the question of one of these kinds that a message asked, None where it asked none."""
    there = (t.handle.c.chat == chat) & (t.handle.c.message == message) & (t.handle.c.expires_at > now)
    row = tx.execute(sa.select(t.handle).where(there, t.handle.c.action.in_(actions))).first()
    return None if row is None else _handle(row)


def use_up(tx: Connection, used: Handle, who: Person) -> None:
    """Note who used a button: it and those beside it are used up."""
    beside = (t.handle.c.chat == used.chat) & (t.handle.c.message == used.message)
    tx.execute(sa.update(t.handle).where(beside, t.handle.c.used_by == "").values(used_by=who.who))


def _of(person: Person) -> Reason:
    return Reason("%(person)s", {"person": person.who})


def _handle(row: Record) -> Handle:
    return Handle(
        digest=row.digest,
        action=row.action,
        about=row.about,
        chat=row.chat,
        detail=row.detail,
        revision=row.revision,
        shown=row.shown,
        message=row.message,
        used_by=row.used_by,
    )
