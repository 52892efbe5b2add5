"""Reading the queue for people: items, posts, sources, and what becomes of an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import (
    ASKS_A_PERSON,
    OUT,
    TAKEN_BACK,
    UNDECIDED,
    ItemState,
    PostState,
    State,
    still_moving,
)
from content_queue.operations.rows import POSTS, items_by_id, message_from, post_from, reason_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item, Message, Post
    from content_queue.operations.rows import Record

PAGE = 50

_ITEMS: sa.BindParameter[int] = sa.bindparam("items", expanding=True)
_NOW = sa.bindparam("now", type_=t.Moment())
_DUE_SOURCES = (
    sa.select(t.source.c.name)
    .where(~t.source.c.gone, t.source.c.next_poll.is_(None) | (t.source.c.next_poll <= _NOW))
    .order_by(t.source.c.next_poll.nulls_first(), t.source.c.name)
)
_NEXT_POLL = sa.select(sa.func.min(t.source.c.next_poll)).where(~t.source.c.gone, t.source.c.next_poll > _NOW)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """How a source fares. ``owner`` is "file" or "database"; ``error`` is "" while all is well.

    ``looked`` is what its last reading looked for. Of a pack, ``missing`` are the entries that it had shown
    before and did not the last time, ``mistakes`` what people have to mend in it.
    """

    name: str
    owner: str
    kind: str
    url: str
    settings: Mapping[str, Any]
    baseline_at: datetime | None
    last_polled: datetime | None
    last_good: datetime | None
    next_poll: datetime | None
    last_new: int
    failures: int
    failing_since: datetime | None
    error: str
    gone: bool
    etag: str = ""
    last_modified: str = ""
    hints: Sequence[Any] | None = None
    wait_until: datetime | None = None
    address: str = ""
    moved_to: str = ""
    moved_count: int = 0
    moved_since: datetime | None = None
    last_item_at: datetime | None = None
    notes: Sequence[str] | None = None
    missing: Sequence[int] | None = None
    mistakes: Sequence[Reason] = ()
    looked: str = ""

    @property
    def wrong(self) -> str:
        """Return why it cannot be read, else what people have to mend in it, on one line."""
        return self.error or "; ".join(map(str, self.mistakes))


_SOURCE_COLUMNS = [t.source.c[name] for name in SourceRow.__slots__]
_MISTAKES_AT = SourceRow.__slots__.index("mistakes")
_SOURCE = sa.select(*_SOURCE_COLUMNS).where(t.source.c.name == sa.bindparam("name"))
_SOURCES_NAMED = sa.select(*_SOURCE_COLUMNS).where(t.source.c.name.in_(sa.bindparam("names", expanding=True)))


@dataclass(frozen=True, slots=True)
class EntryRow:
    """What became of one entry of a source, and why; ``state`` is how its item stands now, if it made one."""

    title: str
    address: str
    first_seen: datetime
    last_seen: datetime
    item: int | None
    verdict: Reason
    source: str = ""
    form: str = ""
    state: ItemState | None = None


def items(
    tx: Connection, state: str | None = None, *, limit: int | None = None, after: int | None = None
) -> list[Item]:
    """Return items, newest first; ``after`` continues below an id."""
    query = sa.select(t.item.c.id).order_by(t.item.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(t.item.c.state == item_state(state).value)
    if after is not None:
        query = query.where(t.item.c.id < after)
    ids = [row.id for row in tx.execute(query)]
    found: list[Item] = []
    for start in range(0, len(ids), 500):
        found += items_by_id(tx, ids[start : start + 500])
    return found


def posts(
    tx: Connection, state: str | None = None, channel: str | None = None, *, limit: int | None = None
) -> list[Post]:
    """Return posts, latest due first."""
    query = POSTS.order_by(t.post.c.due_at.desc(), t.post.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(t.post.c.state == post_state(state).value)
    if channel is not None:
        query = query.where(t.post.c.channel == channel)
    return [post_from(row) for row in tx.execute(query)]


def shown_between(tx: Connection, start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """Return when and on which channel posts went out from ``start`` to before ``end``."""
    at = t.post.c.published_at
    query = sa.select(at, t.post.c.channel).where(at >= start, at < end).order_by(at)
    return [(row.published_at, row.channel) for row in tx.execute(query)]


def planned(tx: Connection, until: datetime | None = None) -> list[Post]:
    """Return what is in the calendar or on its way, earliest first."""
    query = POSTS.where(t.post.c.state.in_(_PLANNED)).order_by(t.post.c.due_at, t.post.c.id)
    if until is not None:
        query = query.where(t.post.c.due_at < until)
    return [post_from(row) for row in tx.execute(query)]


def published(tx: Connection, limit: int = PAGE) -> list[Post]:
    """Return what the public sees, newest first."""
    query = POSTS.where(t.post.c.state.in_([state.value for state in OUT]))
    newest = query.order_by(t.post.c.published_at.desc(), t.post.c.id.desc()).limit(limit)
    return [post_from(row) for row in tx.execute(newest)]


def taken_back(tx: Connection, limit: int = PAGE) -> list[Post]:
    """Return what the public saw and does no more, newest first."""
    query = POSTS.where(t.post.c.state.in_([state.value for state in TAKEN_BACK]))
    newest = query.order_by(t.post.c.published_at.desc(), t.post.c.id.desc()).limit(limit)
    return [post_from(row) for row in tx.execute(newest)]


def for_a_person(tx: Connection) -> list[Post]:
    """Return the posts that only a person can move on: uncertain and failed, oldest first."""
    states = [state.value for state in ASKS_A_PERSON]
    query = POSTS.where(t.post.c.state.in_(states)).order_by(t.post.c.due_at, t.post.c.id)
    return [post_from(row) for row in tx.execute(query)]


def posts_of_item(tx: Connection, item: int) -> list[Post]:
    """Return an item's posts, oldest first."""
    return [post_from(row) for row in tx.execute(POSTS.where(t.post.c.item == item).order_by(t.post.c.id))]


