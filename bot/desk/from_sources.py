"""What people decide about sources: what becomes of a flood, and of what a source changed or took back."""

from __future__ import annotations

from datetime import datetime

from bot.desk.permission import allow, allow_hold
from content_queue.item import Post, Scope
from content_queue.operations import corrections, flood, holds
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.people import Action, Person
from content_queue.store.database import Transaction


def answer(tx: Transaction, now: datetime, who: Person, number: int, chosen: str) -> list[Post]:
    """Answer what a source changed or took back; return the posts that are out and can only be recalled.

    ``chosen`` is one of :data:`corrections.ANSWERS`.
    """
    if chosen not in corrections.ANSWERS:
        raise ValueError(f"{chosen!r} is no answer; the answers are take, leave and withdraw")
    item = item_by_id(tx, number)
    allow(who, Action.WITHDRAW if chosen == corrections.WITHDRAW else Action.EDIT, item)
    return [post_by_id(tx, post) for post in corrections.answer(tx, now, who.who, item, chosen)]


def release(
    tx: Transaction,
    now: datetime,
    who: Person,
    source: str,
    *,
    newest: int | None = None,
    seen: int | None = None,
) -> list[int]:
    """Let go of a held source, and let in the ``newest`` of what its flood brought: None is all, 0 is none.

    What stays out is its baseline. ``seen`` is how many waited when that was shown. Returns the ids of the
    items that now wait for judgement. Raises ValueError when nothing holds it.
    """
    allow_hold(tx, who, Scope.SOURCE, source, Action.RESUME, Action.RESUME_EVERYTHING)
    waits = flood.waiting(tx, source)
    if seen is not None and seen != waits:
        raise LostRaceError(f"more or less of {source} waits than was shown: look at it again")
    if not any(hold.target == source and hold.scope is Scope.SOURCE for hold in holds.active(tx, now)):
        raise ValueError(f"nothing holds source {source}")
    made = flood.release(tx, now, who.who, source, newest=newest) if waits else []
    holds.lift(tx, now, who.who, Scope.SOURCE, source)
    return made
