"""The circuit breaker: answers lost in a row hold the channel, ever longer, till one comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.desk import operations
from content_queue.item import Scope
from content_queue.lifecycle import PostEvent
from content_queue.operations import breaker, holds
from content_queue.people import local
from tests.content_queue import builders as b

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.engine import Connection


def held_for(tx: Connection, now: datetime = b.NOW) -> timedelta | None:
    ends = [hold.until for hold in holds.active(tx, now) if hold.reason == breaker.BROKEN]
    return ends[0] - now if ends and ends[0] is not None else None


def lose(tx: Connection, times: int, now: datetime = b.NOW) -> None:
    for _ in range(times):
        breaker.lost(tx, now, b.CHANNEL)


def test_five_lost_answers_in_a_row_hold_the_channel_for_an_hour(tx: Connection) -> None:
    for _ in range(4):
        b.checking(tx)
    assert held_for(tx) is None
    b.checking(tx)
    assert held_for(tx) == b.HOUR


@pytest.mark.parametrize("event", [PostEvent.ACCEPTED, PostEvent.REFUSED, PostEvent.NOT_SENT])
def test_an_answer_of_any_kind_ends_the_row(tx: Connection, event: PostEvent) -> None:
    lose(tx, 4)
    b.settled(tx, event, remote_id="1" if event is PostEvent.ACCEPTED else "", note="no")
    lose(tx, 4)
    assert held_for(tx) is None


def test_each_further_lost_answer_waits_twice_as_long_and_a_day_at_most(tx: Connection) -> None:
    now, waits = b.NOW, []
    lose(tx, 4)
    for _ in range(7):
        lose(tx, 1, now)
        wait = held_for(tx, now)
        assert wait is not None
        waits.append(wait // b.HOUR)
        now += wait
        assert held_for(tx, now) is None, "it lets go by itself"
    assert waits == [1, 2, 4, 8, 16, 24, 24]


def test_a_person_who_resumes_gives_it_five_tries_anew(tx: Connection) -> None:
    lose(tx, 5)
    operations.resume(tx, b.NOW, local("anne"), Scope.CHANNEL, b.CHANNEL)
    lose(tx, 4)
    assert held_for(tx) is None
    lose(tx, 1)
    assert held_for(tx) == b.HOUR


def test_one_channels_breaker_holds_no_other(tx: Connection) -> None:
    lose(tx, 5)
    assert [hold.target for hold in holds.active(tx, b.NOW)] == [b.CHANNEL]
