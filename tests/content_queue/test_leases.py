"""Leases on a shared database: who lives keeps what it has in hand, who leads does so alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.lifecycle import PostEvent, PostState
from content_queue.operations import leases, looks, publishing
from content_queue.operations.moves import LostRaceError
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import post_by_id
from content_queue.store import tables as t
from content_queue.store.leasing import LEASE
from tests.content_queue.builders import (
    BODY,
    DAY,
    NOW,
    SECOND,
    checking,
    claimed,
    column,
    evidence,
    pace,
    planned,
    sending,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from content_queue.item import Post

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine() -> str:
    """PostgreSQL: on SQLite the worker's lock stands for every lease."""
    return "postgresql"


def time_passes(tx: Connection, span: timedelta = LEASE) -> None:
    """Let leases grow older; the database's own clock cannot be set."""
    for table, until in ((t.post, t.post.c.lease_until), (t.lease, t.lease.c.until)):
        tx.execute(sa.update(table).values({until: until - sa.literal(span)}))


def database_now(tx: Connection) -> datetime:
    moment: datetime = tx.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return moment


@pytest.mark.parametrize("take", [claimed, sending])
def test_a_lease_is_a_minute_by_the_databases_clock(tx: Connection, take: object) -> None:
    assert callable(take)
    before = database_now(tx)
    post: Post = take(tx)
    until = column(tx, post.id, "lease_until")
    assert isinstance(until, datetime)
    assert before + LEASE <= until <= database_now(tx) + LEASE


def test_while_a_lease_runs_nobody_takes_over(tx: Connection) -> None:
    post = sending(tx, "w1")
    assert leases.end_leases(tx, NOW, "w2") == []
    time_passes(tx, LEASE - 20 * SECOND)
    assert leases.end_leases(tx, NOW, "w2") == []
    assert post_by_id(tx, post.id).state is PostState.SENDING


@pytest.mark.parametrize("worker", ["w1", "w2"])
@pytest.mark.parametrize(
    ("take", "becomes"), [(claimed, PostState.PLANNED), (sending, PostState.CHECKING)], ids=["claim", "send"]
)
def test_after_its_lease_anybody_takes_over_even_the_same_worker(
    tx: Connection, take: object, becomes: PostState, worker: str
) -> None:
    assert callable(take)
    post: Post = take(tx, "w1")
    time_passes(tx)
    assert [left.id for left in leases.end_leases(tx, NOW, worker)] == [post.id]
    assert post_by_id(tx, post.id).state is becomes


def test_who_renews_what_is_in_hand_keeps_it(tx: Connection) -> None:
    kept = claimed(tx, "w1")
    leases.join(tx, "w1", "one")
    time_passes(tx, LEASE - SECOND)
    leases.renew(tx, "w1", [kept.id], candidate=True)
    time_passes(tx, 30 * SECOND)
    assert leases.end_leases(tx, NOW, "w2") == []


def test_what_is_not_in_hand_is_not_kept(tx: Connection) -> None:
    lost = claimed(tx, "w1")  # its claim came through, though the connection was lost before we heard
    leases.join(tx, "w1", "one")
    time_passes(tx, LEASE - SECOND)
    leases.renew(tx, "w1", [], candidate=True)
    time_passes(tx, 30 * SECOND)
    assert [post.id for post in leases.end_leases(tx, NOW, "w1")] == [lost.id]


def test_who_stood_still_beyond_the_lease_changes_nothing(tx: Connection) -> None:
    mine = claimed(tx, "w1")
    leases.join(tx, "w1", "one")
    time_passes(tx)
    leases.end_leases(tx, NOW, "w2")
    leases.renew(tx, "w1", [mine.id], candidate=True)
    assert column(tx, mine.id, "owner") == ""
    with pytest.raises(LostRaceError):
        publishing.intend(tx, NOW, mine, BODY, mine.key, pace())
    with pytest.raises(LostRaceError):
        publishing.save_progress(tx, mine, {"media": "7"})
    assert post_by_id(tx, mine.id).state is PostState.PLANNED


def test_its_late_receipt_is_evidence_all_the_same(tx: Connection) -> None:
    mine = sending(tx, "w1")
    time_passes(tx)
    leases.end_leases(tx, NOW, "w2")
    publishing.settle(tx, NOW, mine, Outcome(PostEvent.ACCEPTED, "", "r1", "https://x.test/r1"))
    assert evidence(tx, mine.id)[-1] == ("create", "accepted", "r1")
    assert post_by_id(tx, mine.id).state is PostState.PUBLISHED


