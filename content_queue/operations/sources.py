"""The sources the queue knows: the operator's from the file, and those that people added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.operations.history import note
from content_queue.operations.listing import SourceRow, sources
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

FILE, DATABASE, NOBODY = "file", "database", ""
"""Whose a source is. One that left the file is nobody's: it rests, and what it brought stays known."""


class TwoOwnersError(ValueError):
    """Names stand in the file and in the database; ``lines`` has one line for each, naming both."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = tuple(lines)


def register(tx: Connection, configured: Mapping[str, tuple[str, str]]) -> None:
    """Make the file's sources known, ``name -> (kind, address)``; those that left the file rest.

    Raises :class:`TwoOwnersError` when a name also belongs to a source that people added.
    """
    known = {row.name: row for row in sources(tx)}
    clash = two_owners(known.values(), configured)
    if clash:
        raise TwoOwnersError(clash)
    for name, (kind, url) in configured.items():
        _register_one(tx, known.get(name), name, kind, url)
    for name, row in known.items():
        if row.owner == FILE and name not in configured:
            tx.execute(sa.update(t.source).where(t.source.c.name == name).values(owner=NOBODY))


def registered(tx: Connection, configured: Mapping[str, tuple[str, str]]) -> bool:
    """Say whether the file's sources are known as they stand, so that nothing is to be written."""
    known = {row.name: (row.kind, row.url) for row in sources(tx) if row.owner == FILE}
    return known == dict(configured)


def two_owners(known: Collection[SourceRow], configured: Collection[str]) -> list[str]:
    """Return one line for each name with two owners."""
    return [
        f"sources.{row.name}: the same name stands in the file and in the database, where people added it;"
        f" rename it in the file, or: technopolys sources remove {row.name}"
        for row in known
        if row.owner == DATABASE and row.name in configured
    ]


def add(tx: Connection, now: datetime, who: str, name: str, settings: Mapping[str, object]) -> None:
    """Add a source; ``settings`` are its keys as in the file. Raises ValueError when the name is taken."""
    taken = tx.execute(sa.select(t.source.c.owner).where(t.source.c.name == name)).first()
    if taken is not None and taken.owner != NOBODY:
        message = f"there is a source {name!r} already, from the {taken.owner}"
        raise ValueError(message)
    values = {"kind": settings.get("kind", ""), "url": settings.get("url", ""), "settings": dict(settings)}
    if taken is None:
        tx.execute(sa.insert(t.source).values(name=name, owner=DATABASE, **values))
    else:
        tx.execute(
            sa.update(t.source).where(t.source.c.name == name).values(owner=DATABASE, **_UNREAD, **values)
        )
    note(tx, now, who, f"add source {name}")


def remove(tx: Connection, now: datetime, who: str, name: str) -> None:
    """Remove a source that people added; its items stay. Raises ValueError for any other."""
    row = tx.execute(sa.select(t.source.c.owner).where(t.source.c.name == name)).first()
    if row is None or row.owner == NOBODY:
        message = f"there is no source {name!r}"
        raise ValueError(message)
    if row.owner == FILE:
        message = f"{name!r} stands in the configuration file: take [sources.{name}] out there"
        raise ValueError(message)
    tx.execute(sa.delete(t.source).where(t.source.c.name == name))
    note(tx, now, who, f"remove source {name}")


def added(tx: Connection) -> dict[str, Mapping[str, object]]:
    """Return the settings of the sources that people added, by name."""
    return {row.name: row.settings for row in sources(tx) if row.owner == DATABASE}


def _register_one(tx: Connection, row: SourceRow | None, name: str, kind: str, url: str) -> None:
    if row is None:
        tx.execute(sa.insert(t.source).values(name=name, owner=FILE, kind=kind, url=url, settings={}))
    elif (row.owner, row.kind, row.url) != (FILE, kind, url):
        unread = _UNREAD if row.url != url else {}
        fresh = {"owner": FILE, "kind": kind, "url": url, **unread}
        tx.execute(sa.update(t.source).where(t.source.c.name == name).values(**fresh))


_UNREAD = {
    "etag": "",
    "last_modified": "",
    "next_poll": None,
    "gone": False,
    "hints": None,
    "wait_until": None,
    "address": "",
    "moved_to": "",
    "moved_count": 0,
    "moved_since": None,
    "hub": "",
    "topic": "",
}
