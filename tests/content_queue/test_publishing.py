"""Settling: what an answer may prove, and how long a channel waits after it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from content_queue.item import Reason, Scope
from content_queue.lifecycle import PostEvent, PostState
from content_queue.operations import channels, holds, looks, overview, planning, posts, publishing
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import post_by_id
from tests.content_queue.builders import (
    CHANNEL,
    DAY,
    HOUR,
    LATE,
    MINUTE,
    NOW,
    SECOND,
    choice,
    claimed,
    column,
    evidence,
    message,
    planned,
    published,
    sending,
    settled,
    try_claim,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


# Settling


def test_an_accepted_post_is_published_with_its_receipt(tx: Connection) -> None:
    out = published(tx)
    assert (out.state, out.remote_id, out.remote_url, out.published_at) == (
        PostState.PUBLISHED,
        "r1",
        "https://x.test/r1",
        NOW,
    )
    assert evidence(tx, out.id) == [("intent", "intend", ""), ("create", "accepted", "r1")]
    assert channels.condition(tx, CHANNEL).troubles == 0


def test_accepted_without_an_id_proves_nothing(tx: Connection) -> None:
    post = settled(tx, PostEvent.ACCEPTED)
    assert (post.state, post.error) == (PostState.CHECKING, "accepted, but without an id")


def test_not_sent_goes_back_to_the_plan_as_if_never_sent(tx: Connection) -> None:
    first = sending(tx)
    publishing.settle(tx, NOW, first, Outcome(PostEvent.NOT_SENT, "429", after=HOUR))
    back = post_by_id(tx, first.id)
    assert back.state is PostState.PLANNED
    assert back.key not in {"", first.key}
    assert (back.requests, back.unproven, back.first_sent_at, back.attempts) == (0, 0, None, 1)
    assert column(tx, back.id, "out_at") is None
    assert (back.not_before, back.late_at) == (NOW + HOUR, NOW + HOUR + LATE)
    assert channels.condition(tx, CHANNEL).wait_until == NOW + HOUR


def test_not_sent_and_then_withdrawn_gives_the_round_back(tx: Connection) -> None:
    back = settled(tx, PostEvent.NOT_SENT, note="no route")
    posts.skip(tx, NOW, "anne", back)
    assert column(tx, back.id, "holds_round") is False


def test_refused_fails_with_the_networks_words_and_nothing_counts_as_out(tx: Connection) -> None:
    failed = settled(tx, PostEvent.REFUSED, note="duplicate content")
    assert (failed.state, failed.error, failed.unproven) == (PostState.FAILED, "duplicate content", 0)
    assert column(tx, failed.id, "out_at") is None
    assert column(tx, failed.id, "holds_round") is True
    assert planning.write_down(tx, NOW, [choice(failed.item)], LATE, budget=None, spent=0) == []


def test_locked_out_holds_the_channel_and_keeps_its_posts(tx: Connection) -> None:
    post = settled(tx, PostEvent.LOCKED_OUT, note="401: sign in again")
    assert post.state is PostState.PLANNED
    assert [(h.scope, h.target, h.reason, h.until) for h in holds.active(tx, NOW)] == [
        (Scope.CHANNEL, CHANNEL, "401: sign in again", None)
    ]
    assert try_claim(tx, NOW + DAY).post is None
    assert post_by_id(tx, post.id).state is PostState.PLANNED


def test_a_wait_of_more_than_a_day_holds_the_channel_until_then(tx: Connection) -> None:
    post = settled(tx, PostEvent.NOT_SENT, note="daily limit", after=2 * DAY)
    assert [(h.scope, h.until) for h in holds.active(tx, NOW)] == [(Scope.CHANNEL, NOW + 2 * DAY)]
    assert try_claim(tx, NOW + 2 * DAY - SECOND).post is None
    claim = try_claim(tx, NOW + 2 * DAY)
    assert claim.post is not None
    assert claim.post.id == post.id


@pytest.mark.parametrize("event", [PostEvent.NOT_SENT, PostEvent.REFUSED, PostEvent.LOCKED_OUT])
def test_a_no_on_a_later_request_proves_nothing(tx: Connection, event: PostEvent) -> None:
    again = looks.not_found(tx, NOW, settled(tx, PostEvent.UNKNOWN), KEYED)
    assert again is not None
    assert again.requests == 2
    publishing.settle(tx, NOW, again, Outcome(event, "no", after=HOUR, look_after=MINUTE))
    post = post_by_id(tx, again.id)
    assert (post.state, post.unproven, post.look_at) == (PostState.CHECKING, 1, NOW + MINUTE)
    assert channels.condition(tx, CHANNEL).wait_until == NOW + HOUR  # but the network's wait is heeded


KEYED = looks.LookRules(looks=1, between=MINUTE, resend=True)


def test_unknown_is_looked_for_after_the_networks_time(tx: Connection) -> None:
    post = settled(tx, PostEvent.UNKNOWN, note="reset", look_after=90 * SECOND)
    assert (post.state, post.look_at, post.error) == (PostState.CHECKING, NOW + 90 * SECOND, "reset")
    assert looks.due(tx, NOW + 89 * SECOND) == []
    assert [found.id for found in looks.due(tx, NOW + 90 * SECOND)] == [post.id]


def test_our_own_waits_double_up_to_an_hour_and_start_anew_after_a_success(tx: Connection) -> None:
    moment, waits = NOW, []
    for _ in range(9):
        until = channels.trouble(tx, moment, CHANNEL, "busy")
        waits.append(until - moment)
        moment = until
    assert waits[:3] == [30 * SECOND, MINUTE, 2 * MINUTE]
    assert waits[-1] == HOUR
    channels.well(tx, CHANNEL)
    assert channels.trouble(tx, moment, CHANNEL, "busy") == moment + 30 * SECOND


def test_a_shorter_wait_never_ends_a_longer_one(tx: Connection) -> None:
    channels.trouble(tx, NOW, CHANNEL, "429", HOUR)
    channels.trouble(tx, NOW, CHANNEL, "busy", MINUTE)
    channels.well(tx, CHANNEL)  # an older post was found meanwhile: that ends no wait
    assert channels.condition(tx, CHANNEL).wait_until == NOW + HOUR


def test_the_channel_remembers_since_when_it_is_in_trouble(tx: Connection) -> None:
    channels.trouble(tx, NOW, CHANNEL, "first")
    channels.trouble(tx, NOW + HOUR, CHANNEL, "second")
    known = channels.condition(tx, CHANNEL)
    assert (known.troubles, known.trouble, known.trouble_since) == (2, "second", NOW)


# What the worker asks to know when to wake


def test_the_worker_learns_which_channels_are_due_and_when_the_next_thing_happens(tx: Connection) -> None:
    assert publishing.next_due(tx, NOW) is None
    planned(tx, message("t-fr"), due_at=NOW + 3 * HOUR, now=NOW)
    assert publishing.next_due(tx, NOW) == NOW + 3 * HOUR
    planned(tx, due_at=NOW)
    assert publishing.due_channels(tx, NOW) == {CHANNEL}
    channels.trouble(tx, NOW, CHANNEL, "429", 2 * HOUR)
    assert publishing.next_due(tx, NOW) == NOW + 2 * HOUR
    holds.hold(tx, NOW, "anne", Scope.EVERYTHING, "", "pause", NOW + HOUR)
    assert publishing.next_due(tx, NOW) == NOW + HOUR


def test_the_worker_wakes_for_a_post_that_is_due_but_told_to_wait_and_for_a_look(tx: Connection) -> None:
    mine = claimed(tx)
    publishing.give_back(tx, NOW, mine, Reason("later"), NOW + HOUR)
    assert publishing.due_channels(tx, NOW) == set()
    assert publishing.next_due(tx, NOW) == NOW + HOUR
    sent = sending(tx)
    publishing.settle(tx, NOW, sent, Outcome(PostEvent.UNKNOWN, look_after=MINUTE))
    assert publishing.next_due(tx, NOW) == NOW + MINUTE


def test_the_gap_counts_from_the_last_post_that_left(tx: Connection) -> None:
    assert overview.gap_over(tx, CHANNEL, HOUR) is None
    published(tx)
    assert overview.gap_over(tx, CHANNEL, HOUR) == NOW + HOUR
    assert overview.gap_over(tx, "t-fr", timedelta(0)) is None
