"""The feed doctor: how a source fares against its own habit, and what to do about it. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.operations.stories import KNOWN_ADDRESS, KNOWN_WORDS
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.operations.listing import SourceRow
    from content_queue.operations.rows import Record

LOOKED_AT: Final = 100
"""So many of a source's newest entries tell its habit."""
_FEW: Final = 5
_MUCH: Final = 0.5
_SILENT: Final = 4
_LEAST_SILENCE: Final = timedelta(days=7)
_BURST: Final = 10
_DAY: Final = timedelta(days=1)
_CUT: Final = ("…", "...", "[…]", "[...]")

_NEWEST = (
    sa.select(t.entry.c.first_seen, t.entry.c.verdict, t.version.c.summary)
    .outerjoin(t.version, (t.version.c.item == t.entry.c.item) & (t.version.c.revision == 1))
    .where(t.entry.c.source == sa.bindparam("source"))
    .order_by(t.entry.c.id.desc())
    .limit(LOOKED_AT)
)


@dataclass(frozen=True, slots=True)
class Health:
    """A source's habit and what is wrong with it.

    ``cadence`` is the usual time between two of its entries, None while too few are known; ``churn`` is the
    share of its newest entries that came again under another guid, ``cut`` that of its texts which break off.
    """

    cadence: timedelta | None
    last_new: datetime | None
    churn: float
    cut: float
    advice: tuple[Reason, ...]


def health(tx: Connection, now: datetime, row: SourceRow) -> Health:
    """Examine one source."""
    newest = tx.execute(_NEWEST, {"source": row.name}).all()
    cadence = _cadence([one.first_seen for one in newest])
    churn = _share([_came_again(one) for one in newest])
    cut = _share([one.summary.rstrip().endswith(_CUT) for one in newest if one.summary])
    burst = sum(now - one.first_seen < _DAY for one in newest)
    found = Health(cadence, row.last_item_at, churn, cut, ())
    advice = (*_said(row), *_against_its_habit(found, now, burst))
    return Health(cadence, row.last_item_at, churn, cut, advice)


def _cadence(seen: Sequence[datetime]) -> timedelta | None:
    """The usual time between two moments at which something new was seen; a poll is one moment."""
    moments = sorted(set(seen))
    gaps = sorted(later - earlier for earlier, later in pairwise(moments))
    return gaps[len(gaps) // 2] if len(gaps) >= _FEW else None


def _came_again(row: Record) -> bool:
    return row.verdict.get("text") in {KNOWN_ADDRESS.text, KNOWN_WORDS.text}


def _share(facts: Sequence[bool]) -> float:
    return sum(facts) / len(facts) if len(facts) >= _FEW else 0.0


def _said(row: SourceRow) -> Iterator[Reason]:
    if row.gone:
        yield Reason("it is gone for good: remove it, or give its new address")
    elif row.failures:
        yield Reason("it fails: %(error)s", {"error": row.error})
    for note in row.notes or ():
        yield Reason("its document was mended: %(note)s", {"note": note})
    yield from row.mistakes


def _against_its_habit(found: Health, now: datetime, burst: int) -> Iterator[Reason]:
    if found.churn >= _MUCH:
        yield Reason("its guids change: tell its owner; nothing is posted twice for it")
    if found.cut >= _MUCH:
        yield Reason("its texts break off: ask its owner for whole texts, or edit them")
    if found.cadence is None:
        return
    quiet = now - found.last_new if found.last_new else timedelta(0)
    if quiet > max(_SILENT * found.cadence, _LEAST_SILENCE):
        days = {"days": str(quiet.days)}
        yield Reason("it has been silent for %(days)s days, unlike before: see whether it has moved", days)
    usual = max(_DAY / max(found.cadence, timedelta(minutes=1)), 1)
    if burst > _BURST * usual:
        yield Reason("it brought %(count)s entries in a day, far more than before", {"count": str(burst)})
