"""Fences, late receipts, lost leases and rounds: evidence wins, and one round is used once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import PostEvent, PostState
from content_queue.operations import listing, looks, planning, posts, publishing
from content_queue.operations.looks import LookRules
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import post_by_id
from content_queue.store import tables as t
from tests.content_queue.builders import (
    BODY,
    CHANNEL,
    HOUR,
    LATE,
    MINUTE,
    NOW,
    SECOND,
    choice,
    claimed,
    column,
    end_leases,
    evidence,
    in_state,
    pace,
    planned,
    published,
    sending,
    settled,
    try_claim,
    uncertain,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from content_queue.item import Post

# Fences and late receipts


def test_a_stale_workers_answer_changes_no_state_but_is_written_down(tx: Connection) -> None:
    stale = sending(tx)
    end_leases(tx, NOW, "w2")
    publishing.settle(tx, NOW, stale, Outcome(PostEvent.REFUSED, "no"))
    assert post_by_id(tx, stale.id).state is PostState.CHECKING
    assert evidence(tx, stale.id)[-1] == ("create", "refused", "")


@pytest.mark.parametrize("event", [PostEvent.UNKNOWN, PostEvent.NOT_SENT, PostEvent.REFUSED])
def test_a_stale_workers_answer_says_nothing_about_its_successors_request(
    tx: Connection, event: PostEvent
) -> None:
    stale = sending(tx)
    [post] = end_leases(tx, NOW, "w2")
    taken = looks.take(tx, post_by_id(tx, post.id), "w2", NOW)
    again = looks.not_found(tx, NOW, taken, LookRules(looks=1, between=MINUTE, resend=True))
    assert again is not None
    publishing.settle(tx, NOW, stale, Outcome(event, "no"))
    assert post_by_id(tx, stale.id) == again


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
    left = end_leases(tx, NOW, "w2")
    assert [post.id for post in left] == [here.id]
    back = post_by_id(tx, here.id)
    assert (back.state, back.fence, back.lease_losses) == (PostState.PLANNED, here.fence + 1, 1)
    assert back.key != here.key


def test_what_was_being_sent_at_a_restart_is_looked_for_when_the_network_can_show_it(tx: Connection) -> None:
    post = sending(tx)
    end_leases(tx, NOW + SECOND, "w2", {CHANNEL: 90 * SECOND})
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
    end_leases(tx, NOW + SECOND, "w2")
    assert [due.id for due in looks.due(tx, NOW + SECOND)] == [post.id]


def test_a_look_that_waits_its_turn_is_not_brought_forward_by_a_restart(tx: Connection) -> None:
    post = settled(tx, PostEvent.UNKNOWN, look_after=MINUTE)
    end_leases(tx, NOW + SECOND, "w2")
    assert looks.due(tx, NOW + SECOND) == []
    assert [due.id for due in looks.due(tx, NOW + MINUTE)] == [post.id]


def test_a_workers_own_leases_are_left_alone(tx: Connection) -> None:
    mine = claimed(tx, "w1")
    assert end_leases(tx, NOW, "w1") == []
    assert post_by_id(tx, mine.id).state is PostState.CLAIMED


def lose_lease(tx: Connection, times: int) -> Post:
    made = planned(tx)
    for _ in range(times):
        assert try_claim(tx).post is not None
        end_leases(tx, NOW, "w2")
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
        end_leases(tx, NOW, "w2")
    assert post_by_id(tx, claim.post.id).state is PostState.PLANNED


def test_a_claim_that_came_to_its_intent_starts_the_count_of_lost_leases_anew(tx: Connection) -> None:
    lose_lease(tx, 2)
    claim = try_claim(tx)
    assert claim.post is not None
    sent = publishing.intend(tx, NOW, claim.post, BODY, "k", pace())
    publishing.settle(tx, NOW, sent, Outcome(PostEvent.NOT_SENT, "429", after=MINUTE))
    assert try_claim(tx, NOW + MINUTE).post is not None
    end_leases(tx, NOW, "w2")
    assert post_by_id(tx, sent.id).state is PostState.PLANNED


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
