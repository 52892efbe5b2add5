"""One planning pass: each channel's free slots of the next day become posts; beyond, a forecast."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

import structlog

from bot.runtime.parts import Lane, Parts
from content_queue.item import Kind, Message, Post, Reason
from content_queue.operations import holds, leases, planning, spending
from content_queue.operations.listing import planned
from content_queue.operations.spending import NO_BUDGET_LEFT, Paid
from content_queue.planner import Choice, Placed, Rules, empty_slots
from content_queue.planner import soonest as first_free
from content_queue.store.database import Transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What will go out: a fixed post, or (where ``post`` is None) what is forecast."""

    post: int | None
    due_at: datetime
    item: int
    message: Message
    reason: Reason
    held: str = ""
    by_hand: str = ""

    @property
    def channel(self) -> str:
        """Where it will go out."""
        return self.message.channel

    @property
    def text(self) -> str:
        """What it will say."""
        return self.message.text


async def plan(parts: Parts, now: datetime) -> int:
    """Fill every channel's free slots up to ``commit_ahead``; return how many posts were made.

    What one channel's plan stumbles over is raised when the others have had their turn.
    """
    made: list[int] = []
    stumbled: list[Exception] = []
    for lane in parts.lanes.values():
        try:
            made += await _plan_lane(parts, lane, now)
        except Exception as error:  # noqa: BLE001  another channel's trouble is not ours
            stumbled.append(error)
    if made:
        log.info("planned", posts=len(made))
    if stumbled:
        raise stumbled[0]
    return len(made)


def forecast(tx: Transaction, rules: Iterable[Rules], now: datetime, until: datetime) -> list[PlanRow]:
    """Return what will go out up to ``until``: the fixed posts, and what the planner would choose now."""
    rows = [_fixed(tx, post, now) for post in planned(tx, until)]
    return sorted([*rows, *foreseen(tx, rules, now, until)], key=lambda row: (row.due_at, row.channel))


def foreseen(tx: Transaction, rules: Iterable[Rules], now: datetime, until: datetime) -> list[PlanRow]:
    """Return what the planner would add up to ``until`` if it chose now, earliest first."""
    rows = [_foreseen(paid) for own in rules for paid in _paid(tx, now, own, until)]
    return sorted(rows, key=lambda row: (row.due_at, row.channel))


def soonest(tx: Transaction, rules: Iterable[Rules], ready: datetime, until: datetime) -> dict[str, datetime]:
    """Return by channel the first time from ``ready`` on at which nothing stands yet, where there is one."""
    chances = {
        own.channel: first_free(own, planning.placed(tx, ready, own.channel, own.account), ready, until)
        for own in rules
    }
    return {channel: chance for channel, chance in chances.items() if chance is not None}


def empty(
    rules: Collection[Rules],
    tx: Transaction,
    now: datetime,
    until: datetime,
    ahead: Sequence[tuple[str, datetime]],
    most: int,
) -> dict[str, list[datetime]]:
    """Return by channel the first ``most`` slots up to ``until`` that neither stand nor are foreseen.

    ``ahead`` is what is foreseen: on which channel, and when.
    """
    found = {}
    for own in rules:
        coming = [Placed(due, 0, Kind.FACT, "", "", ()) for channel, due in ahead if channel == own.channel]
        standing = planning.placed(tx, now, own.channel, own.account)
        found[own.channel] = list(islice(empty_slots(own, [*standing, *coming], now, until), most))
    return found


async def _plan_lane(parts: Parts, lane: Lane, now: datetime) -> list[int]:
    until = now + parts.commit_ahead
    if not lane.rules.repeats:
        await asyncio.wrap_future(parts.store.tell(planning.say_worn_out, now, lane.name))
    paid = await asyncio.wrap_future(parts.store.ask(_paid, now, lane.rules, until))
    chosen = [
        (one.choice, one.message) for one in paid if one.affordable
    ]  # the rest waits for the next month
    if not chosen:
        return []
    return await asyncio.wrap_future(parts.store.tell(_write_down, parts, now, chosen, lane.rules.late))


def _write_down(
    tx: Transaction, parts: Parts, now: datetime, chosen: list[tuple[Choice, Message]], late: timedelta
) -> list[int]:
    if parts.store.several:
        leases.must_lead(tx, parts.name)  # else two who plan the same slot from two pictures
    return planning.write_chosen(tx, now, chosen, late)


def _paid(tx: Transaction, now: datetime, rules: Rules, until: datetime) -> list[Paid]:
    """Return what the planner chooses up to ``until``, and how it goes out.

    Under a budget the look reaches to the end of the month: its last days need their share.
    """
    horizon = until if rules.budget is None else spending.month_after(until)
    choices = planning.choose(tx, now, rules, horizon)
    return [one for one in spending.pay(tx, choices, rules) if one.choice.due_at <= until]


def _fixed(tx: Transaction, post: Post, now: datetime) -> PlanRow:
    held = holds.on_post(tx, post.id, now)
    waits = "; ".join(hold.reason for hold in held if hold.who != holds.BY_HAND)
    locked_out = "; ".join(hold.reason for hold in held if hold.who == holds.BY_HAND)
    due = max(post.due_at, post.not_before)
    return PlanRow(post.id, due, post.item, post.message, post.reason, waits, locked_out)


def _foreseen(paid: Paid) -> PlanRow:
    choice = paid.choice
    if paid.affordable:
        return PlanRow(None, choice.due_at, choice.item, paid.message, choice.reason)
    unpaid = replace(paid.message, cost=0)
    return PlanRow(None, choice.due_at, choice.item, unpaid, choice.reason, str(NO_BUDGET_LEFT))
