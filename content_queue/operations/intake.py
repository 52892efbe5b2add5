"""Taking in what a source brought: which entries are new items, which are known, and why.

    entries -> identity -> known? -> sifted out? -> before the first poll? -> a flood? -> item

Every entry leaves a row with its verdict, whether or not it became an item: what has been seen once is never
new again, and "why is it not there?" has an answer. Entries and the source's validators are stored in
one transaction, so that a crash between them loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue import identity
from content_queue.item import Item, Reason
from content_queue.lifecycle import PENDING_ITEM, ItemEvent, before
from content_queue.naming import Named, Names, digest, names_of, unique
from content_queue.operations import flood, following
from content_queue.operations.corrections import INTAKE
from content_queue.operations.history import note
from content_queue.operations.judgement import edit, insert_item
from content_queue.operations.rows import item_by_id, reason_json
from content_queue.operations.stories import Stories, know, known_stories, own_addresses, telling_address
from content_queue.operations.terms import Terms, terms_json, terms_of
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Entry, Version
    from content_queue.operations.rows import Record

IS_NEW = Reason("new: it became an item")
ADOPTED = Reason("its source is trusted: its words took the place of those of i%(item)s")
BASELINE = Reason("it was there at the first poll, and only the newest %(backlog)s of those come in")

_ITS_OWN = frozenset({IS_NEW.text, ADOPTED.text, flood.LET_IN.text})
"""The verdicts of entries whose words are an item's."""

