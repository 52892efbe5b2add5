"""An evergreen item goes out once with each of its wordings where the network refuses a repeat."""

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from content_queue.calendar import Calendar, parse_slots
from content_queue.lifecycle import PostEvent
from content_queue.operations import history, planning, publishing
from content_queue.operations.publishing import Outcome
from content_queue.planner import Rules
from tests.content_queue.builders import (
    BODY,
    CHANNEL,
    DAY,
    LATE,
    NOW,
    SECOND,
    approved,
    choice,
    message,
    pace,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

TITLE, FRESH = message(text="43 phares."), message(text="Encore 43.", variant="wording-1")
RULES = Rules(
    CHANNEL,
    frozenset({"fr"}),
    Calendar(ZoneInfo("America/Toronto"), parse_slots(("daily 09:00",))),
    0 * SECOND,
    None,
    {},
    0 * SECOND,
    LATE,
    repeats=False,
)


def send(tx: "Connection", item: int, now: "datetime", round_: int) -> str:
    planning.write_down(tx, now, [choice(item, now, round_=round_)], late=LATE, budget=None, spent=0)
    post = publishing.claim(tx, now, pace(now=now), "w1").post
    assert post is not None
    out = publishing.intend(tx, now, post, BODY, post.key, pace(now=now))
    publishing.settle(tx, now, out, Outcome(PostEvent.ACCEPTED, "", f"r{out.id}", ""))
    return out.message.text


def chosen(tx: "Connection", now: "datetime", rules: Rules = RULES) -> list[int]:
    return [one.item for one in planning.choose(tx, now, rules, now + 400 * DAY)]


def test_each_wording_goes_out_once_and_then_the_channel_skips_the_item_and_says_so(tx: "Connection") -> None:
    item = approved(tx, TITLE, FRESH, evergreen=True)
    assert send(tx, item.id, NOW, 1) == "43 phares."
    assert planning.say_worn_out(tx, NOW, CHANNEL) == []
    assert chosen(tx, NOW) == [item.id]
    later = NOW + 40 * DAY
    assert send(tx, item.id, later, 2) == "Encore 43."
    assert chosen(tx, later) == []
    assert chosen(tx, later, replace(RULES, repeats=True))
    assert planning.say_worn_out(tx, later, CHANNEL) == [item.id]
    assert planning.say_worn_out(tx, later + DAY, CHANNEL) == []
    told = [line for line in history.of_item(tx, item.id) if line.what == planning.WORN_OUT]
    assert [str(line.why) for line in told] == [
        f"{CHANNEL} refuses a repeat and every wording has been out there: write a fresh one"
    ]
