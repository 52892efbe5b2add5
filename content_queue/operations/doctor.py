"""The feed doctor: how a source fares against its own habit, and what to do about it. Only reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.operations import flood
from content_queue.operations.stories import KNOWN_ADDRESS, KNOWN_WORDS
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.operations.listing import SourceRow

LOOKED_AT: Final = 100
"""So many of a source's newest entries tell its habit."""
_FEW: Final = 5
_MUCH: Final = 0.5
_SILENT: Final = 4
_LEAST_SILENCE: Final = timedelta(days=7)
_BURST: Final = 10
_DAY: Final = timedelta(days=1)
_CUT: Final = ("…", "...", "[…]", "[...]")

_newest = (
    sa.select(
        t.entry.c.first_seen,
        t.entry.c.verdict["text"].as_string().in_([KNOWN_ADDRESS.text, KNOWN_WORDS.text]).label("again"),
        (sa.func.length(t.version.c.summary) > 0).label("told"),
        sa.or_(*(t.version.c.summary.endswith(end, autoescape=True) for end in _CUT)).label("cut"),
    )
    .outerjoin(t.version, (t.version.c.item == t.entry.c.item) & (t.version.c.revision == 1))
    .where(t.entry.c.source == sa.bindparam("source"))
    .order_by(t.entry.c.id.desc())
    .limit(LOOKED_AT)
    .subquery()
)


def _how_many(what: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((what, 1), else_=0))


_MOMENTS = sa.select(
    _newest.c.first_seen,
    sa.func.count().label("entries"),
    _how_many(_newest.c.again).label("again"),
    _how_many(_newest.c.told).label("told"),
    _how_many(_newest.c.cut).label("cut"),
).group_by(_newest.c.first_seen)
"""What each of the latest moments at which something new was seen brought; a poll is one moment."""


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
    moments = tx.execute(_MOMENTS, {"source": row.name}).all()
    entries, told = (sum(getattr(one, name) for one in moments) for name in ("entries", "told"))
    churn = _share(sum(one.again for one in moments), entries)
    cut = _share(sum(one.cut for one in moments), told)
    burst = sum(one.entries for one in moments if now - one.first_seen < _DAY)
    found = Health(_cadence([one.first_seen for one in moments]), row.last_item_at, churn, cut, ())
    waits = flood.waiting(tx, row.name)
    advice = (*_said(row, waits, now), *_against_its_habit(found, now, burst))
    return replace(found, advice=advice)


def _cadence(seen: Sequence[datetime]) -> timedelta | None:
    """The usual time between two moments at which something new was seen."""
    gaps = sorted(later - earlier for earlier, later in pairwise(sorted(seen)))
    return gaps[len(gaps) // 2] if len(gaps) >= _FEW else None


def _share(some: int, of: int) -> float:
    return some / of if of >= _FEW else 0.0


def _said(row: SourceRow, waits: int, now: datetime) -> Iterator[Reason]:
    if waits:
        yield Reason("%(count)s entries appeared at once: decide what comes in", {"count": str(waits)})
    if row.gone:
        yield Reason("it is gone for good: remove it, or give its new address")
    elif row.failures:
        yield Reason("it fails, and is asked again by itself: %(error)s", {"error": row.error})
    if row.wait_until and row.wait_until > now:
        until = {"time": row.wait_until.isoformat(" ", "minutes")}
        yield Reason("its host asked not to be asked before %(time)s: nothing to do", until)
    if row.address and not row.gone:
        yield Reason("it has moved for good: write %(address)s in its place", {"address": row.address})
    for note in row.notes or ():
        yield Reason("%(note)s: its owner may want to know", {"note": note})
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
        count = {"count": str(burst)}
        yield Reason(
            "it brought %(count)s entries in a day, far more than before: see whether they are its own", count
        )
