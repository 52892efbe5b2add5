"""Reading the queue for people: in the order they expect; a wrong state is answered with the right ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from content_queue.item import Reason
from content_queue.lifecycle import PostState
from content_queue.operations import history, intake, judgement, listing, sources
from content_queue.operations.intake import Origin
from content_queue.operations.pending import to_judge
from content_queue.operations.rows import UnknownError, item_by_id, post_by_id
from content_queue.operations.sources import TwoOwnersError
from tests.content_queue.builders import (
    CHANNEL,
    HOUR,
    NOW,
    approved,
    entry,
    in_state,
    message,
    pending,
    planned,
    published,
    words,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def test_items_come_newest_first_by_state_and_page_by_page(tx: Connection) -> None:
    for _ in range(4):
        pending(tx)
    approved(tx)
    assert [item.id for item in listing.items(tx)] == [5, 4, 3, 2, 1]
    assert [item.id for item in listing.items(tx, "PENDING")] == [4, 3, 2, 1]
    assert [item.id for item in listing.items(tx, limit=2)] == [5, 4]
    assert [item.id for item in listing.items(tx, limit=2, after=4)] == [3, 2]


def test_what_waits_for_a_moderator_comes_oldest_first(tx: Connection) -> None:
    first, second = pending(tx), pending(tx)
    approved(tx)
    assert to_judge(tx) == [first, second]
    assert to_judge(tx, 1) == [first]


def test_a_state_that_does_not_exist_is_answered_with_those_that_do(tx: Connection) -> None:
    with pytest.raises(ValueError, match="'done' is no state of an item; the states are pending, approved,"):
        listing.items(tx, "done")
    with pytest.raises(ValueError, match="'done' is no state of a post; the states are planned, claimed,"):
        listing.posts(tx, "done")


def test_posts_come_latest_first_by_state_and_channel(tx: Connection) -> None:
    early, late = planned(tx, due_at=NOW), planned(tx, due_at=NOW + HOUR)
    other = planned(tx, message("t-fr"), due_at=NOW)
    assert [post.id for post in listing.posts(tx, "planned", CHANNEL)] == [late.id, early.id]
    assert [post.id for post in listing.posts(tx, channel="t-fr")] == [other.id]
    assert [post.id for post in listing.posts(tx, limit=1)] == [late.id]


def test_the_plan_holds_what_is_in_the_calendar_or_on_its_way_earliest_first(tx: Connection) -> None:
    published(tx)
    in_state(tx, PostState.UNCERTAIN)
    late, early = planned(tx, due_at=NOW + HOUR), planned(tx, due_at=NOW)
    assert [post.id for post in listing.planned(tx)] == [early.id, late.id]
    assert [post.id for post in listing.planned(tx, NOW + HOUR)] == [early.id]


def test_the_public_sees_published_posts_newest_first(tx: Connection) -> None:
    first, second = published(tx, NOW), published(tx, NOW + HOUR)
    planned(tx)
    assert [post.id for post in listing.published(tx)] == [second.id, first.id]
    assert [post.id for post in listing.published(tx, 1)] == [second.id]


def test_uncertain_and_failed_posts_stand_before_a_person(tx: Connection) -> None:
    expected = [in_state(tx, state).id for state in (PostState.UNCERTAIN, PostState.FAILED)]
    in_state(tx, PostState.CHECKING)
    assert [post.id for post in listing.for_a_person(tx)] == expected


def test_states_are_counted(tx: Connection) -> None:
    published(tx)
    pending(tx)
    assert listing.counts(tx) == ({"approved": 1, "pending": 1}, {"published": 1})


def test_an_address_leads_to_its_item_by_source_by_words_and_by_post(tx: Connection) -> None:
    intake.take_in(tx, NOW, Origin("feed"), [entry("a", url="https://example.org/a")], [None], first=False)
    out = published(tx)
    assert listing.items_at(tx, ["https://example.org/a"], "https://example.org/a") == [1]
    assert listing.items_at(tx, ["https://x.test/r1"], "https://x.test/r1") == [out.item]
    assert listing.items_at(tx, ["https://example.org/z"], "https://example.org/z") == []
    judgement.edit(tx, NOW, "anne", item_by_id(tx, 1), [words("b", url="https://example.org/b")])
    assert listing.items_at(tx, ["https://example.org/b"], "https://example.org/b") == [1]


def test_what_became_no_item_can_be_asked_for_too(tx: Connection) -> None:
    no = Reason("it has none of the words %(words)s", {"words": "ia"})
    intake.take_in(tx, NOW, Origin("feed"), [entry("a", url="https://example.org/a")], [no], first=False)
    [row] = listing.entries_at(tx, "https://example.org/a")
    assert (row.item, row.title, str(row.verdict)) == (None, "Titre a", "it has none of the words ia")


def test_the_history_of_an_item_tells_its_posts_too(tx: Connection) -> None:
    out = published(tx)
    steps = ["add", "approve", "plan", "claim", "intend", "accepted"]
    assert [line.what for line in history.of_item(tx, out.item)] == steps
    assert [line.what for line in history.of_post(tx, out.id)] == steps[2:]
    assert [line.what for line in history.latest(tx, 2)] == ["accepted", "intend"]


def test_what_does_not_exist_is_named(tx: Connection) -> None:
    with pytest.raises(UnknownError, match="there is no item i99"):
        item_by_id(tx, 99)
    with pytest.raises(UnknownError, match="there is no post p99"):
        post_by_id(tx, 99)


# Sources


def test_sources_of_the_file_and_of_the_database_are_told_apart(tx: Connection) -> None:
    sources.register(tx, {"startech": ("article", "https://example.org/feed")})
    sources.add(tx, NOW, "anne", "videos", {"kind": "video", "url": "https://example.org/v"})
    assert [(row.name, row.owner, row.kind) for row in listing.sources(tx)] == [
        ("startech", "file", "article"),
        ("videos", "database", "video"),
    ]
    assert sources.added(tx) == {"videos": {"kind": "video", "url": "https://example.org/v"}}


def test_a_name_with_two_owners_is_an_error_that_names_both(tx: Connection) -> None:
    sources.add(tx, NOW, "anne", "videos", {})
    with pytest.raises(TwoOwnersError, match=r"sources\.videos: .*in the file and in the database"):
        sources.register(tx, {"videos": ("video", "")})
    with pytest.raises(ValueError, match="there is a source 'videos' already, from the database"):
        sources.add(tx, NOW, "ben", "videos", {})


def test_a_sources_new_address_forgets_what_the_old_one_said(tx: Connection) -> None:
    sources.register(tx, {"a": ("article", "https://example.org/1")})
    intake.poll_result(tx, NOW, "a", {"etag": "e1", "next_poll": NOW, "gone": True, "baseline_at": NOW})
    sources.register(tx, {"a": ("article", "https://example.org/2")})
    [row] = listing.sources(tx)
    assert (row.url, row.etag, row.next_poll, row.gone) == ("https://example.org/2", "", None, False)
    assert row.baseline_at == NOW


def test_only_what_people_added_can_be_removed(tx: Connection) -> None:
    sources.register(tx, {"a": ("article", "")})
    sources.add(tx, NOW, "anne", "b", {})
    sources.remove(tx, NOW, "anne", "b")
    with pytest.raises(ValueError, match="stands in the configuration file"):
        sources.remove(tx, NOW, "anne", "a")
    with pytest.raises(ValueError, match="there is no source 'b'"):
        sources.remove(tx, NOW, "anne", "b")
