"""What opens a door for a person: invitations, sessions, known devices, tokens.

Only digests are kept: what a browser or a script shows is made and compared by the doors. Every question asks
whether the person is still there, so that a removal ends all of it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.operations.history import note
from content_queue.operations.rows import Record, UnknownError
from content_queue.people import Person, Token, person_name
from content_queue.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

IDLE = timedelta(hours=12)
"""A session that nobody uses for so long is over."""
LONGEST = timedelta(days=14)
"""So long a session lasts at most."""
KNOWN = timedelta(days=180)
"""So long a browser that has signed in is known."""
INVITED = timedelta(days=7)
"""So long a link lets somebody in, once."""
OFTEN = timedelta(minutes=5)
"""A use is written down no more often than that."""
MOST_SESSIONS = 20
"""A person's oldest sessions beyond that end."""
LONGEST_TOKEN = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's stay."""

    id: int
    person: int
    agent: str
    created_at: datetime
    seen_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token of the API: what it is called and may be used for, never what it is."""

    id: int
    person: int
    name: str
    scope: Token
    created_at: datetime
    expires_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        """Say whether it opens anything."""
        return self.revoked_at is None and now < self.expires_at


def invite(tx: Connection, now: datetime, who: Person, person: Person, digest: str) -> datetime:
    """Let ``digest``'s link bring somebody in once; earlier links end. Return until when it does."""
    if not person.active:
        raise ValueError(f"{person.who} has been removed")
    _end_invitations(tx, now, person.id)
    until = now + INVITED
    values = {"digest": digest, "person": person.id, "made_by": who.who, "created_at": now}
    tx.execute(sa.insert(t.invitation).values(**values, expires_at=until))
    note(tx, now, who.who, "invite", why=Reason("%(person)s", {"person": person.who}))
    return until


def invited(tx: Connection, now: datetime, digest: str) -> int | None:
    """Return the number of the person whom a link would let in, or None."""
    row = tx.execute(sa.select(t.invitation.c.person).where(_open(now), t.invitation.c.digest == digest))
    found = row.scalar()
    return None if found is None else int(found)


def use_invitation(tx: Connection, now: datetime, digest: str) -> int | None:
    """Use a link up; return whom it lets in, None where it does not."""
    number = invited(tx, now, digest)
    if number is not None:
        used = t.invitation.c.digest == digest
        tx.execute(sa.update(t.invitation).where(used).values(used_at=now))
    return number


def open_invitations(tx: Connection, now: datetime, person: int) -> int:
    """Return how many links would still let a person in."""
    rows = tx.execute(sa.select(t.invitation.c.id).where(_open(now), t.invitation.c.person == person))
    return len(rows.all())


def begin_session(tx: Connection, now: datetime, person: int, digest: str, agent: str) -> None:
    """Begin a stay."""
    for old in sessions(tx, now, person)[MOST_SESSIONS - 1 :]:
        end_session(tx, person, old.id)
    values = {"digest": digest, "person": person, "agent": agent, "created_at": now, "seen_at": now}
    tx.execute(sa.insert(t.session).values(**values, until=now + LONGEST))
    tx.execute(sa.update(t.person).where(t.person.c.id == person).values(seen_at=now))


def session(tx: Connection, now: datetime, digest: str) -> Session | None:
    """Return the stay behind a digest while it lasts and its person is there."""
    mine = _ALIVE.where(t.session.c.digest == digest)
    row = tx.execute(mine, {"now": now, "idle": now - IDLE}).first()
    return None if row is None else _session(row)


def touch_session(tx: Connection, now: datetime, stay: Session) -> None:
    """Keep a stay from falling asleep."""
    tx.execute(sa.update(t.session).where(t.session.c.id == stay.id).values(seen_at=now))
    tx.execute(sa.update(t.person).where(t.person.c.id == stay.person).values(seen_at=now))


def sessions(tx: Connection, now: datetime, person: int) -> list[Session]:
    """Return a person's stays, the latest used first."""
    mine = _ALIVE.where(t.session.c.person == person).order_by(t.session.c.seen_at.desc())
    return [_session(row) for row in tx.execute(mine, {"now": now, "idle": now - IDLE})]


def end_session(tx: Connection, person: int, number: int) -> None:
    """End one stay of a person; harmless when it is over."""
    mine = (t.session.c.id == number) & (t.session.c.person == person)
    tx.execute(sa.delete(t.session).where(mine))


def end_sessions(tx: Connection, person: int) -> None:
    """End all of a person's stays."""
    tx.execute(sa.delete(t.session).where(t.session.c.person == person))


def tidy(tx: Connection, now: datetime) -> None:
    """Forget what is long over: stays, devices, and answers that nobody asks for again."""
    tx.execute(sa.delete(t.session).where(t.session.c.until < now))
    tx.execute(sa.delete(t.device).where(t.device.c.until < now))
    tx.execute(sa.delete(t.answer).where(t.answer.c.at < now - timedelta(days=1)))


def know_device(tx: Connection, now: datetime, person: int, digest: str) -> None:
    """Remember a browser that has signed in."""
    tx.execute(sa.insert(t.device).values(digest=digest, person=person, until=now + KNOWN))


