"""Posts that stand in no slot of their channel any more go back to the planner."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from content_queue.calendar import Calendar, parse_slots
from content_queue.operations import history, planning, posts, publishing, strays
from content_queue.operations.rows import post_by_id
from content_queue.planner import Rules
from tests.content_queue.builders import (
    CHANNEL,
    DAY,
    HOUR,
    LATE,
    MINUTE,
    NOW,
    approved,
    published,
)

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy.engine import Connection

TORONTO, WINNIPEG = "America/Toronto", "America/Winnipeg"
JITTER = 20 * MINUTE


def rules(*slots: str, zone: str = TORONTO, jitter: timedelta = 0 * HOUR) -> Rules:
    calendar = Calendar(ZoneInfo(zone), parse_slots(slots or ("daily 09:00",)), None)
    return Rules(CHANNEL, frozenset({"fr"}), calendar, 0 * HOUR, None, {}, jitter, LATE)


def plan(tx: Connection, own: Rules) -> list[int]:
    chosen = planning.choose(tx, NOW, own, NOW + 2 * DAY)
    return planning.write_down(tx, NOW, chosen, LATE, None, 0)


def due(tx: Connection, post: int) -> datetime:
    return post_by_id(tx, post).due_at


@pytest.mark.parametrize("jitter", [0 * HOUR, JITTER])
def test_what_stands_in_a_slot_stays_there(tx: Connection, jitter: timedelta) -> None:
    own = rules("daily 09:00, 12:30", jitter=jitter)
    approved(tx)
    approved(tx)
    made = plan(tx, own)
    assert len(made) == 2
    assert strays.send_back(tx, NOW, own) == []


@pytest.mark.parametrize(
    "after",
    [rules("daily 10:00"), rules(zone=WINNIPEG), rules("sat 09:00")],
    ids=["other slots", "a zone whose rules changed", "other days"],
)
def test_a_slot_that_is_none_any_more_is_left_and_said(tx: Connection, after: Rules) -> None:
    approved(tx)
    (post,) = plan(tx, rules())
    (back,) = strays.send_back(tx, NOW, after)
    assert back.id == post
    assert history.of_post(tx, post)[-1].why == strays.NO_SLOT
    moved = plan(tx, after)
    assert len(moved) == (1 if after.calendar.slots[0].days == frozenset(range(7)) else 0)
    assert strays.send_back(tx, NOW, after) == []
    assert all(due(tx, one) != due(tx, post) for one in moved)


def test_what_a_person_put_at_a_time_stays_there(tx: Connection) -> None:
    item = approved(tx)
    (post,) = plan(tx, rules())
    posts.move(tx, NOW, "ana", post_by_id(tx, post), NOW + 5 * HOUR + 7 * MINUTE, LATE)
    assert strays.send_back(tx, NOW, rules("daily 10:00")) == []
    other = approved(tx)
    planning.post_now(tx, NOW, "ana", other.id, CHANNEL, LATE)
    assert strays.send_back(tx, NOW, rules("daily 10:00")) == []
    assert item.id != other.id


def test_what_is_due_or_out_is_left_alone(tx: Connection) -> None:
    published(tx)
    approved(tx)
    (post,) = plan(tx, rules())
    assert strays.send_back(tx, due(tx, post), rules("daily 10:00")) == []
    assert publishing.due_channels(tx, due(tx, post)) == {CHANNEL}
