"""How a channel fares: until when its network asked it to wait, and since when it is in trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.store import tables as t
from content_queue.store.beside import beside_others

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)

_ROW = sa.select(t.channel).where(t.channel.c.name == sa.bindparam("name"))


@dataclass(frozen=True, slots=True)
class Condition:
    """A channel's waiting and trouble."""

    name: str
    wait_until: datetime | None = None
    troubles: int = 0
    trouble: str = ""
    trouble_since: datetime | None = None


def condition(tx: Connection, name: str) -> Condition:
    """Return how the channel fares."""
    row = tx.execute(_ROW, {"name": name}).first()
    if row is None:
        return Condition(name)
    return Condition(row.name, row.wait_until, row.troubles, row.trouble, row.trouble_since)


def known_accounts(tx: Connection) -> dict[str, str]:
    """Return the account of each channel that shares one."""
    rows = tx.execute(sa.select(t.channel.c.name, t.channel.c.account).where(t.channel.c.account != ""))
    return {row.name: row.account for row in rows}


def register_accounts(tx: Connection, shared: Mapping[str, str]) -> None:
    """Make known which channels share an account: whoever has the same text here does."""
    tx.execute(sa.update(t.channel).values(account=""))
    for name, account in shared.items():
        store(tx, name, account=account)


@beside_others
def trouble(tx: Connection, now: datetime, name: str, what: str, after: timedelta | None = None) -> datetime:
    """Note a trouble and return until when the whole channel waits.

    ``after`` is the network's own word; without one we back off by ourselves, doubling up to an hour.
    """
    known = condition(tx, name)
    until = now + (after if after is not None else own_wait(known.troubles))
    store(
        tx,
        name,
        wait_until=max(until, known.wait_until or until),
        troubles=known.troubles + 1,
        trouble=what,
        trouble_since=known.trouble_since or now,
    )
    return until


def well(tx: Connection, name: str) -> None:
    """Note that the network served us: troubles are over. What it asked us to wait stands."""
    if condition(tx, name).troubles:
        store(tx, name, troubles=0, trouble="", trouble_since=None)


def own_wait(troubles: int) -> timedelta:
    """Return our own back-off after so many troubles in a row."""
    return min(FIRST_WAIT * (1 << min(troubles, 10)), LONGEST_WAIT)


def store(tx: Connection, name: str, **values: object) -> None:
    """Write columns of the channel's row, which is made where it is missing."""
    changed = tx.execute(sa.update(t.channel).where(t.channel.c.name == name).values(**values))
    if not changed.rowcount:
        tx.execute(sa.insert(t.channel).values(name=name, **values))