_ENTRY = sa.select(t.entry).where(
    t.entry.c.source == sa.bindparam("source"), t.entry.c.key.in_(sa.bindparam("keys", expanding=True))
)
_INSERT_ALL = sa.insert(t.entry).returning(t.entry.c.key, t.entry.c.id)
_POLLED = sa.update(t.source).where(t.source.c.name == sa.bindparam("polled"))
_UNCHANGED = _POLLED.where(t.source.c.url == sa.bindparam("of")).values(
    last_polled=sa.bindparam("now", type_=t.Moment()),
    next_poll=sa.bindparam("next", type_=t.Moment()),
    last_good=sa.bindparam("now", type_=t.Moment()),
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

    ``trusted`` says that its items are approved by rule, as long as no person touches their words; ``whole``
    that its document holds all that it has to say (a pack), and is no window on the newest of it (a feed).
    """

    name: str
    partner: str = ""
    topics: tuple[str, ...] = ()
    backlog: int = 0
    trusted: bool = False
    whole: bool = False

    def terms(self, entry: Entry) -> Terms | None:
        """Return what a pack's entry says beside its words; a feed's topics are its readers' alone."""
        return terms_of(entry) if self.whole else None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a poll came to: the new items' ids, and how many entries were known, sifted out, or too old."""

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    known: int = 0
    sifted: int = 0
    baseline: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class _Judged:
    """A new entry with what became of it: the verdict, and the item that it made or belongs to."""

    named: Named
    verdict: Reason
    item: int | None


@dataclass(slots=True)
class _Tally:
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    known: int = 0
    sifted: int = 0
    baseline: int = 0
    held: int = 0


def take_in(  # noqa: PLR0913  a reading has these parts
    tx: Connection,
    now: datetime,
    origin: Origin,
    entries: Sequence[Entry],
    refusals: Sequence[Reason | None],
    *,
    first: bool,
    last_good: datetime | None = None,
    unread: Collection[str] | None = (),
    names: Sequence[Names] | None = None,
) -> Taken:
    """Take in one document's entries; ``refusals`` says for each why the source's filters pass it over.

    ``names`` are the entries' :func:`names_of`, where whoever read the document has worked them out;
    ``last_good`` is when the source was last read well: with it, a flood of old entries is held. ``unread``
    are the guids of a whole document's entries that are there and could not be read, None where nobody can
    tell which they are.
    """
    own = names_of(entries, whole=origin.whole) if names is None else names
    named = unique([Named(*each) for each in zip(entries, own, refusals, strict=True)])
    known = _known(tx, origin.name, named)
    stories = _same_story(tx, origin.name, named)
    tally = _Tally()
    fresh = [one for one in named if one.key not in known]
    for one in named:
        if one.key in known:
            _see_again(tx, now, origin, known[one.key], one, tally)
    apart = _apart(fresh, stories, origin, now, last_good, first=first)
    numbers = {key: int(row.id) for key, row in known.items()}
    oldest_first = sorted(fresh, key=lambda one: identity.clamp_date(one.entry.published_at, now))
    judged = [_judge_one(tx, now, origin, one, stories, apart, tally) for one in oldest_first]
    numbers |= _store(tx, now, origin, judged)
    shown = [numbers[one.key] for one in named]
    if origin.whole:
        following.show_whole(tx, now, origin.name, shown, unread)
    else:
        following.show(tx, now, origin.name, named, shown)
    if tally.held:
        flood.hold_source(tx, now, INTAKE, origin.name)
    return Taken(
        tuple(tally.new), tuple(tally.changed), tally.known, tally.sifted, tally.baseline, tally.held
    )


def _judge_one(
    tx: Connection,
    now: datetime,
    origin: Origin,
    one: Named,
    stories: Stories,
    apart: Mapping[str, Reason],
    tally: _Tally,
) -> _Judged:
    """Judge a new entry, and let those after it know its story."""
    verdict, number = _judge(tx, now, origin, one, stories, apart, tally)
    stories.remember(one.names, number)
    return _Judged(one, verdict, number)


def _apart(
    fresh: Sequence[Named],
    stories: Stories,
    origin: Origin,
    now: datetime,
    last_good: datetime | None,
    *,
    first: bool,
) -> Mapping[str, Reason]:
    """Return by key why an entry that nothing else keeps out makes no item: the baseline's, or a flood's."""
    if first:
        why = Reason(BASELINE.text, {"backlog": str(origin.backlog)})
        return dict.fromkeys(_beyond_backlog(fresh, origin.backlog, now), why)
    wanted = [one for one in fresh if one.refusal is None and not stories.twin(one.names)]
    if not flood.is_flood([one.entry for one in wanted], last_good, now):
        return {}
    why = Reason(flood.WAITS.text, {"count": str(len(wanted))})
    return dict.fromkeys((one.key for one in wanted), why)


def add_by_person(tx: Connection, now: datetime, who: str, item: Item) -> int:
    """Put a moderator's own item into the queue; raise ValueError when an item has its address already.

    An address that a source only showed, in its baseline or sifted out, is no item: a person may add it.
    """
    ours = new_addresses(tx, item)
    number = insert_item(tx, now, item, who)
    for address, version in ours.items():
        know(tx, now, number, address, version.title, IS_NEW)
    return number


def new_addresses(tx: Connection, item: Item) -> dict[str, Version]:
    """Return the addresses that say which item this is; raise ValueError when another has one of them."""
    named = {telling_address(version): version for version in item.versions}
    ours = {address: version for address, version in named.items() if address}
    known = next(iter(own_addresses(tx, list(ours))), None)
    if known is not None:
        message = f"this address is known already: i{known}"
        raise ValueError(message)
    return ours


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


def _known(tx: Connection, source: str, named: Sequence[Named]) -> dict[str, Record]:
    rows = tx.execute(_ENTRY, {"source": source, "keys": [one.key for one in named]})
    return {row.key: row for row in rows}


def _same_story(tx: Connection, source: str, named: Sequence[Named]) -> Stories:
    addresses = [one.names.address for one in named if one.names.address]
    prints = [one.names.fingerprint for one in named if one.names.fingerprint]
    return known_stories(
        tx, source, addresses, prints, frozenset(one.names.fingerprint for one in named if one.names.long)
    )


def _judge(
    tx: Connection,
    now: datetime,
    origin: Origin,
    one: Named,
    stories: Stories,
    apart: Mapping[str, Reason],
    tally: _Tally,
) -> tuple[Reason, int | None]:
    twin = stories.twin(one.names)
    if twin is not None:
        tally.known += 1
        return _adopted(tx, now, origin, one, twin, tally)
    if one.refusal is not None:
        tally.sifted += 1
        return one.refusal, None
    if one.key in apart:
        waits = apart[one.key].text == flood.WAITS.text
        tally.held += waits
        tally.baseline += not waits
        return apart[one.key], None
    number = insert_item(
        tx, now, _item(origin, one.entry, now), INTAKE, Reason("from %(source)s", {"source": origin.name})
    )
    tally.new.append(number)
    return IS_NEW, number


def _adopted(
    tx: Connection, now: datetime, origin: Origin, one: Named, twin: tuple[Reason, int | None], tally: _Tally
) -> tuple[Reason, int | None]:
    """Let a trusted source's own words take the place of another's that nobody has judged or touched.

    Else whoever lists a trusted source's address first would choose the words for it.
    """
    number = twin[1]
    if not origin.trusted or number is None or one.refusal is not None:
        return twin
    item = item_by_id(tx, number)
    may = item.state.value in before(ItemEvent.REJECT) and not item.by_rule and item.source
    if not may or item.source == origin.name or not _untouched(tx, item):
        return twin
    edit(
        tx,
        now,
        INTAKE,
        item,
        one.entry.versions,
        Reason("from %(source)s", {"source": origin.name}),
        by_rule=True,
    )
    tx.execute(
        sa.update(t.item).where(t.item.c.id == number).values(source=origin.name, partner=origin.partner)
    )
    tally.changed.append(number)
    return Reason(ADOPTED.text, {"item": str(number)}), number


def _untouched(tx: Connection, item: Item) -> bool:
    """Say whether an item's words are still those of an entry it came from."""
    words = sa.select(t.entry.c.words).where(t.entry.c.item == item.id)
    return digest(item.versions) in set(tx.execute(words).scalars())


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


def _beyond_backlog(fresh: Sequence[Named], backlog: int, now: datetime) -> list[str]:
    """Return the keys of all but the newest ``backlog`` entries that the filters let through."""
    wanted = [one for one in fresh if one.refusal is None]
    newest = sorted(wanted, key=lambda one: identity.clamp_date(one.entry.published_at, now), reverse=True)
    return [one.key for one in newest[backlog:]]


def _see_again(tx: Connection, now: datetime, origin: Origin, row: Record, one: Named, tally: _Tally) -> None:
    tally.known += 1
    own, told = row.verdict["text"] in _ITS_OWN, origin.terms(one.entry)
    changed = following.see_again(tx, now, row, one, told, origin.topics, own=own)
    if changed is not None:
        tally.changed.append(changed)


def _store(tx: Connection, now: datetime, origin: Origin, judged: Sequence[_Judged]) -> dict[str, int]:
    """Store new entries in one statement; return each one's number by its key."""
    if not judged:
        return {}
    rows = [_row(now, origin, each) for each in judged]
    numbers = {row.key: int(row.id) for row in tx.execute(_INSERT_ALL, rows)}
    for each in judged:
        if each.verdict.text == flood.WAITS.text:
            flood.keep(tx, numbers[each.named.key], _item(origin, each.named.entry, now))
    return numbers


def _row(now: datetime, origin: Origin, judged: _Judged) -> dict[str, object]:
    one = judged.named
    return {
        "source": origin.name,
        "key": one.key,
        "address": one.names.address,
        "fingerprint": one.names.fingerprint,
        "words": one.names.words,
        "terms": terms_json(origin.terms(one.entry)),
        "form": one.entry.form,
        "title": one.entry.versions[0].title,
        "verdict": reason_json(judged.verdict),
        "item": judged.item,
        "first_seen": now,
        "last_seen": now,
    }
