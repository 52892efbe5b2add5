"""What people decide about sources: what becomes of a flood, and of what a source changed or took back."""

from __future__ import annotations

from datetime import datetime

from bot.desk.permission import allow, allow_hold
from content_queue.item import Post, Scope
from content_queue.operations import corrections, flood, holds
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


def release(tx: Transaction, now: datetime, who: Person, source: str, *, baseline: bool) -> list[int]:
    """Let go of a held source and let in what its flood brought, or take that as its baseline.

    Returns the ids of the items that now wait for judgement. Raises ValueError when nothing holds it.
    """
    allow_hold(tx, who, Scope.SOURCE, source, Action.RESUME, Action.RESUME_EVERYTHING)
    if not any(hold.target == source and hold.scope is Scope.SOURCE for hold in holds.active(tx, now)):
        raise ValueError(f"nothing holds source {source}")
    made = flood.release(tx, now, who.who, source, baseline=baseline) if flood.waiting(tx, source) else []
    holds.lift(tx, now, who.who, Scope.SOURCE, source)
    return made
