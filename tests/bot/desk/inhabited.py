"""A queue where four people live, one of each role, each signed in and with a token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot.desk.keys import Key, digest, fresh_token
from content_queue.operations import access, people
from content_queue.people import Grant, Role, Token, local
from content_queue.store.database import Store
from tests.bot.desk.samples import NOW, fill

ROLES = tuple(Role)
COOKIE = "desk_80"
SCOPES = dict(zip(Role, Token, strict=True))


def inhabit(path: Path, token: Callable[[], Key] = fresh_token) -> dict[Role, str]:
    """Make a filled queue with its people at ``path``; return each role's token with that role's scope."""
    fill(path)
    store, made = Store(path), {}
    with store.write() as tx:
        for role in ROLES:
            person = people.add(tx, NOW, local("cli:root"), role.value.title(), [Grant(role)])
            people.set_password(tx, NOW, person, "no password fits this")
            access.begin_session(tx, NOW, person.id, digest(stay(role)), "Firefox")
            key = token()
            access.give_token(tx, NOW, person, person, "tests", SCOPES[role], key.digest, timedelta(days=90))
            made[role] = key.value
    store.close()
    return made


def stay(role: Role) -> str:
    """What the cookie of that role's browser says."""
    return f"the-stay-of-{role.value}"


def number(role: Role) -> str:
    """How the history names that role's person."""
    return f"m{ROLES.index(role) + 1}"
