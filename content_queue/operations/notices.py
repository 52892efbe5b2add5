"""What people are told of: one row for each trouble, from when it was noticed until nothing is left to tell.

    noticed -> told -> reminded -> ended -> told of its end -> closed

Whoever watches hands in the troubles that there are now; the rows remember what was told about them, so that
each is told once and its end once, over restarts too. The sending itself is not done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.operations.rows import reason_from, reason_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Reason
    from content_queue.operations.rows import Record

REMIND_AFTER = (timedelta(hours=1), timedelta(days=1))
"""What asks a person is told again so long after it was noticed, then no more."""
SETTLED = timedelta(minutes=5)
"""A trouble is over when it has stayed away for so long: one that comes and goes is told once."""
_OPEN = sa.select(t.notice).where(t.notice.c.closed.is_(sa.false())).order_by(t.notice.c.id)
_LATEST = sa.select(t.notice).order_by(t.notice.c.noted_at.desc(), t.notice.c.id.desc())
_WHOSE = t.notice.c.id == sa.bindparam("number")


@dataclass(frozen=True, slots=True)
class Concern:
    """A trouble that there is now. ``about`` names the post, channel or source, "" is everything."""

    kind: str
    about: str
    what: Reason
    why: Reason
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A row: what, about which post, channel or source, since when, told when, ended when.

    ``told`` counts for each teller how often it has told people of it.
    """

    id: int
    kind: str
    about: str
    what: Reason
    why: Reason
    since: datetime
    noted_at: datetime
    told_at: datetime | None
    ended_at: datetime | None
    told: Mapping[str, int]


def reconcile(tx: Connection, now: datetime, concerns: Collection[Concern]) -> None:
    """Write down what is new, and what is over; what came back before its end was told goes on."""
    known = {(notice.kind, notice.about): notice for notice in open_ones(tx)}
    present = {(concern.kind, concern.about): concern for concern in concerns}
    for key, concern in present.items():
        if key not in known:
            _insert(tx, now, concern)
        elif known[key].ended_at is not None:
            _update(tx, known[key].id, ended_at=None)
    for key, notice in known.items():
        if key not in present and notice.ended_at is None:
            _update(tx, notice.id, ended_at=now)


def open_ones(tx: Connection) -> list[Notice]:
    """Return the notices of which something may be left to tell, oldest first."""
    return [_notice_from(row) for row in tx.execute(_OPEN)]


def latest(tx: Connection, since: datetime, most: int = 20) -> list[Notice]:
    """Return what was noticed since then, newest first, and at most so many."""
    query = _LATEST.where(t.notice.c.noted_at >= since).limit(most)
    return [_notice_from(row) for row in tx.execute(query)]


def tellings_due(notice: Notice, now: datetime, *, asks: bool) -> int:
    """Return how many times a teller should have told people of a notice that has not ended."""
    after = now - notice.noted_at
    return 1 + sum(after >= wait for wait in REMIND_AFTER) if asks else 1


def told(tx: Connection, now: datetime, number: int, teller: str, times: int) -> None:
    """Note that ``teller`` has now told people ``times`` times."""
    row = tx.execute(sa.select(t.notice).where(_WHOSE), {"number": number}).one()
    _update(tx, number, told={**row.told, teller: times}, told_at=row.told_at or now)


def close(tx: Connection, numbers: Sequence[int]) -> None:
    """Note that nothing is left to tell."""
    for number in numbers:
        _update(tx, number, closed=True)


def _insert(tx: Connection, now: datetime, concern: Concern) -> None:
    words = {"what": reason_json(concern.what), "why": reason_json(concern.why)}
    place = {"kind": concern.kind, "about": concern.about, "since": concern.since or now}
    tx.execute(sa.insert(t.notice).values(**place, **words, noted_at=now, told={}))


def _update(tx: Connection, number: int, **values: object) -> None:
    tx.execute(sa.update(t.notice).where(_WHOSE).values(**values), {"number": number})


def _notice_from(row: Record) -> Notice:
    return Notice(
        id=row.id,
        kind=row.kind,
        about=row.about,
        what=reason_from(row.what),
        why=reason_from(row.why),
        since=row.since,
        noted_at=row.noted_at,
        told_at=row.told_at,
        ended_at=row.ended_at,
        told=dict(row.told),
    )
