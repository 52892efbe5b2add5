"""Judging with one more thought: many at once, taking it back, choosing the time, a word to the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.desk import operations
from bot.desk.operations import Desk
from bot.desk.permission import NotAllowedError, allow
from content_queue.item import Reason, item_name
from content_queue.lifecycle import ImpossibleStepError, ItemEvent, before
from content_queue.operations import judgement, remarks, sides
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import UnknownError, item_by_id
from content_queue.people import Action, Person
from content_queue.store.database import Transaction

TAKEN_BACK = Reason("the approval was taken back")


@dataclass(frozen=True, slots=True)
class Many:
    """What came of judging many: those approved, and the line for each that was not."""

    approved: tuple[int, ...]
    refused: tuple[str, ...]


def approve_many(
    tx: Transaction, desk: Desk, now: datetime, who: Person, chosen: Iterable[tuple[int, int]]
) -> Many:
    """Approve each of ``(item, revision shown)`` that can be; the others stay, each with its line.

    Raises ``NotAllowedError`` where the person may approve none of them.
    """
    approved, refused, denied = [], list[str](), None
    for number, revision in chosen:
        try:
            operations.approve(tx, desk, now, who, number, revision=revision)
        except NotAllowedError as error:
            denied, refused = error, [*refused, str(error)]
        except (ValueError, LostRaceError, ImpossibleStepError, UnknownError) as error:
            refused.append(str(error))  # raised before anything of it is written
        else:
            approved.append(number)
    if denied is not None and not approved:
        raise denied
    return Many(tuple(approved), tuple(refused))


def take_back(
    tx: Transaction, desk: Desk, now: datetime, who: Person, numbers: Iterable[int]
) -> tuple[int, ...]:
    """Undo approvals within their grace: the items wait for judgement again, and nothing of them has left.

    Raises ValueError for one whose grace is over, or that is not approved.
    """
    numbers = tuple(numbers)
    for number in numbers:
        item = item_by_id(tx, number)
        allow(who, Action.WITHDRAW, item)
        approved = item.state.value in before(ItemEvent.WITHDRAW) and item.state.value not in before(
            ItemEvent.REJECT
        )
        if not approved or item.judged_at is None or now >= item.judged_at + desk.grace:
            raise ValueError(
                f"{item_name(number)} cannot be taken back by this any more: withdraw it instead"
            )
        judgement.edit(tx, now, who.who, item, item.versions, TAKEN_BACK)
    return numbers


def pin(tx: Transaction, now: datetime, who: Person, number: int, when: datetime | None) -> None:
    """Choose the time at which a waiting item goes out once it is approved; None leaves it to the planner."""
    item = item_by_id(tx, number)
    allow(who, Action.PIN, item)
    if when is not None and when <= now:
        raise ValueError(f"{when.isoformat()} is over already: give a time to come")
    judgement.pin(tx, now, who.who, item, when)


def remark(tx: Transaction, now: datetime, who: Person, number: int, text: str) -> None:
    """Say something to the other moderators; it is never published."""
    item = item_by_id(tx, number)
    allow(who, Action.NOTE, item)
    remarks.add(tx, now, who.who, item.id, text)


def one_language(tx: Transaction, now: datetime, who: Person, number: int, *, alone: bool) -> None:
    """Say that an item is for the one language it has words in, or that the other is wanted after all."""
    item = item_by_id(tx, number)
    allow(who, Action.EDIT, item)
    sides.mark(tx, now, who.who, item, alone=alone)
