"""Taking in what a source brought: which entries are new items, which are known, and why.

    entries -> identity -> known? -> sifted out? -> before the first poll? -> item

Every entry leaves a row with its verdict, whether or not it became an item: what has been seen once is never
new again, and "why is it not there?" has an answer. Entries and the source's validators are stored in
one transaction, so that a crash between them loses nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue import identity
from content_queue.item import Item, Reason, Scope
from content_queue.lifecycle import PENDING_ITEM, ItemEvent, before
from content_queue.operations import holds
from content_queue.operations.history import note
from content_queue.operations.judgement import edit, insert_item, unfinished
from content_queue.operations.rows import item_by_id, reason_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Entry, Version
    from content_queue.operations.rows import Record

INTAKE = "intake"
IS_NEW = Reason("new: it became an item")
KNOWN_ADDRESS = Reason("its address is known: the same story as i%(item)s")
KNOWN_WORDS = Reason("its words are known: the same story as i%(item)s")
BASELINE = Reason("it was there at the first poll, and only the newest %(backlog)s of those come in")

CHANGED = "changed at its source since it was approved: look at it again, then resume it"
SEEN_EVERY = timedelta(days=1)
"""How often "still in the document" is worth a write."""

_ENTRY = sa.select(t.entry).where(
    t.entry.c.source == sa.bindparam("source"), t.entry.c.key.in_(sa.bindparam("keys", expanding=True))
)
_BY_ADDRESS = sa.select(t.entry.c.item, t.entry.c.address).where(
    t.entry.c.address.in_(sa.bindparam("addresses", expanding=True)), t.entry.c.address != ""
)
_BY_WORDS = sa.select(t.entry.c.item, t.entry.c.fingerprint).where(
    t.entry.c.source == sa.bindparam("source"),
    t.entry.c.fingerprint.in_(sa.bindparam("prints", expanding=True)),
    t.entry.c.fingerprint != "",
)
_SEEN = (
    sa.update(t.entry)
    .where(t.entry.c.id == sa.bindparam("entry"))
    .values(last_seen=sa.bindparam("now", type_=t.Moment()), words=sa.bindparam("new_words"))
)
_INSERT = sa.insert(t.entry)
_POLLED = sa.update(t.source).where(t.source.c.name == sa.bindparam("polled"))
_UNCHANGED = _POLLED.where(t.source.c.url == sa.bindparam("of")).values(
    last_polled=sa.bindparam("now", type_=t.Moment()),
    next_poll=sa.bindparam("next", type_=t.Moment()),
    last_new=0,
    failures=0,
    failing_since=None,
    error="",
)
_UNTIL = sa.bindparam("until", type_=t.Moment())
_WAIT = (
    sa.update(t.source)
    .where(t.source.c.name.in_(sa.bindparam("names", expanding=True)))
    .values(
        wait_until=_UNTIL,
        next_poll=sa.case((t.source.c.next_poll > _UNTIL, t.source.c.next_poll), else_=_UNTIL),
    )
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a source's items inherit: its name, partner and topics, and how many of the first poll come in.

    ``trusted`` says that its items are approved by rule, as long as no person touches their words.
    """

    name: str
    partner: str = ""
    topics: tuple[str, ...] = ()
    backlog: int = 0
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a poll came to: the new items' ids, and how many entries were known, sifted out, or too old."""

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    known: int = 0
    sifted: int = 0
    baseline: int = 0


@dataclass(frozen=True, slots=True)
class _Named:
    """An entry with its names."""

    entry: Entry
    key: str
    address: str
    fingerprint: str
    words: str
    refusal: Reason | None


@dataclass(slots=True)
class _Tally:
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    known: int = 0
    sifted: int = 0
    baseline: int = 0


@dataclass(frozen=True, slots=True)
class _Stories:
    """Which item an address, or a source's words, belong to; None where they made no item."""

    by_address: dict[str, int | None]
    by_words: dict[str, int | None]

    def twin(self, one: _Named) -> tuple[Reason, int | None] | None:
        if one.address in self.by_address:
            return _same(KNOWN_ADDRESS, self.by_address[one.address])
        if one.fingerprint in self.by_words:
            return _same(KNOWN_WORDS, self.by_words[one.fingerprint])
        return None

    def remember(self, one: _Named, item: int | None) -> None:
        if one.address:
            self.by_address.setdefault(one.address, item)
        if one.fingerprint:
            self.by_words.setdefault(one.fingerprint, item)