def test_a_no_of_one_who_stood_still_moves_nothing(tx: Connection) -> None:
    mine = sending(tx, "w1")
    time_passes(tx)
    leases.end_leases(tx, NOW, "w2")
    publishing.settle(tx, NOW, mine, Outcome(PostEvent.REFUSED, "no"))
    assert post_by_id(tx, mine.id).state is PostState.CHECKING


def test_a_look_whose_worker_died_is_taken_up_after_its_lease(tx: Connection) -> None:
    post = looks.take(tx, checking(tx), "w1", NOW + DAY)
    leases.end_leases(tx, NOW, "w2")
    assert looks.due(tx, NOW) == []
    time_passes(tx)
    assert [left.id for left in leases.end_leases(tx, NOW, "w2")] == [post.id]  # who takes over steps at once
    assert [due.id for due in looks.due(tx, NOW)] == [post.id]


def test_an_intent_whose_commit_nobody_saw_is_found_under_its_fence(tx: Connection) -> None:
    written = sending(tx)
    assert publishing.intended(tx, written).state is PostState.SENDING


def test_an_intent_that_was_not_written_is_told(tx: Connection) -> None:
    mine = claimed(tx)
    with pytest.raises(LostRaceError, match="lost before it was written"):
        publishing.intended(tx, mine)


def test_one_leads_until_its_lease_is_over(tx: Connection) -> None:
    for worker in ("w1", "w2"):
        leases.join(tx, worker, worker)
    assert leases.renew(tx, "w1", [], candidate=True)
    assert not leases.renew(tx, "w2", [], candidate=True)
    time_passes(tx)
    assert leases.renew(tx, "w2", [], candidate=True)
    assert not leases.renew(tx, "w1", [], candidate=True)
    leases.must_lead(tx, "w2")
    with pytest.raises(LostRaceError, match="another worker leads"):
        leases.must_lead(tx, "w1")


def test_a_leader_that_stood_still_leads_no_more_though_nobody_took_the_lead(tx: Connection) -> None:
    leases.join(tx, "w1", "one")
    assert leases.renew(tx, "w1", [], candidate=True)
    time_passes(tx)
    with pytest.raises(LostRaceError):
        leases.must_lead(tx, "w1")


def test_who_only_carries_out_a_wish_never_leads(tx: Connection) -> None:
    leases.join(tx, "w1", "one")
    assert not leases.renew(tx, "w1", [], candidate=False)


def test_who_goes_gives_everything_back_at_once(tx: Connection) -> None:
    for worker in ("w1", "w2"):
        leases.join(tx, worker, worker)
    leases.renew(tx, "w1", [], candidate=True)
    post = claimed(tx, "w1")
    leases.resign(tx, "w1")
    assert leases.renew(tx, "w2", [], candidate=True)
    assert [left.id for left in leases.end_leases(tx, NOW, "w2")] == [post.id]


def test_the_dead_are_forgotten_when_the_next_one_joins(tx: Connection) -> None:
    leases.join(tx, "w1", "one")
    time_passes(tx)
    leases.join(tx, "w2", "two")
    holders = tx.execute(sa.select(t.lease.c.holder).where(t.lease.c.name != leases.LEADER)).scalars().all()
    assert holders == ["two"]


def test_a_post_that_somebody_else_has_locked_is_left_to_him(tx: Connection) -> None:
    planned(tx)
    assert publishing.claim(tx, NOW, pace(), "w1").post is not None
    assert publishing.claim(tx, NOW, pace(), "w2").post is None


def test_what_one_worker_has_taken_no_other_has_until_it_is_given_up_or_over(tx: Connection) -> None:
    for worker in ("w1", "w2"):
        leases.join(tx, worker, worker)
    assert leases.take(tx, "renewal of a", "w1")
    assert leases.take(tx, "renewal of a", "w1")
    assert not leases.take(tx, "renewal of a", "w2")
    assert leases.take(tx, "renewal of b", "w2")
    leases.give_up(tx, "renewal of a", "w2")  # it is not its own
    assert not leases.take(tx, "renewal of a", "w2")
    leases.give_up(tx, "renewal of a", "w1")
    assert leases.take(tx, "renewal of a", "w2")
    time_passes(tx)
    assert leases.take(tx, "renewal of a", "w1")


def test_who_resigns_gives_up_what_it_has_taken(tx: Connection) -> None:
    leases.join(tx, "w1", "w1")
    assert leases.renew(tx, "w1", [], candidate=True)
    assert leases.take(tx, "renewal of a", "w1")
    leases.resign(tx, "w1")
    leases.join(tx, "w2", "w2")
    assert leases.take(tx, "renewal of a", "w2")
    assert leases.renew(tx, "w2", [], candidate=True)
