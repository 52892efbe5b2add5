"""Between claim and intent: stop, withdraw and edit win every race until the last byte could leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from content_queue.item import Reason, Scope
from content_queue.lifecycle import PostEvent, PostState
from content_queue.operations import holds, judgement, posts, publishing
from content_queue.operations.moves import LostRaceError
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import item_by_id, post_by_id
from tests.content_queue.builders import (
    BODY,
    HOUR,
    LATE,
    NOW,
    SECOND,
    claimed,
    column,
    end_leases,
    evidence,
    message,
    pace,
    sending,
    try_claim,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

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
    end_leases(tx, NOW, "w2")
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
    end_leases(tx, NOW, "w2")


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


def test_a_stop_wins_though_the_worker_read_its_clock_before_it(tx: Connection) -> None:
    mine = claimed(tx)
    holds.hold(tx, NOW + SECOND, "anne", Scope.EVERYTHING, "", "stop")
    with pytest.raises(LostRaceError, match="held"):
        publishing.intend(tx, NOW, mine, BODY, mine.key, pace())


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
