"""The flood guard: a feed that suddenly shows many old entries as new has moved or was rebuilt.

What a flood brings is kept beside its entries, the source is held, and a person lets it in or takes it as
the source's baseline. Nothing of it is lost, and nothing of it is posted unasked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from content_queue import identity
from content_queue.item import Item, Kind, Reason, Scope, Version
from content_queue.lifecycle import PENDING_ITEM
from content_queue.operations import holds
from content_queue.operations.history import note
from content_queue.operations.judgement import insert_item
from content_queue.operations.rows import reason_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from content_queue.item import Entry
    from content_queue.operations.rows import Record

MANY: Final = 20
"""So many new entries at once are a busy week, more may be a flood."""
OLD: Final = timedelta(hours=48)
"""An entry dated so long before the last poll should have been seen then."""
HELD = "many old entries appeared at once: technopolys sources release lets them in or takes a baseline"
WAITS = Reason("held: one of %(count)s that appeared at once, most of them older than the last poll")
LET_IN = Reason("a person let it in after its source was held")
LEFT_OUT = Reason("a person took it as part of a new baseline")

_WAITING = (
    sa.select(t.flood.c.entry, t.flood.c.item, t.entry.c.title)
    .join(t.entry, t.entry.c.id == t.flood.c.entry)
    .where(t.entry.c.source == sa.bindparam("source"))
    .order_by(t.flood.c.entry)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of a flood that waits for a person; ``url`` is where it is read, "" where it does not say."""

    title: str
    url: str
    published_at: datetime


def is_flood(entries: Sequence[Entry], last_good: datetime | None, now: datetime) -> bool:
    """Say whether so many new entries, of which most are old, should wait for a person.

    ``last_good`` is when the source was last read well: what came out since then is new, however late we
    are. An entry without a date counts as old.
    """
    if last_good is None or len(entries) <= MANY:
        return False
    old = [entry for entry in entries if _is_old(entry, last_good, now)]
    return 2 * len(old) > len(entries)


def keep(tx: Connection, entry: int, item: Item) -> None:
    """Keep the item that an entry of a flood would have made."""
    tx.execute(sa.insert(t.flood).values(entry=entry, item=_packed(item)))


def hold_source(tx: Connection, now: datetime, who: str, source: str) -> None:
    """Hold a source for its flood; a hold that stands already is not told again."""
    holds.hold(tx, now, who, Scope.SOURCE, source, HELD)


def waiting(tx: Connection, source: str) -> int:
    """Return how many entries of a source's flood wait for a person."""
    count = sa.select(sa.func.count()).select_from(_WAITING.subquery())
    return int(tx.execute(count, {"source": source}).scalar_one())


def listed(tx: Connection, source: str) -> list[Waiting]:
    """Return the entries of a source's flood that wait for a person, the newest first."""
    found = ((row.title, _unpacked(row.item)) for row in _newest_first(tx, source))
    return [Waiting(title, item.url, item.published_at or item.created_at) for title, item in found]


def release(tx: Connection, now: datetime, who: str, source: str, *, newest: int | None = None) -> list[int]:
    """Let a flood's newest entries in as pending items, and take the others as a baseline; lift its hold.

    ``newest`` says how many, None lets all in. Returns the new items' ids, oldest first. Their words are
    judged by people, whatever the source's trust.
    """
    rows = _newest_first(tx, source)
    wanted = len(rows) if newest is None else newest
    made = [_let_in(tx, now, who, row) for row in reversed(rows[:wanted])]
    for row in rows[wanted:]:
        _decide(tx, row, None, LEFT_OUT)
    holds.lift(tx, now, who, Scope.SOURCE, source, HELD)
    if not made:
        note(tx, now, who, "take a baseline", why=Reason("%(source)s", {"source": source}))
    elif len(made) == len(rows):
        note(tx, now, who, "let in", why=Reason("%(source)s", {"source": source}))
    else:
        counts = {"source": source, "newest": str(len(made)), "count": str(len(rows))}
        note(tx, now, who, "let in", why=Reason("%(source)s: the newest %(newest)s of %(count)s", counts))
    return made


def _let_in(tx: Connection, now: datetime, who: str, row: Record) -> int:
    number = insert_item(tx, now, _unpacked(row.item), who, LET_IN)
    _decide(tx, row, number, LET_IN)
    return number


def _decide(tx: Connection, row: Record, item: int | None, verdict: Reason) -> None:
    values = {"item": item, "verdict": reason_json(verdict)}
    tx.execute(sa.update(t.entry).where(t.entry.c.id == row.entry).values(**values))
    tx.execute(sa.delete(t.flood).where(t.flood.c.entry == row.entry))


def _newest_first(tx: Connection, source: str) -> list[Record]:
    rows = tx.execute(_WAITING, {"source": source}).all()
    return sorted(rows, key=lambda row: (datetime.fromisoformat(row.item["published_at"]), row.entry))[::-1]


def _is_old(entry: Entry, last_good: datetime, now: datetime) -> bool:
    return entry.published_at is None or identity.clamp_date(entry.published_at, now) < last_good - OLD


def _packed(item: Item) -> dict[str, Any]:
    days = {name: day.isoformat() if day else None for name, day in _days(item).items()}
    words = [asdict(version) for version in item.versions]
    plain = {"kind": item.kind.value, "source": item.source, "partner": item.partner, "versions": words}
    return {**plain, **days, "topics": list(item.topics), "evergreen": item.evergreen}


def _days(item: Item) -> dict[str, date | None]:
    return {
        "published_at": item.published_at,
        "created_at": item.created_at,
        "review_by": item.review_by,
        "confirmed": item.confirmed,
    }


def _unpacked(values: dict[str, Any]) -> Item:
    words = [
        replace(Version(**version), wordings=tuple(version["wordings"])) for version in values["versions"]
    ]
    return Item(
        id=0,
        kind=Kind(values["kind"]),
        state=PENDING_ITEM,
        source=values["source"],
        revision=1,
        versions=tuple(words),
        created_at=datetime.fromisoformat(values["created_at"]),
        topics=tuple(values["topics"]),
        partner=values["partner"],
        published_at=datetime.fromisoformat(values["published_at"]),
        review_by=_day(values["review_by"]),
        confirmed=_day(values["confirmed"]),
        evergreen=values["evergreen"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
