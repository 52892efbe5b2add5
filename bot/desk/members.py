"""People, the same through every door: add, invite, change a role, remove, tokens, export, erase.

Each asks ``may`` first. What opens a door is made here and returned once: only its digest is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.desk.keys import fresh_key, fresh_token
from bot.desk.permission import NotAllowedError, allow
from content_queue.operations import access, chat, people
from content_queue.operations.access import TokenRow
from content_queue.operations.people import Falls
from content_queue.people import Action, Grant, Person, Token, may, within
from content_queue.store.database import Transaction

TOKEN_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What lets somebody in, once: ``key`` belongs into a link."""

    person: Person
    key: str = field(repr=False)
    until: datetime


def add(  # noqa: PLR0913  a person has these parts
    tx: Transaction,
    now: datetime,
    who: Person,
    name: str,
    grants: Sequence[Grant],
    *,
    login: str = "",
    language: str = "",
    approves_own: bool = True,
) -> Invitation:
    """Make somebody known and return what lets them in."""
    allow(who, Action.PEOPLE)
    made = people.add(tx, now, who, name, grants, login=login, language=language, approves_own=approves_own)
    return invite(tx, now, who, made)


def invite(tx: Transaction, now: datetime, who: Person, person: Person) -> Invitation:
    """Return a new link's key for somebody who has not come in, or has lost the password."""
    allow(who, Action.PEOPLE)
    key = fresh_key()
    return Invitation(person, key.value, access.invite(tx, now, who, person, key.digest))


def change_role(
    tx: Transaction,
    now: datetime,
    who: Person,
    person: Person,
    grants: Sequence[Grant],
    *,
    approves_own: bool | None = None,
) -> Person:
    """Give a person these roles and no others."""
    allow(who, Action.PEOPLE)
    return people.set_grants(tx, now, who, person, grants, approves_own=approves_own)


def remove(
    tx: Transaction, now: datetime, who: Person, person: Person, successor: Person | None = None
) -> Falls:
    """End all that a person may do; what waits for them goes to ``successor``."""
    allow(who, Action.PEOPLE)
    return people.remove(tx, now, who, person, successor)


def export(tx: Transaction, who: Person, person: Person) -> dict[str, Any]:
    """Return everything that is kept about a person: to themselves, or to an admin on their behalf."""
    _own_or_admin(who, person)
    return people.export(tx, person)


def erase(tx: Transaction, now: datetime, who: Person, person: Person) -> None:
    """Forget a removed person's name."""
    allow(who, Action.PEOPLE)
    people.erase(tx, now, who, person)


def give_token(
    tx: Transaction,
    now: datetime,
    who: Person,
    person: Person,
    name: str,
    scope: Token,
    lasts: timedelta = TOKEN_LASTS,
) -> tuple[TokenRow, str]:
    """Give a person a token of the API, and return it: it is never shown again."""
    _own_or_admin(who, person)
    if not within(person, scope):
        raise NotAllowedError(f"{person.who} may not do as much as {scope.value}: a token never has more")
    key = fresh_token()
    return access.give_token(tx, now, who, person, name, scope, key.digest, lasts), key.value


def revoke_token(tx: Transaction, now: datetime, who: Person, person: Person, name: str) -> None:
    """End a token."""
    _own_or_admin(who, person)
    access.revoke_token(tx, now, who, person, name)


def end_session(tx: Transaction, who: Person, person: Person, number: int) -> None:
    """End one stay of a person; 0 ends all."""
    _own_or_admin(who, person)
    if number:
        access.end_session(tx, person.id, number)
    else:
        access.end_sessions(tx, person.id)


def offer_telegram(tx: Transaction, now: datetime, who: Person, person: Person) -> tuple[str, datetime]:
    """Return a code that links a person's Telegram account, once, and until when it does."""
    _own_or_admin(who, person)
    key = fresh_key()
    return key.value, chat.offer_link(tx, now, who, person, key.digest)


def unlink_telegram(tx: Transaction, now: datetime, who: Person, person: Person) -> None:
    """End what a Telegram account could do for a person."""
    _own_or_admin(who, person)
    chat.unlink(tx, now, who, person)


def _own_or_admin(who: Person, person: Person) -> None:
    if not (who.id and who.id == person.id and may(who, Action.SEE)):
        allow(who, Action.PEOPLE)
