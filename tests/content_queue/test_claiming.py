"""What stands against a post when its time has come, and when it is too late for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.item import Scope
from content_queue.lifecycle import PostEvent, PostState
from content_queue.operations import channels, holds, judgement, planning, posts, publishing
from content_queue.operations.conditions import CATCH_UP_GAP, STALE_AFTER
from content_queue.operations.moves import LostRaceError
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.store import tables as t
from tests.content_queue.builders import (
    BODY,
    CHANNEL,
    DAY,
    HOUR,
    LATE,
    MINUTE,
    NOW,
    SECOND,
    choice,
    claimed,
    evidence,
    in_state,
    message,
    pace,
    planned,
    published,
    sending,
    try_claim,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from content_queue.item import Post
    from content_queue.operations.conditions import Pace

SCOPES = [
    (Scope.EVERYTHING, ""),
    (Scope.CHANNEL, CHANNEL),
    (Scope.SOURCE, "feed"),
    (Scope.PARTNER, "Ève & Cie"),
    (Scope.TOPIC, "l’«IA»"),
]


# Claiming


def test_a_due_post_is_claimed_under_a_new_fence(tx: Connection) -> None:
    made = planned(tx)
    claim = try_claim(tx)
    assert claim.post is not None
    assert (claim.post.id, claim.post.state, claim.post.fence) == (made.id, PostState.CLAIMED, made.fence + 1)


def test_nothing_is_claimed_before_it_is_due(tx: Connection) -> None:
    planned(tx, due_at=NOW + SECOND, now=NOW)
    assert try_claim(tx) == publishing.Claim(None)
    assert try_claim(tx, NOW + SECOND).post is not None


def test_grace_keeps_a_post_back_after_its_slot(tx: Connection) -> None:
    made = planned(tx)
    tx.execute(sa.update(t.post).values(not_before=NOW + 10 * MINUTE))
    assert try_claim(tx, NOW + 9 * MINUTE).post is None
    assert try_claim(tx, NOW + 10 * MINUTE).post == replace(post_by_id(tx, made.id), state=PostState.CLAIMED)


def test_the_grace_of_a_fresh_approval_is_kept_and_moves_the_late_deadline(tx: Connection) -> None:
    made = planned(tx)
    item = item_by_id(tx, made.item)
    posts.skip(tx, NOW, "anne", made)
    judgement.approve(tx, NOW, "anne", item, [message("t-fr")], not_before=NOW + 10 * MINUTE)
    [number] = planning.write_down(tx, NOW, [choice(item.id, NOW)], LATE, budget=None, spent=0)
    post = post_by_id(tx, number)
    assert (post.not_before, post.late_at) == (NOW + 10 * MINUTE, NOW + 10 * MINUTE + LATE)


def test_the_earliest_due_goes_first_but_what_a_person_wants_now_before_it(tx: Connection) -> None:
    planned(tx, due_at=NOW - MINUTE)
    asked = planned(tx, due_at=NOW)
    planning.post_now(tx, NOW, "anne", asked.item, CHANNEL, LATE)
    claim = try_claim(tx)
    assert claim.post is not None
    assert claim.post.id == asked.id


@pytest.mark.parametrize(("scope", "target"), SCOPES)
def test_a_hold_of_any_scope_keeps_a_post_back(tx: Connection, scope: Scope, target: str) -> None:
    made = planned(tx, partner="Ève & Cie", topics=("l’«IA»", "autre"))
    holds.hold(tx, NOW, "anne", scope, target, "pause")
    assert why(try_claim(tx)) == "it is held"
    holds.lift(tx, NOW, "anne", scope, target)
    assert try_claim(tx).post == replace(post_by_id(tx, made.id), state=PostState.CLAIMED)


@pytest.mark.parametrize("scope", [Scope.ITEM, Scope.POST])
def test_an_item_and_a_post_can_be_held_alone(tx: Connection, scope: Scope) -> None:
    planned(tx, due_at=NOW - MINUTE)  # another item, so that the two ids differ
    posts.cancel(tx, NOW, "anne", post_by_id(tx, 1))
    planned(tx, message("other"))
    made = planned(tx)
    target = str(made.item if scope is Scope.ITEM else made.id)
    holds.hold(tx, NOW, "anne", scope, target, "dead link")
    assert why(try_claim(tx)) == "it is held"


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        (Scope.CHANNEL, "x-en"),
        (Scope.SOURCE, "fee_"),
        (Scope.PARTNER, ""),
        (Scope.TOPIC, "i_"),
        (Scope.TOPIC, "I"),
        (Scope.TOPIC, "%"),
        (Scope.ITEM, "11"),
        (Scope.POST, "11"),
    ],
)
def test_a_hold_on_something_else_keeps_nothing_back(tx: Connection, scope: Scope, target: str) -> None:
    planned(tx, topics=("ia",))
    holds.hold(tx, NOW, "anne", scope, target, "pause")
    assert try_claim(tx).post is not None


@pytest.mark.parametrize("topic", ['dit "le Grand"', "a\\b", "100 %", "été_25"])
def test_a_topic_with_any_character_can_be_held(tx: Connection, topic: str) -> None:
    planned(tx, topics=("x", topic))
    holds.hold(tx, NOW, "anne", Scope.TOPIC, topic, "pause")
    assert why(try_claim(tx)) == "it is held"


def test_a_hold_ends_by_itself_at_its_time(tx: Connection) -> None:
    planned(tx)
    holds.hold(tx, NOW, "anne", Scope.EVERYTHING, "", "pause", NOW + HOUR)
    assert try_claim(tx, NOW + HOUR - SECOND).post is None
    assert try_claim(tx, NOW + HOUR).post is not None


def stands_another_revision(tx: Connection, made: Post) -> Pace:
    tx.execute(sa.update(t.item).where(t.item.c.id == made.item).values(revision=7))
    return pace()


def stands_a_wait(tx: Connection, _: Post) -> Pace:
    channels.trouble(tx, NOW, CHANNEL, "429", HOUR)
    return pace()


def stands_another_on_the_wire(tx: Connection, made: Post) -> Pace:
    tx.execute(sa.update(t.post).where(t.post.c.id == made.id).values(due_at=NOW + HOUR))
    sending(tx)
    tx.execute(sa.update(t.post).where(t.post.c.id == made.id).values(due_at=NOW))
    return pace()


def stands_a_gap(tx: Connection, made: Post) -> Pace:
    one_went_out(tx, made)
    return replace(pace(), gap_since=NOW - MINUTE)


def stands_the_daily_limit(tx: Connection, made: Post) -> Pace:
    one_went_out(tx, made)
    return replace(pace(), daily_max=1)


def stands_the_budget(tx: Connection, made: Post) -> Pace:
    tx.execute(sa.update(t.post).where(t.post.c.id == made.id).values(cost=3))
    return replace(pace(), budget=2)


def stands_a_receipt(tx: Connection, made: Post) -> Pace:
    values = {"post": made.id, "at": NOW, "step": "create", "outcome": "accepted", "remote_id": "r9"}
    tx.execute(sa.insert(t.attempt).values(**values))
    return pace()


def one_went_out(tx: Connection, made: Post) -> None:
    tx.execute(sa.update(t.post).where(t.post.c.id == made.id).values(due_at=NOW + HOUR))
    published(tx)
    tx.execute(sa.update(t.post).where(t.post.c.id == made.id).values(due_at=NOW))


AGAINST = {
    stands_another_revision: "its item is not approved with these words",
    stands_a_receipt: "a receipt for it exists already",
    stands_a_wait: "the network asked this channel to wait",
    stands_another_on_the_wire: "another post of this channel is on its way",
    stands_a_gap: "the gap after the channel's last post is not over",
    stands_the_daily_limit: "the channel's limit for today is reached",
    stands_the_budget: "the channel's budget for this month is used up",
}


@pytest.mark.parametrize(("stand", "reason"), AGAINST.items())
def test_each_condition_alone_stands_against_a_claim(
    tx: Connection, stand: Callable[[Connection, Post], Pace], reason: str
) -> None:
    made = planned(tx)
    claim = publishing.claim(tx, NOW, stand(tx, made), "w1")
    assert claim.post is None
    assert [str(why) for _, why in claim.waiting] == [reason]


AT_THE_INTENT = {
    stand: reason for stand, reason in AGAINST.items() if stand is not stands_another_on_the_wire
}
"""While a claim has the wire, the database itself lets nobody else on it."""


@pytest.mark.parametrize(("stand", "reason"), AT_THE_INTENT.items())
def test_the_intent_asks_every_condition_again(
    tx: Connection, stand: Callable[[Connection, Post], Pace], reason: str
) -> None:
    mine = claimed(tx)
    other_claims = stand in {stands_a_gap, stands_the_daily_limit}
    if other_claims:  # another channel's worker cannot be in our way: act as if this one had just begun
        tx.execute(sa.update(t.post).where(t.post.c.id == mine.id).values(state="planned"))
    now_pace = stand(tx, mine)
    if other_claims:
        tx.execute(sa.update(t.post).where(t.post.c.id == mine.id).values(state="claimed"))
    with pytest.raises(LostRaceError, match=reason):
        publishing.intend(tx, NOW, mine, BODY, mine.key, now_pace)
    assert post_by_id(tx, mine.id).state is PostState.CLAIMED
    assert ("intent", "intend", "") not in evidence(tx, mine.id)


def test_the_database_itself_keeps_two_posts_off_a_wire(tx: Connection) -> None:
    waiting = planned(tx, due_at=NOW + HOUR)
    claimed(tx)
    two = sa.update(t.post).where(t.post.c.id == waiting.id).values(state="claimed")
    with pytest.raises(sa.exc.IntegrityError):
        tx.execute(two)


def test_after_an_outage_posts_are_caught_up_with_one_by_one(tx: Connection) -> None:
    published(tx, NOW - SECOND)
    planned(tx, due_at=NOW - STALE_AFTER - SECOND)
    assert why(try_claim(tx)) == "it is late, and the channel catches up one by one"
    assert try_claim(tx, NOW - SECOND + CATCH_UP_GAP).post is not None


def test_what_a_person_wants_now_waits_for_no_gap_and_no_daily_limit(tx: Connection) -> None:
    published(tx)
    made = planned(tx)
    planning.post_now(tx, NOW, "anne", made.item, CHANNEL, LATE)
    assert try_claim(tx, gap_since=NOW - HOUR, daily_max=1).post is not None


def test_the_days_count_is_the_local_days(tx: Connection) -> None:
    published(tx, NOW)
    planned(tx, due_at=NOW + HOUR)
    tomorrow = replace(pace(now=NOW + HOUR), daily_max=1, day_start=NOW + MINUTE, day_end=NOW + DAY)
    assert publishing.claim(tx, NOW + HOUR, tomorrow, "w1").post is not None


def test_a_free_post_goes_out_though_the_budget_is_used_up(tx: Connection) -> None:
    planned(tx, message(cost=0))
    assert try_claim(tx, budget=0).post is not None


def test_the_budget_counts_what_went_out_this_month(tx: Connection) -> None:
    first = sending(tx)
    tx.execute(sa.update(t.post).where(t.post.c.id == first.id).values(cost=30))
    publishing.settle(tx, NOW, first, Outcome(PostEvent.ACCEPTED, remote_id="r1"))
    planned(tx, message(cost=10), due_at=NOW)
    assert why(try_claim(tx, budget=39)) == "the channel's budget for this month is used up"
    assert try_claim(tx, budget=40).post is not None


def test_a_held_post_does_not_keep_the_next_one_back(tx: Connection) -> None:
    for minute in range(publishing.DUE_AT_A_TIME + 5):
        held = planned(tx, due_at=NOW - HOUR + minute * MINUTE)
        holds.hold(tx, NOW, "anne", Scope.POST, str(held.id), "dead link")
    free = planned(tx, due_at=NOW)
    claim = try_claim(tx)
    assert claim.post is not None
    assert claim.post.id == free.id


def test_channels_wait_for_themselves_only(tx: Connection) -> None:
    channels.trouble(tx, NOW, "t-fr", "429", HOUR)
    planned(tx, message("t-fr"))
    planned(tx)
    assert try_claim(tx).post is not None
    assert publishing.claim(tx, NOW, pace("t-fr"), "w1").post is None


# Late


def test_a_post_that_is_too_late_is_missed_and_gives_its_round_back(tx: Connection) -> None:
    made = planned(tx, due_at=NOW - LATE - SECOND)
    assert try_claim(tx).post is None
    assert post_by_id(tx, made.id).state is PostState.MISSED
    assert planning.write_down(tx, NOW, [choice(made.item)], LATE, budget=None, spent=0)


def test_a_post_is_good_until_its_late_deadline(tx: Connection) -> None:
    made = planned(tx, due_at=NOW - LATE)
    assert try_claim(tx).post == replace(post_by_id(tx, made.id), state=PostState.CLAIMED)


def test_lateness_stands_still_while_holds_last_and_counts_overlaps_once(tx: Connection) -> None:
    made = planned(tx, due_at=NOW)
    holds.hold(tx, NOW + HOUR, "anne", Scope.EVERYTHING, "", "pause")
    holds.hold(tx, NOW + 2 * HOUR, "anne", Scope.CHANNEL, CHANNEL, "second", NOW + 5 * HOUR)
    assert try_claim(tx, NOW + 3 * DAY).post is None
    assert post_by_id(tx, made.id).state is PostState.PLANNED
    holds.lift(tx, NOW + 4 * HOUR, "anne", Scope.EVERYTHING, "")  # held from 1 h to 5 h: four hours
    assert post_by_id(tx, made.id).state is PostState.PLANNED
    last = NOW + LATE + 4 * HOUR
    with_savepoint = tx.begin_nested()
    assert try_claim(tx, last).post is not None
    with_savepoint.rollback()
    assert try_claim(tx, last + SECOND).post is None
    assert post_by_id(tx, made.id).state is PostState.MISSED


def test_a_hold_before_the_slot_does_not_lengthen_it(tx: Connection) -> None:
    holds.hold(tx, NOW - DAY, "anne", Scope.EVERYTHING, "", "pause", NOW - HOUR)
    made = planned(tx, due_at=NOW)
    assert try_claim(tx, NOW + LATE + SECOND).post is None
    assert post_by_id(tx, made.id).state is PostState.MISSED


def test_a_retried_post_is_never_late(tx: Connection) -> None:
    failed = in_state(tx, PostState.FAILED)
    posts.retry(tx, NOW, "anne", failed)
    assert try_claim(tx, NOW + 30 * DAY).post is not None
