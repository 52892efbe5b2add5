"""Two languages of one story: French goes first, and what one half has used up both have."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.planner import Candidate

_BEHIND = timedelta(seconds=1)
_BATCH = 500
_CHANNELS = sa.bindparam("channels", type_=sa.Text, expanding=True)
_ITEMS = sa.bindparam("items", type_=sa.Integer, expanding=True)
_SPEAKS_FRENCH = (
    sa.select(t.message.c.item)
    .join(t.item, (t.item.c.id == t.message.c.item) & (t.item.c.revision == t.message.c.revision))
    .where(t.message.c.item.in_(_ITEMS), t.message.c.channel.in_(_CHANNELS), t.message.c.language == "fr")
    .distinct()
)
_IN_FRENCH = (
    sa.select(t.post.c.item, t.post.c.round, t.post.c.due_at)
    .join(t.message, t.message.c.id == t.post.c.message)
    .where(
        t.post.c.item.in_(_ITEMS),
        t.post.c.channel.in_(_CHANNELS),
        t.post.c.holds_round,
        t.message.c.language == "fr",
    )
)


def behind_french(
    tx: Connection, candidates: Iterable[Candidate], channels: Collection[str]
) -> list[Candidate]:
    """Return the candidates that may be planned behind their French version on ``channels``.

    One whose French version is approved there and not planned yet waits for it.
    """
    waiting = list(candidates)
    found: list[Candidate] = []
    for start in range(0, len(waiting), _BATCH):
        batch = waiting[start : start + _BATCH]
        values = {"items": [one.item for one in batch], "channels": list(channels)}
        speaking = {row.item for row in tx.execute(_SPEAKS_FRENCH, values)}
        due: dict[int, list[tuple[int, datetime]]] = {}
        for row in tx.execute(_IN_FRENCH, values):
            due.setdefault(row.item, []).append((row.round, row.due_at))
        found += [
            behind for one in batch if (behind := _behind(one, due.get(one.item, []), one.item in speaking))
        ]
    return found


def _behind(
    candidate: Candidate,
    french: list[tuple[int, datetime]],
    speaks: bool,  # noqa: FBT001  a plain fact
) -> Candidate | None:
    if not speaks:
        return candidate
    times = [due_at for round_, due_at in french if round_ >= candidate.round]
    if not times:
        return None
    return replace(candidate, not_before=max(candidate.not_before, min(times) + _BEHIND))


def use_up(tx: Connection, kept: int, merged: int) -> None:
    """Let what ``merged`` has sent count for ``kept``: a round that one half used up is used by both."""
    highest = sa.select(t.post.c.channel, sa.func.max(t.post.c.round).label("round"))
    rows = tx.execute(highest.where(t.post.c.item == kept).group_by(t.post.c.channel))
    taken = {row.channel: row.round for row in rows}
    own = sa.select(t.post.c.id, t.post.c.channel).where(t.post.c.item == merged, t.post.c.holds_round)
    for row in tx.execute(own.order_by(t.post.c.id)).all():
        taken[row.channel] = taken.get(row.channel, 0) + 1
        moved = {"item": kept, "round": taken[row.channel]}
        tx.execute(sa.update(t.post).where(t.post.c.id == row.id).values(**moved))
