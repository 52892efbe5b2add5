"""Taking back: intent first, tries that may be repeated, and what a person has left to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from content_queue.lifecycle import ImpossibleStepError, ItemState, PostState
from content_queue.operations import history, planning, recalling
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id, post_by_id
from tests.content_queue.builders import CHANNEL, DAY, HOUR, LATE, MINUTE, NOW, choice, published, uncertain

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from content_queue.item import Post

WHY = "le chiffre était faux"


def recalled(tx: Connection, post: Post) -> Post:
    """Begin to take a post back."""
    (begun,) = recalling.recall(tx, NOW, "ana", item_by_id(tx, post.item), WHY, post).posts
    return begun


def test_the_intent_is_written_the_item_withdrawn_and_what_is_planned_cancelled(tx: Connection) -> None:
    post = published(tx)
    planning.write_down(
        tx, NOW, [choice(post.item, NOW + DAY, "telegram-fr")], late=LATE, budget=None, spent=0
    )
    begun = recalling.recall(tx, NOW, "ana", item_by_id(tx, post.item), WHY)
    assert [(one.id, one.state) for one in begun.posts] == [(post.id, PostState.RECALLING)]
    assert item_by_id(tx, post.item).state is ItemState.WITHDRAWN
    assert recalling.due(tx, NOW) == list(begun.posts)
    told = {(line.what, str(line.why)) for line in history.of_item(tx, post.item)}
    assert ("recall", WHY) in told


def test_what_is_gone_is_gone_for_good(tx: Connection) -> None:
    post = recalled(tx, published(tx))
    recalling.gone(tx, NOW, recalling.take(tx, post, "w1", NOW + MINUTE))
    assert post_by_id(tx, post.id).state is PostState.RECALLED
    assert recalling.due(tx, NOW + DAY) == []
    assert recalling.next_due(tx) is None
    with pytest.raises(ImpossibleStepError):
        recalled(tx, post_by_id(tx, post.id))


def test_what_the_network_will_not_let_go_is_published_and_says_what_to_do(tx: Connection) -> None:
    post = recalled(tx, published(tx))
    recalling.stays(tx, NOW, recalling.take(tx, post, "w1", NOW + MINUTE), "older than 48 hours")
    kept = post_by_id(tx, post.id)
    assert (kept.state, kept.error) == (PostState.PUBLISHED, "delete it by hand: older than 48 hours")
    assert kept.remote_url == "https://x.test/r1"
    assert recalled(tx, kept).state is PostState.RECALLING  # a person may try again


def test_one_worker_at_a_time_tries_and_another_takes_over_who_died(tx: Connection) -> None:
    post = recalled(tx, published(tx))
    first = recalling.take(tx, post, "w1", NOW + MINUTE)
    assert recalling.due(tx, NOW) == []
    with pytest.raises(LostRaceError):
        recalling.take(tx, post, "w2", NOW + MINUTE)
    (again,) = recalling.due(tx, NOW + MINUTE)
    recalling.gone(tx, NOW + MINUTE, recalling.take(tx, again, "w2", NOW + HOUR))
    with pytest.raises(LostRaceError):
        recalling.gone(tx, NOW + MINUTE, first)


def test_it_is_tried_again_ever_later_and_then_a_person_is_asked(tx: Connection) -> None:
    now, rests = NOW, []
    post = recalled(tx, published(tx))
    while post.state is PostState.RECALLING:
        recalling.again_later(tx, now, recalling.take(tx, post, "w1", now + MINUTE), "no answer", None)
        post = post_by_id(tx, post.id)
        if upcoming := recalling.next_due(tx):
            rests.append(upcoming - now)
            now = upcoming
    assert rests[:3] == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert max(rests) == HOUR
    assert len(rests) == recalling.TRIES - 1
    assert post.error == "delete it by hand: no answer"


def test_never_sooner_than_the_network_asks(tx: Connection) -> None:
    post = recalled(tx, published(tx))
    wait = timedelta(minutes=17)
    recalling.again_later(tx, NOW, recalling.take(tx, post, "w1", NOW + MINUTE), "busy", wait)
    assert recalling.next_due(tx) == NOW + wait


def test_what_may_be_out_is_named(tx: Connection) -> None:
    post = uncertain(tx)
    begun = recalling.recall(tx, NOW, "ana", item_by_id(tx, post.item), WHY)
    assert begun.posts == ()
    assert [one.id for one in begun.unsure] == [post.id]
    assert post.channel == CHANNEL
