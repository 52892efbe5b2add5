"""Corrections travel: what a source changes or takes back waits for people, nothing goes out till then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from content_queue.item import Entry
from content_queue.lifecycle import ItemState
from content_queue.operations import corrections, history, holds, intake, judgement, listing, sources
from content_queue.operations.corrections import LEAVE, TAKE, WITHDRAW, vanished
from content_queue.operations.intake import Origin
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id
from tests.content_queue.builders import NOW, entry, message, published, words

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@pytest.fixture
def feed(tx: Connection) -> Connection:
    """A feed whose three entries became items, of which the middle one is approved."""
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    show(tx, "c", "b", "a")
    judgement.approve(tx, NOW, "anne", item_by_id(tx, 2), [message()], not_before=NOW)
    return tx


def show(tx: Connection, *names: str, title: str = "") -> None:
    entries = [entry(name, (title if name == "b" else "")) for name in names]
    take(tx, *entries)


def take(tx: Connection, *entries: Entry) -> None:
    intake.take_in(tx, NOW, Origin("feed"), entries, [None] * len(entries), first=False)


def held(tx: Connection) -> list[tuple[str, str]]:
    return [(hold.target, hold.reason) for hold in holds.active(tx, NOW)]


def proposed(tx: Connection) -> list[tuple[int, str, list[str]]]:
    return [
        (one.item, one.what, [version.title for version in one.versions]) for one in corrections.waiting(tx)
    ]


def test_a_change_is_proposed_and_holds_what_is_unsent(feed: Connection) -> None:
    show(feed, "c", "b", "a", title="Corrigé")
    assert proposed(feed) == [(2, "changed", ["Corrigé"])]
    assert held(feed) == [("2", corrections.CHANGED)]
    assert item_by_id(feed, 2).title == "Titre b"


def test_a_second_change_takes_the_place_of_the_first(feed: Connection) -> None:
    show(feed, "c", "b", "a", title="Corrigé")
    show(feed, "c", "b", "a", title="Encore corrigé")
    assert proposed(feed) == [(2, "changed", ["Encore corrigé"])]
    assert held(feed) == [("2", corrections.CHANGED)]


def test_a_change_that_is_undone_proposes_nothing_any_more(feed: Connection) -> None:
    show(feed, "c", "b", "a", title="Corrigé")
    show(feed, "c", "b", "a")
    assert (proposed(feed), held(feed)) == ([], [])


def test_taking_the_source_s_words_puts_them_before_judgement(feed: Connection) -> None:
    show(feed, "c", "b", "a", title="Corrigé")
    assert corrections.answer(feed, NOW, "anne", item_by_id(feed, 2), TAKE) == []
    item = item_by_id(feed, 2)
    assert (item.title, item.state, item.revision, item.by_rule) == ("Corrigé", ItemState.PENDING, 2, False)
    assert (proposed(feed), held(feed)) == ([], [])


def test_leaving_it_lets_it_go_out_as_it_was_approved(feed: Connection) -> None:
    show(feed, "c", "b", "a", title="Corrigé")
    corrections.answer(feed, NOW, "anne", item_by_id(feed, 2), LEAVE)
    assert (item_by_id(feed, 2).title, item_by_id(feed, 2).state) == ("Titre b", ItemState.APPROVED)
    assert (proposed(feed), held(feed)) == ([], [])
    show(feed, "c", "b", "a", title="Corrigé")
    assert proposed(feed) == []


def test_an_answer_is_given_once_and_fits(feed: Connection) -> None:
    show(feed, "c", "a")
    with pytest.raises(ValueError, match="has no words any more; leave it, or withdraw it"):
        corrections.answer(feed, NOW, "anne", item_by_id(feed, 2), TAKE)
    corrections.answer(feed, NOW, "anne", item_by_id(feed, 2), WITHDRAW)
    assert item_by_id(feed, 2).state is ItemState.WITHDRAWN
    with pytest.raises(LostRaceError, match="nothing is proposed for i2"):
        corrections.answer(feed, NOW, "anne", item_by_id(feed, 2), LEAVE)


def test_what_a_source_takes_back_is_proposed_and_held_until_it_puts_it_back(feed: Connection) -> None:
    show(feed, "c", "a")
    assert proposed(feed) == [(2, "withdrawn", [])]
    assert held(feed) == [("2", corrections.GONE)]
    show(feed, "c", "b", "a")
    assert (proposed(feed), held(feed)) == ([], [])


def test_what_only_left_the_window_is_not_taken_back(feed: Connection) -> None:
    show(feed, "d", "c", "b")
    show(feed, "e", "d", "c")
    assert proposed(feed) == []


def test_what_is_out_holds_nothing_and_names_the_posts_to_recall(feed: Connection) -> None:
    post = published(feed)
    item = item_by_id(feed, post.item)
    corrections.propose(feed, NOW, item, "feed", corrections.CHANGE, [words("Corrigé")], history.NO_REASON)
    assert held(feed) == []
    assert corrections.answer(feed, NOW, "anne", item, WITHDRAW) == [post.id]


def test_what_people_have_ended_is_not_asked_about(feed: Connection) -> None:
    judgement.reject(feed, NOW, "anne", item_by_id(feed, 1), "hors sujet")
    first = listing.entries_of_item(feed, 1)[0].title[-1]
    take(feed, *[entry(name, "Autre" if name == first else "") for name in "cba"])
    assert proposed(feed) == []


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [
        ([5, 4, 3, 2, 1], [5, 4, 3, 2, 1], []),
        ([5, 4, 3, 2, 1], [4, 3, 2, 1], [5]),
        ([5, 4, 3, 2, 1], [6, 5, 3, 2], [4]),
        ([5, 4, 3, 2, 1], [7, 6, 5], []),
        ([5, 4, 3, 2, 1], [], []),
        ([5, 4, 3, 2, 1], [9, 8], []),
        ([5, 4, 3, 2, 1], [2, 4, 5], []),
        ([9, 8, 7, 6, 5, 4], [4], []),
        ([], [1], []),
    ],
)
def test_only_what_is_missing_before_older_ones_was_taken_out(
    old: list[int], new: list[int], gone: list[int]
) -> None:
    assert vanished(old, new, newest_first=True) == gone
    assert vanished(old[::-1], new[::-1], newest_first=False) == gone
