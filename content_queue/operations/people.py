"""People: who they are, what they may do, what falls when one goes, and forgetting a name.

The history knows a person by number. The name stands in one row: erasing it empties that row, and what was
decided stays explained.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import PENDING_ITEM
from content_queue.operations import access
from content_queue.operations.history import note
from content_queue.operations.rows import Record, UnknownError
from content_queue.people import Grant, Person, Role, person_name
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

_ALL = sa.select(t.person).order_by(t.person.c.id)
_BY_ID = sa.select(t.person).where(t.person.c.id == sa.bindparam("number"))
_BY_LOGIN = sa.select(t.person).where(t.person.c.login == sa.bindparam("login"))
_NUMBER = re.compile(r"m(\d{1,18})")
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Falls:
    """What falls when a person is removed, or waits for somebody else."""

    sessions: int
    tokens: tuple[str, ...]
    invitations: int
    telegram: bool
    proposals: tuple[int, ...]
    """Items of theirs that wait to be judged: they stay, and go to a successor."""


def add(  # noqa: PLR0913  a person has these parts
    tx: Connection,
    now: datetime,
    who: Person,
    name: str,
    grants: Sequence[Grant],
    *,
    login: str = "",
    language: str = "",
    approves_own: bool = True,
) -> Person:
    """Make somebody known, who comes in by a link; raise ValueError for a name that cannot be."""
    name = _name(name)
    values = {"name": name, "login": free_login(tx, login or name), "language": language}
    more = {"grants": _json(grants), "approves_own": approves_own, "created_at": now}
    made = tx.execute(sa.insert(t.person).values(**values, **more)).inserted_primary_key
    person = by_id(tx, int(made[0]) if made else 0)
    note(tx, now, who.who, "add person", why=_about(person))
    return person


def everyone(tx: Connection, *, removed: bool = False) -> list[Person]:
    """Return all people, or with ``removed`` also those who left."""
    people = [_person(row) for row in tx.execute(_ALL)]
    return people if removed else [each for each in people if each.active]


def anyone(tx: Connection) -> bool:
    """Say whether any person is known who has come in: from then on nobody enters without a name."""
    in_now = t.person.c.removed_at.is_(None) & t.person.c.joined_at.is_not(None)
    return tx.execute(sa.select(t.person.c.id).where(in_now).limit(1)).first() is not None


def by_id(tx: Connection, number: int) -> Person:
    """Return a person; raise ``UnknownError``."""
    row = tx.execute(_BY_ID, {"number": number}).first()
    if row is None:
        message = f"there is no person {person_name(number)}"
        raise UnknownError(message)
    return _person(row)


def by_login(tx: Connection, login: str) -> tuple[Person, str] | None:
    """Return who signs in by this name, with the password's hash; None where nobody does."""
    row = tx.execute(_BY_LOGIN, {"login": plain(login)}).first()
    return None if row is None or row.removed_at is not None else (_person(row), row.password)


def find(tx: Connection, reference: str) -> Person:
    """Return a person by number, sign-in name or name; raise ``UnknownError``, ValueError for several."""
    number = _NUMBER.fullmatch(reference.strip().lower())
    if number is not None:
        return by_id(tx, int(number[1]))
    known = everyone(tx, removed=True)
    wanted = plain(reference)
    found = [each for each in known if each.login == wanted] or [
        each for each in known if each.name and plain(each.name) == wanted
    ]
    if not found:
        raise UnknownError(f"there is no person {reference!r}; see: technopolys people list")
    if len(found) > 1:
        several = ", ".join(each.who for each in found)
        raise ValueError(f"{reference!r} is the name of several: say which of {several}")
    return found[0]


def set_grants(
    tx: Connection,
    now: datetime,
    who: Person,
    person: Person,
    grants: Sequence[Grant],
    *,
    approves_own: bool | None = None,
) -> Person:
    """Give a person these roles and no others; raise ValueError where no admin would be left."""
    if not _is_admin(grants):
        _keep_an_admin(tx, person)
    own = person.approves_own if approves_own is None else approves_own
    _update(tx, person, grants=_json(grants), approves_own=own)
    changed = by_id(tx, person.id)
    note(tx, now, who.who, "change role", why=_about(changed))
    return changed


def set_language(tx: Connection, person: Person, language: str) -> None:
    """Keep the language that a person reads."""
    _update(tx, person, language=language)


def set_password(tx: Connection, now: datetime, person: Person, hashed: str) -> None:
    """Keep a password's hash; every other session of the person ends."""
    access.end_sessions(tx, person.id)
    joined = person.joined_at or now
    _update(tx, person, password=hashed, joined_at=joined)
    note(tx, now, person.who, "choose a password")


def falls(tx: Connection, now: datetime, person: Person) -> Falls:
    """Return what falls if a person is removed."""
    row = tx.execute(_BY_ID, {"number": person.id}).one()
    waits = (t.item.c.added_by == person.who) & (t.item.c.state == PENDING_ITEM.value)
    proposed = tx.execute(sa.select(t.item.c.id).where(waits).order_by(t.item.c.id))
    return Falls(
        sessions=len(access.sessions(tx, now, person.id)),
        tokens=tuple(token.name for token in access.tokens(tx, person.id) if token.works(now)),
        invitations=access.open_invitations(tx, now, person.id),
        telegram=row.telegram is not None,
        proposals=tuple(each.id for each in proposed),
    )


