"""Reading back: what a look may do, what it may never do, and what a person's answer does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.item import Scope
from content_queue.lifecycle import ImpossibleStepError, PostEvent, PostState
from content_queue.operations import channels, holds, judgement, looks, planning, posts, publishing
from content_queue.operations.looks import LONGEST_CHECK, LookRules
from content_queue.operations.moves import LostRaceError
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.store import tables as t
from tests.content_queue.builders import (
    ASK,
    BODY,
    CHANNEL,
    DAY,
    HOUR,
    KEYED,
    LATE,
    MINUTE,
    NOW,
    SECOND,
    checking,
    choice,
    in_state,
    message,
    pace,
    planned,
    published,
    sending,
    uncertain,
    words,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

FOR_EVER = LookRules(looks=1, between=MINUTE, resend=True)


def state(tx: Connection, post: Post) -> PostState:
    return post_by_id(tx, post.id).state


def look_and_see_nothing(tx: Connection, post: Post, now: datetime, rules: LookRules) -> Post | None:
    taken = looks.take(tx, post_by_id(tx, post.id), "w1", now + MINUTE)
    return looks.not_found(tx, now, taken, rules)


def test_a_look_is_taken_by_one_worker_only(tx: Connection) -> None:
    post = checking(tx)
    taken = looks.take(tx, post, "w1", NOW + 2 * MINUTE)
    with pytest.raises(LostRaceError, match="was taken over"):
        looks.take(tx, post, "w2", NOW + 2 * MINUTE)
    assert looks.due(tx, NOW + 2 * MINUTE - SECOND) == []
    assert looks.due(tx, NOW + 2 * MINUTE) == [taken]  # its worker died: another may look


def test_the_looks_come_between_apart_and_then_a_person_is_asked(tx: Connection) -> None:
    post = checking(tx)
    assert look_and_see_nothing(tx, post, NOW, ASK) is None
    assert state(tx, post) is PostState.CHECKING
    assert looks.due(tx, NOW + MINUTE - SECOND) == []
    assert look_and_see_nothing(tx, post, NOW + MINUTE, ASK) is None
    asked = post_by_id(tx, post.id)
    assert (asked.state, asked.look_at, asked.requests) == (PostState.UNCERTAIN, None, 1)


def test_a_look_that_finds_it_publishes_it(tx: Connection) -> None:
    post = checking(tx)
    taken = looks.take(tx, post, "w1", NOW + MINUTE)
    looks.found(tx, NOW + MINUTE, taken, "r3", "https://x.test/r3")
    found = post_by_id(tx, post.id)
    assert (found.state, found.remote_id, found.remote_url) == (
        PostState.PUBLISHED,
        "r3",
        "https://x.test/r3",
    )
    assert (found.published_at, found.look_at) == (NOW + MINUTE, None)


def test_what_a_stale_look_finds_counts_too(tx: Connection) -> None:
    post = checking(tx)
    stale = looks.take(tx, post, "w1", NOW)
    looks.take(tx, stale, "w2", NOW + MINUTE)
    looks.found(tx, NOW, stale, "r3", "")
    assert state(tx, post) is PostState.PUBLISHED


def test_the_other_posts_receipts_are_known_to_a_look(tx: Connection) -> None:
    published(tx)
    planned(tx, message("t-fr"))
    post = checking(tx)
    assert looks.known_ids(tx, post) == {"r1"}
    assert looks.known_ids(tx, replace(post, channel="t-fr")) == frozenset()


# Sending again under the same key


def test_a_keyed_network_gets_the_same_bytes_under_the_same_key(tx: Connection) -> None:
    post = checking(tx)
    again = look_and_see_nothing(tx, post, NOW + MINUTE, KEYED)
    assert again is not None
    assert (again.state, again.frozen, again.key) == (PostState.SENDING, BODY, post.key)
    assert (again.requests, again.attempts, again.unproven) == (2, 2, 1)
    assert again.fence > post.fence


def test_nothing_is_sent_again_once_the_network_may_have_forgotten_the_key(tx: Connection) -> None:
    post = checking(tx)
    assert look_and_see_nothing(tx, post, NOW + 30 * MINUTE, KEYED) is None
    assert state(tx, post) is PostState.UNCERTAIN


def test_a_network_that_never_forgets_may_get_it_again_any_time(tx: Connection) -> None:
    assert look_and_see_nothing(tx, checking(tx), NOW + 40 * DAY, FOR_EVER) is not None


def test_nothing_is_sent_again_where_the_rules_do_not_say_so(tx: Connection) -> None:
    post = checking(tx)
    assert look_and_see_nothing(tx, post, NOW, LookRules(looks=1, between=MINUTE)) is None
    assert state(tx, post) is PostState.UNCERTAIN


def test_a_withdrawn_item_is_never_sent_again_by_itself(tx: Connection) -> None:
    post = checking(tx)
    judgement.withdraw(tx, NOW, "anne", item_by_id(tx, post.item))
    assert look_and_see_nothing(tx, post, NOW, FOR_EVER) is None
    assert state(tx, post) is PostState.UNCERTAIN


def test_an_edited_item_is_never_sent_again_with_its_old_words(tx: Connection) -> None:
    post = checking(tx)
    judgement.edit(tx, NOW, "anne", item_by_id(tx, post.item), [words("Mieux dit")])
    assert look_and_see_nothing(tx, post, NOW, FOR_EVER) is None
    assert state(tx, post) is PostState.UNCERTAIN


def test_a_hold_delays_sending_again_and_after_a_day_a_person_is_asked(tx: Connection) -> None:
    post = checking(tx)
    holds.hold(tx, NOW, "anne", Scope.EVERYTHING, "", "stop")
    assert look_and_see_nothing(tx, post, NOW, FOR_EVER) is None
    waiting = post_by_id(tx, post.id)
    assert (waiting.state, waiting.look_at) == (PostState.CHECKING, NOW + MINUTE)
    assert look_and_see_nothing(tx, post, NOW + DAY + SECOND, FOR_EVER) is None
    assert state(tx, post) is PostState.UNCERTAIN


def test_a_waiting_channel_gets_nothing_again_before_its_time(tx: Connection) -> None:
    post = checking(tx)
    channels.trouble(tx, NOW, CHANNEL, "429", HOUR)
    assert look_and_see_nothing(tx, post, NOW + HOUR - SECOND, FOR_EVER) is None
    assert look_and_see_nothing(tx, post, NOW + HOUR, FOR_EVER) is not None


def test_nothing_is_sent_again_while_another_post_of_the_channel_is_on_its_way(tx: Connection) -> None:
    post = checking(tx)
    other = sending(tx)
    soon = replace(FOR_EVER, between=SECOND)
    assert look_and_see_nothing(tx, post, NOW, soon) is None
    assert post_by_id(tx, post.id).look_at == NOW + SECOND
    publishing.settle(tx, NOW, other, Outcome(PostEvent.ACCEPTED, "", "r1"))
    assert look_and_see_nothing(tx, post, NOW + SECOND, soon) is not None


def test_a_receipt_of_the_first_request_that_comes_during_the_second_is_believed(tx: Connection) -> None:
    post = checking(tx)
    again = look_and_see_nothing(tx, post, NOW, FOR_EVER)
    assert again is not None
    publishing.late_receipt(tx, NOW, post.key, "r1", "")
    publishing.settle(tx, NOW, again, Outcome(PostEvent.UNKNOWN, "500"))
    assert state(tx, post) is PostState.PUBLISHED


# When nobody can tell


def test_a_network_that_cannot_be_asked_is_asked_again_until_a_day_is_over(tx: Connection) -> None:
    post = checking(tx)
    for moment in (NOW, NOW + HOUR, NOW + LONGEST_CHECK):
        taken = looks.take(tx, post_by_id(tx, post.id), "w1", moment)
        looks.blind(tx, moment, taken, ASK, "503")
        waiting = post_by_id(tx, post.id)
        assert (waiting.state, waiting.looks, waiting.look_at) == (PostState.CHECKING, 0, moment + MINUTE)
    looks.blind(tx, NOW + LONGEST_CHECK + SECOND, waiting, ASK, "503")
    assert state(tx, post) is PostState.UNCERTAIN


def test_a_network_that_takes_nothing_gets_the_same_bytes_less_and_less_often(tx: Connection) -> None:
    forever = replace(KEYED, resend_within=None)
    post, moment, waits = checking(tx), NOW, list[timedelta]()
    for _ in range(10):
        holds.lift(tx, moment, "anne", Scope.CHANNEL, post.channel)  # lost answers in a row held it
        taken = looks.take(tx, post_by_id(tx, post.id), "w1", moment)
        again = looks.not_found(tx, moment, taken, forever)
        assert again is not None
        publishing.settle(tx, moment, again, Outcome(PostEvent.UNKNOWN, "500", look_after=SECOND))
        look_at = post_by_id(tx, post.id).look_at
        assert look_at is not None
        waits.append(look_at - moment)
        moment = look_at
    assert waits[:4] == [30 * SECOND, MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert waits[-1] == HOUR


def test_a_network_that_will_not_be_read_counts_as_looked_at_but_never_as_absent(tx: Connection) -> None:
    post = checking(tx)
    looks.unreadable(tx, NOW, post, ASK, "403")
    assert post_by_id(tx, post.id).look_at == NOW + MINUTE
    looks.unreadable(tx, NOW + MINUTE, post_by_id(tx, post.id), replace(ASK, resend=True), "403")
    assert state(tx, post) is PostState.UNCERTAIN


def test_every_look_leaves_its_evidence(tx: Connection) -> None:
    post = checking(tx)
    look_and_see_nothing(tx, post, NOW, ASK)
    looks.blind(tx, NOW, post_by_id(tx, post.id), ASK, "503")
    rows = tx.execute(sa.select(t.attempt.c.note).where(t.attempt.c.step == "look").order_by(t.attempt.c.id))
    assert [row.note for row in rows] == ["nothing seen", "503"]


def test_the_channel_may_say_drop(tx: Connection) -> None:
    post = uncertain(tx, rules=replace(ASK, on_uncertain="drop"))
    assert post.state is PostState.CANCELLED
    assert planning.write_down(tx, NOW, [choice(post.item)], LATE, budget=None, spent=0) == []


def test_the_channel_may_say_resend_which_happens_once(tx: Connection) -> None:
    rules = replace(ASK, on_uncertain="resend")
    post = uncertain(tx, rules=rules)
    assert (post.state, post.due_at, post.requests) == (PostState.PLANNED, NOW, 0)
    claim = publishing.claim(tx, NOW, pace(), "w1")
    assert claim.post is not None
    second = publishing.intend(tx, NOW, claim.post, BODY, claim.post.key, pace())
    publishing.settle(tx, NOW, second, Outcome(PostEvent.UNKNOWN, "no answer"))
    looks.cannot_tell(tx, NOW, post_by_id(tx, post.id), rules)
    assert state(tx, post) is PostState.UNCERTAIN


def test_the_channels_resend_sends_nothing_that_is_not_approved_any_more(tx: Connection) -> None:
    post = checking(tx)
    judgement.withdraw(tx, NOW, "anne", item_by_id(tx, post.item))
    looks.cannot_tell(tx, NOW, post, replace(ASK, on_uncertain="resend"))
    assert state(tx, post) is PostState.UNCERTAIN


# A person's answers


def test_found_says_that_it_is_out(tx: Connection) -> None:
    post = uncertain(tx)
    posts.answer_found(tx, NOW + HOUR, "anne", post, "https://x.test/1")
    found = post_by_id(tx, post.id)
    assert (found.state, found.remote_url, found.published_at) == (
        PostState.PUBLISHED,
        "https://x.test/1",
        NOW + HOUR,
    )


@pytest.mark.parametrize("state", [PostState.PLANNED, PostState.CLAIMED, PostState.CANCELLED])
def test_what_never_left_cannot_be_found(tx: Connection, state: PostState) -> None:
    post = in_state(tx, state)
    with pytest.raises(LostRaceError, match="nothing of it has left"):
        posts.answer_found(tx, NOW, "anne", post, "")


def test_resend_takes_a_new_key_and_the_words_approved_now(tx: Connection) -> None:
    post = uncertain(tx)
    judgement.edit(tx, NOW, "anne", item_by_id(tx, post.item), [words("Mieux dit")])
    better = message(text="Mieux dit", cost=200)
    judgement.approve(tx, NOW, "anne", item_by_id(tx, post.item), [better], not_before=NOW)
    posts.answer_resend(tx, NOW + HOUR, "anne", post)
    again = post_by_id(tx, post.id)
    assert (again.state, again.message.text, again.cost) == (PostState.PLANNED, "Mieux dit", 200)
    assert again.key not in {"", post.key}
    assert (again.due_at, again.late_at, again.requests, again.unproven) == (NOW + HOUR, None, 0, 1)
    claim = publishing.claim(tx, NOW + HOUR, pace(now=NOW + HOUR), "w1")
    assert claim.post is not None


@pytest.mark.parametrize("before", [PostState.UNCERTAIN, PostState.FAILED])
def test_what_is_not_approved_now_is_not_sent_again(tx: Connection, before: PostState) -> None:
    post = in_state(tx, before)
    judgement.edit(tx, NOW, "anne", item_by_id(tx, post.item), [words("Mieux dit")])
    again = posts.answer_resend if before is PostState.UNCERTAIN else posts.retry
    with pytest.raises(LostRaceError, match=f"i{post.item} has no approved text for {CHANNEL}"):
        again(tx, NOW, "anne", post)
    assert state(tx, post) is before


def test_a_resent_post_that_was_not_sent_still_keeps_its_round(tx: Connection) -> None:
    post = uncertain(tx)
    posts.answer_resend(tx, NOW, "anne", post)
    claim = publishing.claim(tx, NOW, pace(), "w1")
    assert claim.post is not None
    second = publishing.intend(tx, NOW, claim.post, BODY, claim.post.key, pace())
    publishing.settle(tx, NOW, second, Outcome(PostEvent.NOT_SENT, "429", after=HOUR))
    back = post_by_id(tx, post.id)
    assert (back.state, back.unproven) == (PostState.PLANNED, 1)
    posts.cancel(tx, NOW, "anne", back)
    assert planning.write_down(tx, NOW, [choice(post.item)], LATE, budget=None, spent=0) == []


def test_drop_lets_it_be(tx: Connection) -> None:
    post = uncertain(tx)
    posts.answer_drop(tx, NOW, "anne", post)
    assert state(tx, post) is PostState.CANCELLED


def test_an_answer_that_comes_twice_is_refused_in_one_line(tx: Connection) -> None:
    post = uncertain(tx)
    posts.answer_resend(tx, NOW, "anne", post)
    with pytest.raises(LostRaceError, match=f"p{post.id} was changed meanwhile; look at it again"):
        posts.answer_resend(tx, NOW, "ben", post)
    with pytest.raises(ImpossibleStepError, match="'drop' cannot follow 'planned'"):
        posts.answer_drop(tx, NOW, "ben", post_by_id(tx, post.id))


def test_retry_sends_a_failed_post_again(tx: Connection) -> None:
    failed = in_state(tx, PostState.FAILED)
    posts.retry(tx, NOW + HOUR, "anne", failed)
    again = post_by_id(tx, failed.id)
    assert (again.state, again.error, again.due_at) == (PostState.PLANNED, "", NOW + HOUR)
    assert again.key != failed.key


# Other acts on a post


def test_a_planned_post_can_be_moved_and_is_late_from_there(tx: Connection) -> None:
    post = planned(tx)
    posts.move(tx, NOW, "anne", post, NOW + DAY, HOUR)
    moved = post_by_id(tx, post.id)
    assert (moved.due_at, moved.not_before, moved.late_at, moved.pinned) == (
        NOW + DAY,
        NOW + DAY,
        NOW + DAY + HOUR,
        True,
    )


def test_a_move_does_not_shorten_the_grace(tx: Connection) -> None:
    post = planned(tx, due_at=NOW + DAY, now=NOW)
    tx.execute(sa.update(t.item).values(not_before=NOW + 10 * MINUTE))
    posts.move(tx, NOW, "anne", post, NOW + MINUTE, HOUR)
    moved = post_by_id(tx, post.id)
    assert (moved.due_at, moved.not_before) == (NOW + MINUTE, NOW + 10 * MINUTE)


def test_only_a_planned_post_can_be_moved(tx: Connection) -> None:
    post = sending(tx)
    with pytest.raises(LostRaceError, match=f"p{post.id} is sending: only a planned post can be moved"):
        posts.move(tx, NOW, "anne", post, NOW + DAY, HOUR)


def test_a_skipped_post_gives_its_item_back_for_a_later_slot_and_a_cancelled_one_does_not(
    tx: Connection,
) -> None:
    skipped, cancelled = planned(tx), planned(tx)
    posts.skip(tx, NOW, "anne", skipped, "not today")
    posts.cancel(tx, NOW, "anne", cancelled, "not here")
    candidates, _ = planning.picture(tx, NOW, CHANNEL)
    assert [(c.item, c.not_before) for c in candidates] == [(skipped.item, NOW + SECOND)]
