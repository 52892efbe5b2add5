"""Claim, intend, settle: what stands against a post, who wins a race, and what an answer may prove."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.item import Reason, Scope
from content_queue.lifecycle import PostEvent, PostState
from content_queue.operations import channels, holds, judgement, listing, looks, planning, posts, publishing
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
    in_state,
    message,
    pace,
    planned,
    published,
    sending,
    settled,
    uncertain,
    words,
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


def try_claim(tx: Connection, now: object = NOW, /, **more: object) -> publishing.Claim:
    moment = now if isinstance(now, type(NOW)) else NOW
    return publishing.claim(tx, moment, replace(pace(now=moment), **more), "w1")  # type: ignore[arg-type]  # fields of Pace


def why(claim: publishing.Claim) -> str:
    return str(claim.waiting[0][1]) if claim.waiting else ""


def evidence(tx: Connection, post: int) -> list[tuple[str, str, str]]:
    rows = tx.execute(sa.select(t.attempt).where(t.attempt.c.post == post).order_by(t.attempt.c.id))
    return [(row.step, row.outcome, row.remote_id) for row in rows]


def column(tx: Connection, post: int, name: str) -> object:
    return tx.execute(sa.select(t.post.c[name]).where(t.post.c.id == post)).scalar()


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


@pytest.mark.parametrize(("stand", "reason"), [*AGAINST.items()])
def test_the_intent_asks_every_condition_again(
    tx: Connection, stand: Callable[[Connection, Post], Pace], reason: str
) -> None:
    mine = claimed(tx)
    other_claims = stand in {stands_another_on_the_wire, stands_a_gap, stands_the_daily_limit}
    if other_claims:  # another channel's worker cannot be in our way: act as if this one had just begun
        tx.execute(sa.update(t.post).where(t.post.c.id == mine.id).values(state="planned"))
    now_pace = stand(tx, mine)
    if other_claims:
        tx.execute(sa.update(t.post).where(t.post.c.id == mine.id).values(state="claimed"))
    with pytest.raises(LostRaceError, match=reason):
        publishing.intend(tx, NOW, mine, BODY, mine.key, now_pace)
    assert post_by_id(tx, mine.id).state is PostState.CLAIMED
    assert ("intent", "intend", "") not in evidence(tx, mine.id)


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


# Claimed


def test_a_given_back_post_waits_until_then_under_a_new_key_and_its_late_deadline_moves(
    tx: Connection,
) -> None:
    mine = claimed(tx)
    publishing.give_back(tx, NOW, mine, Reason("processing"), NOW + HOUR)
    back = post_by_id(tx, mine.id)
    assert (back.state, back.not_before, back.late_at) == (PostState.PLANNED, NOW + HOUR, NOW + HOUR + LATE)
    assert back.key != mine.key
    assert try_claim(tx, NOW + HOUR - SECOND).post is None
    assert try_claim(tx, NOW + HOUR).post is not None


def test_what_can_never_be_prepared_fails_with_its_reason(tx: Connection) -> None:
    mine = claimed(tx)
    publishing.cannot(tx, NOW, mine, "the picture is too large")
    failed = post_by_id(tx, mine.id)
    assert (failed.state, failed.error, failed.attempts) == (PostState.FAILED, "the picture is too large", 0)


def test_progress_is_kept_under_the_fence_only(tx: Connection) -> None:
    mine = claimed(tx)
    publishing.save_progress(tx, mine, {"media": "7"})
    assert post_by_id(tx, mine.id).progress == {"media": "7"}
    publishing.end_leases(tx, NOW, "w2")
    with pytest.raises(LostRaceError, match="was taken over"):
        publishing.save_progress(tx, mine, {"media": "8"})
    assert post_by_id(tx, mine.id).progress == {"media": "7"}


def act_hold(tx: Connection, _: Post) -> None:
    holds.hold(tx, NOW, "anne", Scope.EVERYTHING, "", "stop")


def act_edit(tx: Connection, mine: Post) -> None:
    judgement.edit(tx, NOW, "anne", item_by_id(tx, mine.item), [words("Mieux dit")])


def act_edit_and_approve(tx: Connection, mine: Post) -> None:
    act_edit(tx, mine)
    judgement.approve(tx, NOW, "anne", item_by_id(tx, mine.item), [message()], not_before=NOW)


def act_withdraw(tx: Connection, mine: Post) -> None:
    assert judgement.withdraw(tx, NOW, "anne", item_by_id(tx, mine.item)) == []


def act_withdraw_and_reopen(tx: Connection, mine: Post) -> None:
    act_withdraw(tx, mine)
    judgement.reopen(tx, NOW, "anne", item_by_id(tx, mine.item))


def act_cancel(tx: Connection, mine: Post) -> None:
    posts.cancel(tx, NOW, "anne", mine)


def act_skip(tx: Connection, mine: Post) -> None:
    posts.skip(tx, NOW, "anne", mine)


def act_end_lease(tx: Connection, _: Post) -> None:
    publishing.end_leases(tx, NOW, "w2")


def act_expire(tx: Connection, mine: Post) -> None:
    judgement.expire(tx, NOW, item_by_id(tx, mine.item), Reason("its time is over"))


def act_withdraw_after_the_intent(tx: Connection, mine: Post) -> None:
    judgement.withdraw(tx, NOW, "anne", item_by_id(tx, mine.item))


ACTS = [
    act_hold,
    act_edit,
    act_edit_and_approve,
    act_withdraw,
    act_withdraw_and_reopen,
    act_cancel,
    act_skip,
    act_end_lease,
    act_expire,
]


@pytest.mark.parametrize("act", ACTS)
def test_stop_withdraw_and_edit_win_until_the_intent(
    tx: Connection, act: Callable[[Connection, Post], None]
) -> None:
    mine = claimed(tx)
    act(tx, mine)
    with pytest.raises(LostRaceError):
        publishing.intend(tx, NOW, mine, BODY, mine.key, pace())
    assert post_by_id(tx, mine.id).state is not PostState.SENDING
    assert evidence(tx, mine.id) == []


@pytest.mark.parametrize("act", [act_edit, act_withdraw, act_expire])
def test_after_the_intent_it_can_only_be_recalled(
    tx: Connection, act: Callable[[Connection, Post], None]
) -> None:
    mine = sending(tx)
    if act is act_withdraw:
        assert judgement.withdraw(tx, NOW, "anne", item_by_id(tx, mine.item)) == [mine.id]
    else:
        act(tx, mine)
    assert post_by_id(tx, mine.id).state is PostState.SENDING


@pytest.mark.parametrize("act", [act_edit, act_edit_and_approve, act_withdraw_after_the_intent, act_expire])
def test_what_was_changed_while_it_was_being_sent_and_was_not_sent_leaves_the_plan(
    tx: Connection, act: Callable[[Connection, Post], None]
) -> None:
    mine = sending(tx)
    act(tx, mine)
    publishing.settle(tx, NOW, mine, Outcome(PostEvent.NOT_SENT, "429"))
    assert post_by_id(tx, mine.id).state is PostState.CANCELLED
    assert column(tx, mine.id, "holds_round") is False


# The intent


def test_the_intent_keeps_bytes_key_and_cost_before_the_request(tx: Connection) -> None:
    mine = claimed(tx)
    sent = publishing.intend(tx, NOW, mine, BODY, "the-networks-key", pace())
    assert (sent.state, sent.frozen, sent.key) == (PostState.SENDING, BODY, "the-networks-key")
    assert (sent.requests, sent.attempts, sent.unproven, sent.first_sent_at) == (1, 1, 1, NOW)
    assert column(tx, mine.id, "out_at") == NOW
    assert evidence(tx, mine.id) == [("intent", "intend", "")]


def test_a_post_is_intended_once(tx: Connection) -> None:
    mine = claimed(tx)
    publishing.intend(tx, NOW, mine, BODY, mine.key, pace())
    with pytest.raises(LostRaceError):
        publishing.intend(tx, NOW, mine, BODY, mine.key, pace())
    assert post_by_id(tx, mine.id).attempts == 1


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


# Fences and late receipts


def test_a_stale_workers_answer_changes_no_state_but_is_written_down(tx: Connection) -> None:
    stale = sending(tx)
    publishing.end_leases(tx, NOW, "w2")
    publishing.settle(tx, NOW, stale, Outcome(PostEvent.REFUSED, "no"))
    assert post_by_id(tx, stale.id).state is PostState.CHECKING
    assert evidence(tx, stale.id)[-1] == ("create", "refused", "")


RECEIVING = [
    PostState.PLANNED,
    PostState.CLAIMED,
    PostState.FAILED,
    PostState.CHECKING,
    PostState.UNCERTAIN,
    PostState.CANCELLED,
    PostState.MISSED,
]


@pytest.mark.parametrize("state", RECEIVING)
def test_a_late_receipt_makes_a_post_published_whatever_it_was_thought_to_be(
    tx: Connection, state: PostState
) -> None:
    post = in_state(tx, state)
    stale = replace(post, fence=post.fence - 1)
    publishing.settle(tx, NOW, stale, Outcome(PostEvent.ACCEPTED, "", "r7", "https://x.test/r7"))
    found = post_by_id(tx, post.id)
    assert (found.state, found.remote_id, found.look_at) == (PostState.PUBLISHED, "r7", None)
    assert found.unproven == 1
    assert column(tx, post.id, "out_at") == NOW
    assert column(tx, post.id, "holds_round") is True
    assert evidence(tx, post.id)[-1] == ("create", "accepted", "r7")


def test_a_late_receipt_is_known_by_its_key(tx: Connection) -> None:
    post = sending(tx, key="tid-1")
    publishing.settle(tx, NOW, post, Outcome(PostEvent.UNKNOWN, "no answer"))
    publishing.late_receipt(tx, NOW + HOUR, "tid-1", "r1", "https://x.test/r1")
    publishing.late_receipt(tx, NOW + HOUR, "never-heard-of", "r2", "")
    found = post_by_id(tx, post.id)
    assert (found.state, found.remote_id) == (PostState.PUBLISHED, "r1")
    assert column(tx, post.id, "out_at") == NOW


def test_a_second_receipt_is_kept_and_changes_nothing(tx: Connection) -> None:
    out = published(tx)
    publishing.settle(tx, NOW, out, Outcome(PostEvent.ACCEPTED, "", "r2", ""))
    assert post_by_id(tx, out.id) == out
    assert evidence(tx, out.id)[-1] == ("create", "accepted", "r2")


def test_a_receipt_that_came_while_a_successor_was_sending_wins_when_that_ends(tx: Connection) -> None:
    first = sending(tx, key="k1")
    publishing.settle(tx, NOW, first, Outcome(PostEvent.UNKNOWN, "no answer"))
    looks.cannot_tell(tx, NOW, post_by_id(tx, first.id), looks.LookRules(0, MINUTE))
    posts.answer_resend(tx, NOW, "anne", post_by_id(tx, first.id))
    claim = try_claim(tx)
    assert claim.post is not None
    second = publishing.intend(tx, NOW, claim.post, BODY, "k2", pace())
    publishing.late_receipt(tx, NOW, "k1", "r1", "")
    assert post_by_id(tx, first.id).state is PostState.SENDING
    publishing.settle(tx, NOW, second, Outcome(PostEvent.NOT_SENT, "429"))
    found = post_by_id(tx, first.id)
    assert (found.state, found.remote_id) == (PostState.PUBLISHED, "r1")


def test_a_receipt_for_a_round_that_was_planned_anew_cancels_the_new_post(tx: Connection) -> None:
    missed = in_state(tx, PostState.MISSED)
    [number] = planning.write_down(tx, NOW, [choice(missed.item)], LATE, budget=None, spent=0)
    publishing.settle(tx, NOW, missed, Outcome(PostEvent.ACCEPTED, "", "r1", ""))
    assert post_by_id(tx, missed.id).state is PostState.PUBLISHED
    assert post_by_id(tx, number).state is PostState.CANCELLED


def test_when_both_of_a_round_are_out_both_are_known(tx: Connection) -> None:
    missed = in_state(tx, PostState.MISSED)
    [number] = planning.write_down(tx, NOW, [choice(missed.item)], LATE, budget=None, spent=0)
    claim = try_claim(tx)
    assert claim.post is not None
    publishing.intend(tx, NOW, claim.post, BODY, "k2", pace())
    publishing.settle(tx, NOW, missed, Outcome(PostEvent.ACCEPTED, "", "r1", ""))
    states = {post.id: post.state for post in listing.posts_of_item(tx, missed.item)}
    assert states == {missed.id: PostState.PUBLISHED, number: PostState.SENDING}


# Leases


def test_a_restart_gives_back_what_was_claimed(tx: Connection) -> None:
    here = claimed(tx)
    left = publishing.end_leases(tx, NOW, "w2")
    assert [post.id for post in left] == [here.id]
    back = post_by_id(tx, here.id)
    assert (back.state, back.fence, back.lease_losses) == (PostState.PLANNED, here.fence + 1, 1)
    assert back.key != here.key


def test_what_was_being_sent_at_a_restart_is_looked_for_when_the_network_can_show_it(tx: Connection) -> None:
    post = sending(tx)
    publishing.end_leases(tx, NOW + SECOND, "w2", {CHANNEL: 90 * SECOND})
    after = post_by_id(tx, post.id)
    assert (after.state, after.look_at, after.fence) == (
        PostState.CHECKING,
        NOW + 90 * SECOND,
        post.fence + 1,
    )
    assert after.lease_losses == 0


def test_a_look_that_a_restart_cut_short_is_taken_up_at_once(tx: Connection) -> None:
    post = settled(tx, PostEvent.UNKNOWN)
    looks.take(tx, post, "w1", NOW + 2 * MINUTE)
    publishing.end_leases(tx, NOW + SECOND, "w2")
    assert [due.id for due in looks.due(tx, NOW + SECOND)] == [post.id]


def test_a_look_that_waits_its_turn_is_not_brought_forward_by_a_restart(tx: Connection) -> None:
    post = settled(tx, PostEvent.UNKNOWN, look_after=MINUTE)
    publishing.end_leases(tx, NOW + SECOND, "w2")
    assert looks.due(tx, NOW + SECOND) == []
    assert [due.id for due in looks.due(tx, NOW + MINUTE)] == [post.id]


def test_a_workers_own_leases_are_left_alone(tx: Connection) -> None:
    mine = claimed(tx, "w1")
    assert publishing.end_leases(tx, NOW, "w1") == []
    assert post_by_id(tx, mine.id).state is PostState.CLAIMED


def lose_lease(tx: Connection, times: int) -> Post:
    made = planned(tx)
    for _ in range(times):
        assert try_claim(tx).post is not None
        publishing.end_leases(tx, NOW, "w2")
    return post_by_id(tx, made.id)


def test_a_claim_that_kills_its_worker_three_times_in_a_row_fails(tx: Connection) -> None:
    post = lose_lease(tx, 3)
    assert post.state is PostState.FAILED
    assert post.error == "its worker was stopped 3 times in a row while it prepared this post"


def test_a_give_back_starts_the_count_of_lost_leases_anew(tx: Connection) -> None:
    lose_lease(tx, 2)
    claim = try_claim(tx)
    assert claim.post is not None
    publishing.give_back(tx, NOW, claim.post, Reason("later"), NOW)
    for _ in range(2):
        assert try_claim(tx).post is not None
        publishing.end_leases(tx, NOW, "w2")
    assert post_by_id(tx, claim.post.id).state is PostState.PLANNED


# Rounds


@pytest.mark.parametrize("state", [s for s in RECEIVING if s not in {PostState.CANCELLED, PostState.MISSED}])
def test_one_post_per_item_channel_and_round(tx: Connection, state: PostState) -> None:
    post = in_state(tx, state)
    assert planning.write_down(tx, NOW, [choice(post.item)], LATE, budget=None, spent=0) == []
    columns = [c for c in t.post.c if c.name != "id"]
    copy = tx.execute(sa.select(*columns).where(t.post.c.id == post.id)).one()
    with pytest.raises(sa.exc.IntegrityError):
        tx.execute(sa.insert(t.post).values(dict(copy._mapping)))  # noqa: SLF001  SQLAlchemy's way to names


def test_a_dropped_uncertain_post_keeps_its_round(tx: Connection) -> None:
    post = uncertain(tx)
    posts.answer_drop(tx, NOW, "anne", post)
    assert post_by_id(tx, post.id).state is PostState.CANCELLED
    assert planning.write_down(tx, NOW, [choice(post.item)], LATE, budget=None, spent=0) == []


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
    assert publishing.gap_over(tx, CHANNEL, HOUR) is None
    published(tx)
    assert publishing.gap_over(tx, CHANNEL, HOUR) == NOW + HOUR
    assert publishing.gap_over(tx, "t-fr", timedelta(0)) is None
