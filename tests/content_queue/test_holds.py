"""Holds: what they cover, how long, and how their time is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from content_queue.item import Scope
from content_queue.operations import history, holds
from tests.content_queue.builders import CHANNEL, DAY, HOUR, MINUTE, NOW, planned

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

EVERYTHING = (Scope.EVERYTHING, "")


def in_force(tx: Connection, now: object = NOW) -> list[str]:
    assert isinstance(now, type(NOW))
    return [hold.reason for hold in holds.active(tx, now)]


def test_a_hold_is_in_force_from_its_commit_to_its_end_even_for_a_slow_clock(
    tx: Connection,
) -> None:
    holds.hold(tx, NOW, "anne", *EVERYTHING, "pause", NOW + HOUR)
    assert in_force(tx, NOW - MINUTE) == ["pause"]
    assert in_force(tx, NOW) == ["pause"]
    assert in_force(tx, NOW + HOUR) == []


def test_the_same_hold_twice_is_one_until_the_later_of_its_ends(tx: Connection) -> None:
    first = holds.hold(tx, NOW, "anne", *EVERYTHING, "pause", NOW + HOUR)
    assert holds.hold(tx, NOW, "ben", *EVERYTHING, "pause", NOW + 8 * HOUR) == first
    assert holds.hold(tx, NOW, "ben", *EVERYTHING, "pause", NOW + 2 * HOUR) == first
    assert [hold.until for hold in holds.active(tx, NOW)] == [NOW + 8 * HOUR]
    holds.hold(tx, NOW, "ben", *EVERYTHING, "pause")
    assert [hold.until for hold in holds.active(tx, NOW)] == [None]
    holds.hold(tx, NOW, "ben", *EVERYTHING, "pause", NOW + HOUR)
    assert [hold.until for hold in holds.active(tx, NOW)] == [None]


def test_holds_of_different_reasons_stand_side_by_side_and_are_lifted_apart(tx: Connection) -> None:
    holds.hold(tx, NOW, "anne", Scope.CHANNEL, CHANNEL, "401")
    holds.hold(tx, NOW, "anne", Scope.CHANNEL, CHANNEL, "pause")
    assert [hold.reason for hold in holds.lift(tx, NOW, "anne", Scope.CHANNEL, CHANNEL, "401")] == ["401"]
    assert in_force(tx) == ["pause"]


def test_lifting_takes_exactly_what_was_named(tx: Connection) -> None:
    holds.hold(tx, NOW, "anne", *EVERYTHING, "pause")
    holds.hold(tx, NOW, "anne", Scope.CHANNEL, CHANNEL, "pause")
    assert holds.lift(tx, NOW, "anne", Scope.CHANNEL, "t-fr") == []
    assert len(holds.lift(tx, NOW, "anne", *EVERYTHING)) == 1
    assert [hold.scope for hold in holds.active(tx, NOW)] == [Scope.CHANNEL]


def test_holds_and_their_end_stand_in_the_history(tx: Connection) -> None:
    holds.hold(tx, NOW, "anne", Scope.ITEM, "7", "dead link")
    holds.lift(tx, NOW, "ben", Scope.ITEM, "7")
    lines = [(line.who, line.what, str(line.why), line.item) for line in history.latest(tx, 2)]
    assert lines == [
        ("ben", "resume", "item i7: dead link", 7),
        ("anne", "hold", "item i7: dead link", 7),
    ]


def test_a_post_names_every_hold_that_covers_it(tx: Connection) -> None:
    post = planned(tx, topics=("ia",), partner="Ève")
    covering = [
        EVERYTHING,
        (Scope.CHANNEL, CHANNEL),
        (Scope.SOURCE, "feed"),
        (Scope.PARTNER, "Ève"),
        (Scope.TOPIC, "ia"),
        (Scope.ITEM, str(post.item)),
        (Scope.POST, str(post.id)),
    ]
    for scope, target in covering:
        holds.hold(tx, NOW, "anne", scope, target, scope.value)
    holds.hold(tx, NOW, "anne", Scope.TOPIC, "robots", "other")
    assert [(h.scope, h.target) for h in holds.on_post(tx, post.id, NOW)] == covering


def test_the_times_of_a_posts_holds_end_with_their_lifting_their_own_end_or_now(tx: Connection) -> None:
    post = planned(tx)
    holds.hold(tx, NOW, "anne", *EVERYTHING, "lifted")
    holds.lift(tx, NOW + HOUR, "anne", *EVERYTHING)
    holds.hold(tx, NOW + 2 * HOUR, "anne", *EVERYTHING, "ends", NOW + 3 * HOUR)
    holds.hold(tx, NOW + 4 * HOUR, "anne", *EVERYTHING, "lasts")
    spans = holds.intervals(tx, post.id, NOW + DAY)
    assert [(start - NOW, end - NOW) for start, end in spans] == [
        (0 * HOUR, HOUR),
        (2 * HOUR, 3 * HOUR),
        (4 * HOUR, DAY),
    ]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))), st.integers(0, 40))
def test_the_union_of_holds_counts_each_minute_once(spans: list[tuple[int, int]], after: int) -> None:
    pairs = [(NOW + start * MINUTE, NOW + (start + length) * MINUTE) for start, length in spans]
    minutes = {m for start, length in spans for m in range(start, start + length) if m >= after}
    assert holds.total(pairs, NOW + after * MINUTE) == len(minutes) * MINUTE