_MESSAGES = (
    sa.select(t.message).where(t.message.c.item.in_(_ITEMS), t.message.c.revision == sa.bindparam("revision"))
).order_by(t.message.c.id)


def messages_of(tx: Connection, item: Item) -> list[Message]:
    """Return the messages stored for an item's present revision."""
    return list(messages_of_each(tx, [item])[item.id])


def messages_of_each(tx: Connection, items: Sequence[Item]) -> Mapping[int, Sequence[Message]]:
    """Return the same of several, by their number."""
    found: dict[int, list[Message]] = {item.id: [] for item in items}
    for revision in {item.revision for item in items}:
        some = [item.id for item in items if item.revision == revision]
        for row in tx.execute(_MESSAGES, {"items": some, "revision": revision}):
            found[row.item].append(message_from(row))
    return found


def counts(tx: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many items and how many posts stand in each state."""
    of_items = tx.execute(sa.select(t.item.c.state, sa.func.count()).group_by(t.item.c.state))
    of_posts = tx.execute(sa.select(t.post.c.state, sa.func.count()).group_by(t.post.c.state))
    return {row[0]: row[1] for row in of_items}, {row[0]: row[1] for row in of_posts}


_MISTAKES = sa.func.coalesce(sa.cast(t.source.c.mistakes, sa.Text), "[]")
_ILL = (t.source.c.failures > 0) | t.source.c.gone | _MISTAKES.not_in(["[]", "null"])
_ILL_SOURCES = sa.select(*_SOURCE_COLUMNS).where(_ILL).order_by(t.source.c.name)


def sources(tx: Connection) -> list[SourceRow]:
    """Return every source that the queue knows, by name."""
    return [_source_from(row) for row in tx.execute(sa.select(*_SOURCE_COLUMNS).order_by(t.source.c.name))]


def ill_sources(tx: Connection) -> list[SourceRow]:
    """Return the sources that cannot be read, or in which people have to mend something, by name."""
    return [_source_from(row) for row in tx.execute(_ILL_SOURCES)]


def source(tx: Connection, name: str) -> SourceRow | None:
    """Return one source, or None where the queue knows none of that name."""
    row = tx.execute(_SOURCE, {"name": name}).first()
    return None if row is None else _source_from(row)


def due_sources(tx: Connection, now: datetime) -> list[str]:
    """Return the names of the sources to poll now, those that waited longest first."""
    return list(tx.execute(_DUE_SOURCES, {"now": now}).scalars())


def sources_named(tx: Connection, names: Sequence[str]) -> list[SourceRow]:
    """Return the sources of these names, in their order; those that are gone are left out."""
    rows: dict[str, SourceRow] = {}
    for start in range(0, len(names), 500):
        found = tx.execute(_SOURCES_NAMED, {"names": names[start : start + 500]})
        rows.update((row.name, _source_from(row)) for row in found)
    return [rows[name] for name in names if name in rows]


def next_poll(tx: Connection, now: datetime) -> datetime | None:
    """Return the next moment after ``now`` at which a source is to be polled."""
    found: datetime | None = tx.execute(_NEXT_POLL, {"now": now}).scalar()
    return found


_ENTRIES = sa.select(*t.entry.c, t.item.c.state.label("state")).outerjoin(
    t.item, t.item.c.id == t.entry.c.item
)


def entries(tx: Connection, source: str, limit: int = PAGE) -> list[EntryRow]:
    """Return what became of a source's newest entries."""
    query = _ENTRIES.where(t.entry.c.source == source).order_by(t.entry.c.id.desc()).limit(limit)
    return [_entry_from(row) for row in tx.execute(query)]


def last_document(tx: Connection, source: str) -> list[EntryRow]:
    """Return what became of each entry of the last document that a source gave, in the document's order."""
    shown = tx.execute(sa.select(t.source.c.shown).where(t.source.c.name == source)).scalar() or []
    rows = {row.id: row for row in tx.execute(_ENTRIES.where(t.entry.c.id.in_(shown)))}
    return [_entry_from(rows[number]) for number in shown if number in rows]


def entries_of_item(tx: Connection, item: int) -> list[EntryRow]:
    """Return the entries that an item came from."""
    query = _ENTRIES.where(t.entry.c.item == item).order_by(t.entry.c.id)
    return [_entry_from(row) for row in tx.execute(query)]


def items_at(tx: Connection, addresses: Sequence[str], canonical: str) -> list[int]:
    """Return the ids of the items that an address belongs to: the story's or a published post's."""
    by_entry = sa.select(t.entry.c.item).where(t.entry.c.address == canonical, t.entry.c.item.is_not(None))
    by_post = sa.select(t.post.c.item).where(t.post.c.remote_url.in_(addresses))
    by_words = sa.select(t.version.c.item).where(t.version.c.url.in_(addresses))
    return sorted({row[0] for row in tx.execute(sa.union(by_entry, by_post, by_words))})


def entries_at(tx: Connection, canonical: str) -> list[EntryRow]:
    """Return the entries that bear an address, whether or not they became items."""
    query = _ENTRIES.where(t.entry.c.address == canonical).order_by(t.entry.c.id)
    return [_entry_from(row) for row in tx.execute(query)]


def item_state(text: str) -> ItemState:
    """Read an item's state as people type it; raise ValueError naming the known ones."""
    return _known(ItemState, text, "an item")


def post_state(text: str) -> PostState:
    """Read a post's state as people type it; raise ValueError naming the known ones."""
    return _known(PostState, text, "a post")


def _known(states: type[State], text: str, whose: str) -> State:
    try:
        return states(text.lower())
    except ValueError:
        known = ", ".join(state.value for state in states)
        message = f"{text!r} is no state of {whose}; the states are {known}"
        raise ValueError(message) from None


def _source_from(row: Record) -> SourceRow:
    values = [*row]  # in the order of the columns, as the fields are
    values[_MISTAKES_AT] = tuple(map(reason_from, values[_MISTAKES_AT] or ()))
    return SourceRow(*values)


def _entry_from(row: Record) -> EntryRow:
    verdict, seen = reason_from(row.verdict), (row.first_seen, row.last_seen)
    state = None if row.state is None else ItemState(row.state)
    return EntryRow(row.title, row.address, *seen, row.item, verdict, row.source, row.form, state)


_PLANNED = [state.value for state in UNDECIDED if still_moving(state)]
