"""From the planner's choices to rows: which items are candidates, what a round is, which variant goes out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from content_queue.calendar import Calendar, parse_slots
from content_queue.item import Kind, Scope
from content_queue.lifecycle import PostEvent, PostState
from content_queue.operations import holds, judgement, looks, planning, posts, publishing
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.planner import Rules
from content_queue.store import tables as t
from tests.content_queue.builders import (
    ASK,
    CHANNEL,
    DAY,
    HOUR,
    LATE,
    MINUTE,
    NOW,
    SECOND,
    approved,
    choice,
    in_state,
    message,
    pace,
    pending,
    planned,
    published,
    sending,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Message, Post
    from content_queue.planner import Candidate

RULES = Rules(
    CHANNEL,
    frozenset({"fr"}),
    Calendar(ZoneInfo("America/Toronto"), parse_slots(["daily 09:00"]), None),
    0 * HOUR,
    None,
    {},
    0 * HOUR,
    LATE,
)


def candidates(tx: Connection, now: datetime = NOW, channel: str = CHANNEL) -> dict[int, Candidate]:
    return {candidate.item: candidate for candidate in planning.picture(tx, now, channel)[0]}


def plan(tx: Connection, *choices: object, now: datetime = NOW, budget: int | None = None) -> list[int]:
    return planning.write_down(tx, now, list(choices), LATE, budget, 0)  # type: ignore[arg-type]  # choices


# Candidates


def test_only_what_is_approved_for_the_channel_is_a_candidate(tx: Connection) -> None:
    item = approved(tx, message(), topics=("ia",), partner="Ève")
    approved(tx, message("t-fr"))
    pending(tx)
    [found] = candidates(tx).values()
    assert (found.item, found.round, found.topics, found.partner) == (item.id, 1, ("ia",), "Ève")
    assert (found.kind, found.approved_at, found.not_before) == (Kind.ARTICLE, NOW, NOW)


@pytest.mark.parametrize(
    "state", [s for s in PostState if s not in {PostState.RECALLING, PostState.RECALLED}]
)
def test_an_item_returns_to_the_planner_only_when_its_post_left_no_trace(
    tx: Connection, state: PostState
) -> None:
    post = in_state(tx, state)
    if state is PostState.CANCELLED:  # by a person, on this channel: that uses the round up
        assert candidates(tx) == {}
        return
    assert (post.item in candidates(tx)) is (state is PostState.MISSED)


@pytest.mark.parametrize(
    ("scope", "target"),
    [(Scope.SOURCE, "feed"), (Scope.PARTNER, "Ève"), (Scope.TOPIC, "ia"), (Scope.ITEM, "1")],
)
def test_what_is_held_itself_is_not_planned(tx: Connection, scope: Scope, target: str) -> None:
    approved(tx, topics=("ia",), partner="Ève")
    holds.hold(tx, NOW, "anne", scope, target, "pause")
    assert candidates(tx) == {}


def test_a_held_channel_plans_on(tx: Connection) -> None:
    approved(tx)
    holds.hold(tx, NOW, "anne", Scope.CHANNEL, CHANNEL, "pause")
    holds.hold(tx, NOW, "anne", Scope.EVERYTHING, "", "pause")
    assert len(candidates(tx)) == 1


def test_an_item_that_missed_the_time_a_person_chose_is_not_planned_at_another(tx: Connection) -> None:
    item = approved(tx, pinned_at=NOW)
    assert list(candidates(tx)) == [item.id]
    plan(tx, choice(item.id))
    assert publishing.claim(tx, NOW + LATE + SECOND, pace(now=NOW + LATE + SECOND), "w1").post is None
    assert candidates(tx) == {}


def test_a_fact_is_not_planned_after_its_review_date(tx: Connection) -> None:
    approved(tx, review_by=date(2026, 3, 12), expires_at=NOW + 30 * DAY)
    [found] = candidates(tx).values()
    assert found.expires_at is not None
    assert found.expires_at.isoformat() == "2026-03-13T00:00:00+00:00"


def test_a_missed_item_comes_back_after_the_slot_it_missed(tx: Connection) -> None:
    missed = in_state(tx, PostState.MISSED)
    [found] = candidates(tx).values()
    assert (found.round, found.not_before) == (1, missed.due_at + SECOND)


# Evergreen items and rounds


def publish(tx: Connection, post: Post) -> None:
    publishing.settle(tx, NOW, post, Outcome(PostEvent.ACCEPTED, "", f"r{post.id}"))


def evergreen(tx: Connection, post: Post) -> None:
    tx.execute(sa.update(t.item).where(t.item.c.id == post.item).values(evergreen=True))


def test_an_evergreen_item_may_come_back_once_it_is_out(tx: Connection) -> None:
    post = published(tx)
    assert candidates(tx) == {}
    evergreen(tx, post)
    found = candidates(tx)[post.item]
    assert (found.round, found.last_out) == (2, NOW)


@pytest.mark.parametrize("state", [PostState.PLANNED, PostState.UNCERTAIN, PostState.FAILED])
def test_an_evergreen_item_does_not_come_back_while_its_round_is_open(
    tx: Connection, state: PostState
) -> None:
    post = in_state(tx, state)
    evergreen(tx, post)
    assert candidates(tx) == {}


def test_an_evergreen_item_that_a_person_dropped_does_not_come_back(tx: Connection) -> None:
    post = in_state(tx, PostState.UNCERTAIN)
    evergreen(tx, post)
    looks.drop(tx, NOW, "anne", post)
    assert candidates(tx) == {}


# Writing down


def test_a_choice_becomes_a_post_with_its_time_its_reason_and_its_message(tx: Connection) -> None:
    item = approved(tx, message(cost=15))
    [number] = plan(tx, choice(item.id, NOW + HOUR))
    post = post_by_id(tx, number)
    assert (post.state, post.due_at, post.not_before, post.late_at) == (
        PostState.PLANNED,
        NOW + HOUR,
        NOW + HOUR,
        NOW + HOUR + LATE,
    )
    assert (str(post.reason), post.message.text, post.cost, post.pinned) == (
        "its turn",
        "Un titre",
        15,
        False,
    )
    assert post.key


def test_two_posts_never_share_a_key(tx: Connection) -> None:
    assert planned(tx).key != planned(tx).key


def test_a_choice_that_no_longer_stands_is_left_out(tx: Connection) -> None:
    gone, placed = approved(tx), approved(tx)
    judgement.withdraw(tx, NOW, "anne", gone)
    plan(tx, choice(placed.id))
    assert plan(tx, choice(gone.id), choice(placed.id), choice(placed.id, NOW + HOUR)) == []


def test_choose_fills_the_slots_and_does_so_once(tx: Connection) -> None:
    for _ in range(3):
        approved(tx)
    until = NOW + 2 * DAY
    chosen = planning.choose(tx, NOW, RULES, until)
    assert [c.due_at.isoformat() for c in chosen] == [
        "2026-03-11T13:00:00+00:00",
        "2026-03-12T13:00:00+00:00",
    ]
    assert len(plan(tx, *chosen)) == 2
    assert planning.choose(tx, NOW, RULES, until) == ()


# Variants


def variants(*names: str) -> list[Message]:
    return [
        message(text=name or "only", variant=name, cost=215 if name.endswith("link") else 15)
        for name in names
    ]


@pytest.mark.parametrize(
    ("names", "round_", "left", "chosen"),
    [
        (("",), 1, 0, ""),
        (("link", "plain"), 1, None, "link"),
        (("link", "plain"), 1, 215, "link"),
        (("link", "plain"), 1, 214, "plain"),
        (("plain", "link"), 1, 215, "link"),
        (("link", "plain"), 1, 0, "plain"),
        (("link", "plain"), 2, None, "link"),
        (("", "wording-2", "wording-3"), 1, None, ""),
        (("", "wording-2", "wording-3"), 2, None, "wording-2"),
        (("", "wording-2", "wording-3"), 3, None, "wording-3"),
        (("", "wording-2", "wording-3"), 4, None, ""),
        (("link", "plain", "wording-2-link", "wording-2-plain"), 1, 0, "plain"),
        (("link", "plain", "wording-2-link", "wording-2-plain"), 2, None, "wording-2-link"),
        (("link", "plain", "wording-2-link", "wording-2-plain"), 2, 100, "wording-2-plain"),
        (("link", "plain", "wording-2-link", "wording-2-plain"), 3, 100, "plain"),
    ],
)
def test_the_variant_is_the_rounds_wording_with_its_link_while_the_budget_lasts(
    names: tuple[str, ...], round_: int, left: int | None, chosen: str
) -> None:
    assert planning.choose_variant(variants(*names), round_, left).variant == chosen


def test_planning_several_posts_spends_the_budget_one_after_the_other(tx: Connection) -> None:
    items = [approved(tx, *variants("link", "plain")) for _ in range(3)]
    made = plan(tx, *[choice(item.id, NOW + n * HOUR) for n, item in enumerate(items)], budget=500)
    assert [post_by_id(tx, number).message.variant for number in made] == ["link", "link", "plain"]


def test_spending_counts_what_is_out_and_what_is_planned(tx: Connection) -> None:
    planned(tx, message(cost=3), due_at=NOW + DAY, now=NOW)
    planned(tx, message("t-fr", cost=50))
    out = published(tx)
    tx.execute(sa.update(t.post).where(t.post.c.id == out.id).values(cost=4))
    assert planning.spent_since(tx, CHANNEL, NOW - DAY) == 7
    assert planning.spent_since(tx, CHANNEL, NOW + MINUTE) == 3


# Now


def test_now_brings_a_planned_post_forward(tx: Connection) -> None:
    post = planned(tx, due_at=NOW + DAY, now=NOW)
    assert planning.may_post_now(tx, post.item, CHANNEL)
    urgent = planning.post_now(tx, NOW, "anne", post.item, CHANNEL, LATE)
    assert (urgent.id, urgent.due_at, urgent.not_before, urgent.urgent) == (post.id, NOW, NOW, True)
    assert publishing.claim(tx, NOW, pace(), "w1").post is not None


def test_now_makes_a_post_and_waits_for_no_grace(tx: Connection) -> None:
    item = pending(tx)
    judgement.approve(tx, NOW, "anne", item, [message()], not_before=NOW + 10 * MINUTE)
    urgent = planning.post_now(tx, NOW, "anne", item.id, CHANNEL, LATE)
    assert (urgent.not_before, urgent.late_at, str(urgent.reason)) == (NOW, None, "a person asked for it now")


def test_now_needs_an_approved_text(tx: Connection) -> None:
    item = pending(tx)
    with pytest.raises(ValueError, match=f"i{item.id} has no approved text for {CHANNEL}; approve it first"):
        planning.post_now(tx, NOW, "anne", item.id, CHANNEL, LATE)


@pytest.mark.parametrize(
    "state", [PostState.SENDING, PostState.PUBLISHED, PostState.UNCERTAIN, PostState.FAILED]
)
def test_now_never_posts_a_round_twice(tx: Connection, state: PostState) -> None:
    post = in_state(tx, state)
    assert not planning.may_post_now(tx, post.item, CHANNEL)
    with pytest.raises(ValueError, match=f"to post it once more: technopolys repeat i{post.item}"):
        planning.post_now(tx, NOW, "anne", post.item, CHANNEL, LATE)


def test_now_after_repeat_takes_the_next_round(tx: Connection) -> None:
    post = published(tx)
    judgement.repeat(tx, NOW, "anne", item_by_id(tx, post.item))
    assert planning.may_post_now(tx, post.item, CHANNEL)
    assert planning.post_now(tx, NOW, "anne", post.item, CHANNEL, LATE).round == 2


def test_now_takes_a_round_that_was_given_back_after_a_later_one_was_used(tx: Connection) -> None:
    first = planned(tx)
    judgement.repeat(tx, NOW, "anne", item_by_id(tx, first.item))
    tx.execute(sa.update(t.post).values(round=2))
    assert planning.post_now(tx, NOW, "anne", first.item, CHANNEL, LATE).id == first.id
    tx.execute(sa.update(t.post).values(state=PostState.PUBLISHED.value))
    assert planning.post_now(tx, NOW, "anne", first.item, CHANNEL, LATE).round == 1


def test_now_after_a_skip_takes_the_same_round(tx: Connection) -> None:
    post = planned(tx)
    posts.skip(tx, NOW, "anne", post)
    assert planning.post_now(tx, NOW, "anne", post.item, CHANNEL, LATE).round == 1


def test_what_is_uncertain_keeps_its_place_in_the_calendar(tx: Connection) -> None:
    post = sending(tx)
    publishing.settle(tx, NOW, post, Outcome(PostEvent.UNKNOWN))
    looks.cannot_tell(tx, NOW, post_by_id(tx, post.id), ASK)
    [standing] = planning.placed(tx, NOW, CHANNEL)
    assert (standing.item, standing.due_at, standing.source) == (post.item, NOW, "feed")