def knows_device(tx: Connection, now: datetime, person: int, digest: str) -> bool:
    """Say whether this person has signed in on that browser before."""
    mine = (t.device.c.digest == digest) & (t.device.c.person == person) & (t.device.c.until > now)
    return tx.execute(sa.select(t.device.c.digest).where(mine)).first() is not None


def give_token(  # noqa: PLR0913, PLR0917  a token has these parts
    tx: Connection,
    now: datetime,
    who: Person,
    person: Person,
    name: str,
    scope: Token,
    digest: str,
    lasts: timedelta,
) -> TokenRow:
    """Give a person a token; raise ValueError for a name or a time that cannot be."""
    if not person.active:
        raise ValueError(f"{person.who} has been removed")
    if not name.strip():
        raise ValueError("a token needs a name that says what it is for")
    if not timedelta(0) < lasts <= LONGEST_TOKEN:
        raise ValueError(f"a token lasts from one day to {LONGEST_TOKEN.days} days")
    if any(each.name == name.strip() and each.works(now) for each in tokens(tx, person.id)):
        raise ValueError(f"{person.who} has a token {name.strip()!r} already")
    values = {"digest": digest, "person": person.id, "name": name.strip(), "scope": scope.value}
    tx.execute(sa.insert(t.token).values(**values, created_at=now, expires_at=now + lasts))
    made = tokens(tx, person.id)[-1]
    note(tx, now, who.who, "give token", why=_of_token(made))
    return made


def token(tx: Connection, now: datetime, digest: str) -> TokenRow | None:
    """Return the token behind a digest while it opens anything and its person is there."""
    known = sa.select(t.token).join(t.person, t.person.c.id == t.token.c.person)
    row = tx.execute(known.where(t.token.c.digest == digest, t.person.c.removed_at.is_(None))).first()
    found = None if row is None else _token(row)
    return found if found is not None and found.works(now) else None


def touch_token(tx: Connection, now: datetime, number: int) -> None:
    """Write down that a token was used."""
    tx.execute(sa.update(t.token).where(t.token.c.id == number).values(seen_at=now))


def tokens(tx: Connection, person: int) -> list[TokenRow]:
    """Return a person's tokens, oldest first, ended ones too."""
    rows = tx.execute(sa.select(t.token).where(t.token.c.person == person).order_by(t.token.c.id))
    return [_token(row) for row in rows]


def revoke_token(tx: Connection, now: datetime, who: Person, person: Person, name: str) -> None:
    """End a token by its name; raise ``UnknownError`` where there is none that works."""
    found = [each for each in tokens(tx, person.id) if each.name == name and each.works(now)]
    if not found:
        raise UnknownError(f"{person.who} has no token {name!r}")
    ids = [each.id for each in found]
    tx.execute(sa.update(t.token).where(t.token.c.id.in_(ids)).values(revoked_at=now))
    note(tx, now, who.who, "revoke token", why=_of_token(found[0]))


def end_all(tx: Connection, now: datetime, person: int) -> None:
    """End all that opens a door for a person."""
    end_sessions(tx, person)
    _end_invitations(tx, now, person)
    tx.execute(sa.delete(t.device).where(t.device.c.person == person))
    live = (t.token.c.person == person) & t.token.c.revoked_at.is_(None)
    tx.execute(sa.update(t.token).where(live).values(revoked_at=now))


def forget(tx: Connection, person: int) -> None:
    """Forget what could tell who a removed person was."""
    tx.execute(sa.update(t.token).where(t.token.c.person == person).values(name=""))


def kept(tx: Connection, person: int) -> dict[str, Any]:
    """Return what is kept here about a person, as plain values without what opens a door."""
    stays = tx.execute(sa.select(t.session).where(t.session.c.person == person))
    return {
        "sessions": [{"agent": row.agent, "since": row.created_at, "seen": row.seen_at} for row in stays],
        "tokens": [
            {"name": each.name, "scope": each.scope.value, "until": each.expires_at, "seen": each.seen_at}
            for each in tokens(tx, person)
        ],
    }


_ALIVE = (
    sa.select(t.session)
    .join(t.person, t.person.c.id == t.session.c.person)
    .where(
        t.person.c.removed_at.is_(None),
        t.session.c.until > sa.bindparam("now", type_=t.Moment()),
        t.session.c.seen_at > sa.bindparam("idle", type_=t.Moment()),
    )
)


def _open(now: datetime) -> sa.ColumnElement[bool]:
    return t.invitation.c.used_at.is_(None) & (t.invitation.c.expires_at > now)


def _end_invitations(tx: Connection, now: datetime, person: int) -> None:
    mine = (t.invitation.c.person == person) & t.invitation.c.used_at.is_(None)
    tx.execute(sa.update(t.invitation).where(mine).values(expires_at=now))


def _of_token(row: TokenRow) -> Reason:
    # by number: what a token is called may say whose it was
    return Reason("%(person)s: %(token)s", {"person": person_name(row.person), "token": f"t{row.id}"})


def _session(row: Record) -> Session:
    return Session(row.id, row.person, row.agent, row.created_at, row.seen_at, row.until)


def _token(row: Record) -> TokenRow:
    return TokenRow(
        id=row.id,
        person=row.person,
        name=row.name,
        scope=Token(row.scope),
        created_at=row.created_at,
        expires_at=row.expires_at,
        seen_at=row.seen_at,
        revoked_at=row.revoked_at,
    )