def remove(
    tx: Connection, now: datetime, who: Person, person: Person, successor: Person | None = None
) -> Falls:
    """End all that a person may do, at once; what waits for them goes to ``successor``.

    Raises ValueError for the last admin, and for a successor who is gone or the same person.
    """
    if not person.active:
        raise ValueError(f"{person.who} has been removed already")
    if successor is not None and (successor.id == person.id or not successor.active):
        raise ValueError(f"{successor.who} cannot take over from {person.who}")
    _keep_an_admin(tx, person)
    fell = falls(tx, now, person)
    access.end_all(tx, now, person.id)
    _update(tx, person, removed_at=now, telegram=None, password="")
    if successor is not None:
        mine = (t.item.c.added_by == person.who) & t.item.c.id.in_(fell.proposals)
        tx.execute(sa.update(t.item).where(mine).values(added_by=successor.who))
    note(tx, now, who.who, "remove person", why=Reason("%(person)s", {"person": person.who}))
    return fell


def export(tx: Connection, person: Person) -> dict[str, Any]:
    """Return everything that is kept about a person, as plain values: what the law gives them a right to."""
    mine = sa.select(t.history).where(t.history.c.who == person.who).order_by(t.history.c.id)
    about = {name: getattr(person, name) for name in ("name", "login", "language", "approves_own")}
    dates = {name: getattr(person, name) for name in ("created_at", "joined_at", "seen_at", "removed_at")}
    return {
        "id": person.who,
        **about,
        **dates,
        "roles": _json(person.grants),
        **access.kept(tx, person.id),
        "remarks": _remarks(tx, person),
        "history": [
            {"at": row.at, "what": row.what, "item": row.item, "post": row.post}
            for row in tx.execute(mine).all()
        ],
    }


def erase(tx: Connection, now: datetime, who: Person, person: Person) -> None:
    """Forget a removed person's name; the history keeps the number. Raises ValueError unless removed."""
    if person.active:
        raise ValueError(f"{person.who} is still a member: remove them first")
    if person.erased_at is not None:
        raise ValueError(f"{person.who} has been erased already")
    access.forget(tx, person.id)
    gone = {"name": "", "login": None, "language": "", "password": "", "telegram": None}
    _update(tx, person, erased_at=now, seen_at=None, **gone)
    tx.execute(sa.update(t.remark).where(t.remark.c.who == person.who).values(text=""))
    note(tx, now, who.who, "erase person", why=Reason("%(person)s", {"person": person.who}))


def names(tx: Connection) -> dict[str, str]:
    """Return the name behind each number that the history writes; an erased one has none."""
    return {person.who: person.name for person in everyone(tx, removed=True) if person.name}


def free_login(tx: Connection, wanted: str) -> str:
    """Return a sign-in name that is free, made from ``wanted``."""
    login = plain(wanted) or "member"
    taken = {row.login for row in tx.execute(sa.select(t.person.c.login))}
    further = (f"{login}{number}" for number in range(2, len(taken) + 3))
    return login if login not in taken else next(name for name in further if name not in taken)


def plain(name: str) -> str:
    """Write a name as one signs in with it: small letters without accents, dots for spaces."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(each for each in bare if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9@_+-]+", ".", kept).strip(".")[:LONGEST_NAME]


def _remarks(tx: Connection, person: Person) -> list[dict[str, Any]]:
    rows = tx.execute(sa.select(t.remark).where(t.remark.c.who == person.who).order_by(t.remark.c.id))
    return [{"at": row.at, "item": row.item, "text": row.text} for row in rows]


def _keep_an_admin(tx: Connection, leaving: Person) -> None:
    others = [each for each in everyone(tx) if each.id != leaving.id and _is_admin(each.grants)]
    if _is_admin(leaving.grants) and not others:
        raise ValueError(f"{leaving.who} is the last admin: make somebody else one first")


def _is_admin(grants: Sequence[Grant]) -> bool:
    return any(grant.role is Role.ADMIN and not grant.channel and not grant.language for grant in grants)


def _name(name: str) -> str:
    tidy = " ".join(name.split())
    if not plain(tidy) or not tidy.isprintable():
        raise ValueError("a person needs a name")
    if len(tidy) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters")
    if _NUMBER.fullmatch(tidy.lower()):
        raise ValueError(f"{tidy!r} reads like a number of ours: choose another name")
    return tidy


def _update(tx: Connection, person: Person, **values: object) -> None:
    tx.execute(sa.update(t.person).where(t.person.c.id == person.id).values(**values))


def _about(person: Person) -> Reason:
    roles = "; ".join(_written(grant) for grant in person.grants) or "none"
    return Reason("%(person)s: %(role)s", {"person": person.who, "role": roles})


def _written(grant: Grant) -> str:
    return " ".join(filter(None, (grant.role.value, grant.channel, grant.language)))


def _json(grants: Sequence[Grant]) -> list[dict[str, str]]:
    return [
        {"role": grant.role.value, "channel": grant.channel, "language": grant.language} for grant in grants
    ]


def _grants(value: Sequence[Mapping[str, str]]) -> tuple[Grant, ...]:
    return tuple(Grant(Role(each["role"]), each["channel"], each["language"]) for each in value)


def _person(row: Record) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        grants=_grants(row.grants),
        login=row.login or "",
        language=row.language,
        approves_own=row.approves_own,
        joined_at=row.joined_at,
        seen_at=row.seen_at,
        removed_at=row.removed_at,
        erased_at=row.erased_at,
        created_at=row.created_at,
    )