def _same(what: Reason, item: int | None) -> tuple[Reason, int | None]:
    if item is None:
        return Reason("seen before, when it made no item"), None
    return Reason(what.text, {"item": str(item)}), item


def take_in(
    tx: Connection,
    now: datetime,
    origin: Origin,
    entries: Sequence[Entry],
    refusals: Sequence[Reason | None],
    *,
    first: bool,
) -> Taken:
    """Take in one document's entries; ``refusals`` says for each why the source's filters pass it over."""
    named = _unique(_name(entries, refusals))
    known = _known(tx, origin.name, named)
    stories = _same_story(tx, origin.name, named)
    tally = _Tally()
    fresh = [one for one in named if one.key not in known]
    for one in named:
        if one.key in known:
            _see_again(tx, now, known[one.key], one, tally)
    too_old = _beyond_backlog(fresh, origin.backlog, now) if first else frozenset()
    for one in sorted(fresh, key=lambda one: identity.clamp_date(one.entry.published_at, now)):
        verdict, number = _judge(tx, now, origin, one, stories, too_old, tally)
        stories.remember(one, number)
        _store(tx, now, origin.name, one, verdict, number)
    return Taken(tuple(tally.new), tuple(tally.changed), tally.known, tally.sifted, tally.baseline)


def add_by_person(tx: Connection, now: datetime, who: str, item: Item) -> int:
    """Put a moderator's own item into the queue; raise ValueError when an item has its address already.

    An address that a source only showed, in its baseline or sifted out, is no item: a person may add it.
    """
    ours = {identity.canonical(version.url): version for version in item.versions}
    ours = {
        address: version for address, version in ours.items() if address and not identity.is_root(address)
    }
    twins = tx.execute(_BY_ADDRESS, {"addresses": list(ours)})
    known = next((row.item for row in twins if row.item is not None), None)
    if known is not None:
        message = f"this address is known already: i{known}"
        raise ValueError(message)
    number = insert_item(tx, now, item, who)
    for address, version in ours.items():
        _store_own(tx, now, number, address, version)
    return number


def _store_own(tx: Connection, now: datetime, item: int, address: str, version: Version) -> None:
    name = {"source": "", "key": identity.key("", address, ""), "address": address, "title": version.title}
    seen = {"item": item, "verdict": reason_json(IS_NEW), "first_seen": now, "last_seen": now}
    tx.execute(_INSERT, {**name, **seen})


def poll_result(tx: Connection, now: datetime, name: str, values: Mapping[str, object]) -> None:
    """Write how a poll of a source went."""
    tx.execute(_POLLED, {"polled": name, "last_polled": now, **values})


def unchanged(tx: Connection, now: datetime, polled: Sequence[tuple[str, str, datetime]]) -> None:
    """Write in one statement that sources, ``(name, address, next poll)``, were read and are as they were.

    One whose address changed meanwhile is left as it is.
    """
    rows = [{"polled": name, "of": url, "now": now, "next": at} for name, url, at in polled]
    tx.execute(_UNCHANGED, rows)


def wait_for_host(tx: Connection, names: Sequence[str], until: datetime) -> None:
    """Ask none of these sources, all of one host, before ``until``."""
    for start in range(0, len(names), 500):
        tx.execute(_WAIT, {"names": names[start : start + 500], "until": until})


def moved(tx: Connection, now: datetime, name: str, address: str) -> None:
    """Write down that a source has moved for good: it is read at ``address`` from now on."""
    why = Reason("it has said so for a day: %(address)s", {"address": address})
    note(tx, now, INTAKE, f"source {name} moved", why=why)


def _name(entries: Sequence[Entry], refusals: Sequence[Reason | None]) -> list[_Named]:
    guids, addresses = identity.guids(entries), identity.addresses(entries)
    named = zip(entries, guids, addresses, refusals, strict=True)
    return [_named(entry, guid, address, refusal) for entry, guid, address, refusal in named]


def _named(entry: Entry, guid: str, address: str, refusal: Reason | None) -> _Named:
    first = entry.versions[0]
    # a title alone never merges: without a text the words name an entry inside its source only
    fingerprint = identity.fingerprint(first.title, first.summary) if first.summary else ""
    key = identity.key(guid, address, identity.fingerprint(first.title, first.summary))
    return _Named(entry, key, address, fingerprint, _digest(entry.versions), refusal)


def _digest(versions: Sequence[Version]) -> str:
    return sha256(json.dumps([asdict(version) for version in versions]).encode()).hexdigest()


def _unique(named: Sequence[_Named]) -> list[_Named]:
    """Keep the first of entries with one identity, which a document may repeat."""
    return list({one.key: one for one in reversed(named)}.values())[::-1]


def _known(tx: Connection, source: str, named: Sequence[_Named]) -> dict[str, Record]:
    rows = tx.execute(_ENTRY, {"source": source, "keys": [one.key for one in named]})
    return {row.key: row for row in rows}


def _same_story(tx: Connection, source: str, named: Sequence[_Named]) -> _Stories:
    addresses = tx.execute(_BY_ADDRESS, {"addresses": [one.address for one in named if one.address]})
    prints = [one.fingerprint for one in named if one.fingerprint]
    words = tx.execute(_BY_WORDS, {"source": source, "prints": prints})
    return _Stories(_items_of(addresses), _items_of(words))


def _items_of(rows: Iterable[Record]) -> dict[str, int | None]:
    """Map each name to its item; where several entries bear it, to one that made an item."""
    return dict(sorted(((name, item) for item, name in rows), key=lambda pair: pair[1] or 0))


def _judge(
    tx: Connection,
    now: datetime,
    origin: Origin,
    one: _Named,
    stories: _Stories,
    too_old: frozenset[str],
    tally: _Tally,
) -> tuple[Reason, int | None]:
    twin = stories.twin(one)
    if twin is not None:
        tally.known += 1
        return twin
    if one.refusal is not None:
        tally.sifted += 1
        return one.refusal, None
    if one.key in too_old:
        tally.baseline += 1
        return Reason(BASELINE.text, {"backlog": str(origin.backlog)}), None
    number = insert_item(
        tx, now, _item(origin, one.entry, now), INTAKE, Reason("from %(source)s", {"source": origin.name})
    )
    tally.new.append(number)
    return IS_NEW, number


def _item(origin: Origin, entry: Entry, now: datetime) -> Item:
    topics = dict.fromkeys([*origin.topics, *entry.topics])
    return Item(
        id=0,
        kind=entry.kind,
        state=PENDING_ITEM,
        source=origin.name,
        revision=1,
        versions=entry.versions,
        created_at=now,
        topics=tuple(topics),
        partner=origin.partner,
        published_at=identity.clamp_date(entry.published_at, now),
        review_by=entry.review_by,
        confirmed=entry.confirmed,
        evergreen=entry.evergreen,
        by_rule=origin.trusted,
    )


def _beyond_backlog(fresh: Sequence[_Named], backlog: int, now: datetime) -> frozenset[str]:
    """Return the keys of all but the newest ``backlog`` entries that the filters let through."""
    wanted = [one for one in fresh if one.refusal is None]
    newest = sorted(wanted, key=lambda one: identity.clamp_date(one.entry.published_at, now), reverse=True)
    return frozenset(one.key for one in newest[backlog:])


def _store(
    tx: Connection, now: datetime, source: str, one: _Named, verdict: Reason, item: int | None
) -> None:
    values = {
        "source": source,
        "key": one.key,
        "address": one.address,
        "fingerprint": one.fingerprint,
        "words": one.words,
        "title": one.entry.versions[0].title,
        "verdict": reason_json(verdict),
        "item": item,
        "first_seen": now,
        "last_seen": now,
    }
    tx.execute(_INSERT, values)


def _see_again(tx: Connection, now: datetime, row: Record, one: _Named, tally: _Tally) -> None:
    tally.known += 1
    changed = row.words != one.words
    if changed or now - row.last_seen > SEEN_EVERY:
        tx.execute(_SEEN, {"entry": row.id, "now": now, "new_words": one.words})
    if changed and one.refusal is None and row.verdict["text"] == IS_NEW.text:
        item = item_by_id(tx, row.item)
        _changed_upstream(tx, now, item, one.entry, tally, touched=_digest(item.versions) != row.words)


def _changed_upstream(
    tx: Connection, now: datetime, item: Item, entry: Entry, tally: _Tally, *, touched: bool
) -> None:
    """Follow the source while nobody has touched or approved its words; else hold what has not gone out."""
    title = entry.versions[0].title
    why = Reason("%(source)s changed it: %(title)s", {"source": item.source, "title": title})
    if item.state.value in before(ItemEvent.REJECT) and not touched:
        edit(tx, now, INTAKE, item, entry.versions, why, by_rule=item.by_rule)
        tally.changed.append(item.id)
        return
    note(tx, now, INTAKE, "changed at the source", item=item.id, why=why)
    if unfinished(tx, item.id):
        holds.hold(tx, now, INTAKE, Scope.ITEM, str(item.id), CHANGED)
