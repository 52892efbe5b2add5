"""What an item's own page adds: only what its feed did not tell, and only while nobody has judged it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from content_queue.item import Entry, Kind, Reason, Version
from content_queue.lifecycle import ItemState
from content_queue.operations import completing, corrections, history, intake, judgement, listing, sources
from content_queue.operations.intake import Origin
from content_queue.operations.rows import item_by_id
from tests.content_queue.builders import HOUR, NOW, entry, message, words

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from content_queue.item import Item

FRENCH = Version("fr", "Un phare", url="https://example.org/fr/phare")
ENGLISH = Version("en", "A lighthouse", "It lights the bay.", "https://example.org/en/lighthouse")
PAGE = replace(
    FRENCH, summary="Il éclaire la baie.", image="https://example.org/phare.jpg", alt="Un phare, la nuit."
)


@pytest.fixture
def feed(tx: Connection) -> Connection:
    """A feed that told no more than a title and an address."""
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    take(tx, Entry("phare", Kind.ARTICLE, (FRENCH,)))
    return tx


def take(tx: Connection, *entries: Entry, source: str = "feed") -> None:
    intake.take_in(tx, NOW, Origin(source), entries, [None] * len(entries), first=False)


def begun(tx: Connection) -> Item:
    (item,) = completing.begin(tx, NOW, {"feed"}, 20)
    return item


def complete(tx: Connection, item: Item, *sides: Version) -> bool:
    whole = completing.completed(item.versions[0], PAGE)
    return completing.complete(tx, NOW, item, [whole], sides)


def test_what_the_feed_did_not_tell_is_added_and_waits_for_judgement(feed: Connection) -> None:
    assert complete(feed, begun(feed), ENGLISH)
    item = item_by_id(feed, 1)
    assert item.versions == (PAGE, ENGLISH)
    assert (item.state, item.by_rule, item.revision) == (ItemState.PENDING, False, 2)
    assert completing.begin(feed, NOW + 9 * HOUR, {"feed"}, 20) == []


def test_a_page_s_date_counts_where_the_feed_gave_none(feed: Connection) -> None:
    item, before = begun(feed), NOW - 40 * HOUR
    completing.complete(feed, NOW, item, item.versions, [], published_at=before)
    assert item_by_id(feed, 1).published_at == before
    assert history.of_item(feed, 1)[-1].why == Reason("published on %(day)s", {"day": "2026-03-08"})
    take(feed, replace(entry("dated", title="Dated"), published_at=NOW - HOUR))
    dated = begun(feed)
    completing.complete(feed, NOW, dated, dated.versions, [], published_at=before)
    assert item_by_id(feed, dated.id).published_at == NOW - HOUR


def test_a_page_s_date_is_no_later_than_it_was_seen(feed: Connection) -> None:
    item = begun(feed)
    completing.complete(feed, NOW, item, item.versions, [], published_at=NOW + 9000 * HOUR)
    assert item_by_id(feed, 1) == item


def test_what_the_feed_told_stands() -> None:
    told = words("Titre", summary="Le texte", image="https://example.org/a.jpg", alt="Une image")
    assert completing.completed(told, PAGE) == told
    without_alt = replace(told, alt="")
    assert completing.completed(without_alt, PAGE) == without_alt  # of another picture
    same = replace(told, image=PAGE.image, alt="")
    assert completing.completed(same, PAGE).alt == "Un phare, la nuit."


def test_the_source_s_next_document_changes_nothing_and_a_change_is_followed(feed: Connection) -> None:
    complete(feed, begun(feed), ENGLISH)
    take(feed, Entry("phare", Kind.ARTICLE, (FRENCH,)))
    assert item_by_id(feed, 1).versions == (PAGE, ENGLISH)
    for title in ("Un grand phare", "Un très grand phare"):
        take(feed, Entry("phare", Kind.ARTICLE, (replace(FRENCH, title=title),)))
        assert item_by_id(feed, 1).versions == (replace(PAGE, title=title), ENGLISH)
    assert corrections.waiting(feed) == []


def test_what_changes_once_it_is_approved_is_proposed_with_what_the_page_added(feed: Connection) -> None:
    complete(feed, begun(feed), ENGLISH)
    judgement.approve(feed, NOW, "anne", item_by_id(feed, 1), [message()], not_before=NOW)
    take(feed, Entry("phare", Kind.ARTICLE, (replace(FRENCH, title="Un grand phare"),)))
    (proposed,) = corrections.waiting(feed)
    assert proposed.versions == (replace(PAGE, title="Un grand phare"), ENGLISH)
    take(feed, Entry("phare", Kind.ARTICLE, (FRENCH,)))
    assert corrections.waiting(feed) == []


@pytest.mark.parametrize("judged", ["approved", "rejected", "edited"])
def test_what_people_judged_or_touched_meanwhile_stays_as_it_is(feed: Connection, judged: str) -> None:
    item = begun(feed)
    if judged == "approved":
        judgement.approve(feed, NOW, "anne", item, [message()], not_before=NOW)
    elif judged == "rejected":
        judgement.reject(feed, NOW, "anne", item, "non")
    else:
        judgement.edit(feed, NOW, "anne", item, [replace(FRENCH, title="Le phare")])
    before = item_by_id(feed, 1)
    assert not complete(feed, item, ENGLISH)
    assert item_by_id(feed, 1) == before


def test_the_other_side_that_comes_later_is_the_same_story(feed: Connection) -> None:
    complete(feed, begun(feed), ENGLISH)
    take(feed, Entry("lighthouse", Kind.ARTICLE, (ENGLISH,)), source="english")
    assert len(listing.items(feed)) == 1
    (known,) = listing.entries(feed, "english")
    assert (known.item, str(known.verdict)) == (1, "its address is known: the same story as i1")


def test_the_other_side_that_waits_already_is_paired(feed: Connection) -> None:
    take(feed, Entry("lighthouse", Kind.ARTICLE, (ENGLISH,)), source="english")
    item = begun(feed)
    assert complete(feed, item, replace(ENGLISH, summary="As its page has it."))
    assert item_by_id(feed, 1).versions == (PAGE, ENGLISH)
    assert item_by_id(feed, 2).state is ItemState.MERGED
    take(feed, Entry("phare", Kind.ARTICLE, (replace(FRENCH, title="Un grand phare"),)))
    assert item_by_id(feed, 1).versions == (replace(PAGE, title="Un grand phare"), ENGLISH)


def test_a_side_that_was_judged_already_is_named_and_left(feed: Connection) -> None:
    take(feed, Entry("lighthouse", Kind.ARTICLE, (ENGLISH,)), source="english")
    judgement.approve(feed, NOW, "anne", item_by_id(feed, 2), [message()], not_before=NOW)
    assert complete(feed, begun(feed), ENGLISH)
    assert item_by_id(feed, 1).versions == (PAGE,)
    assert item_by_id(feed, 2).state is ItemState.APPROVED


def test_only_new_items_of_these_sources_and_a_page_that_fails_three_times_in_all(feed: Connection) -> None:
    take(feed, entry("other"), source="other")
    for hours, items in ((0, [1]), (0, []), (1, [1]), (2, [1]), (3, []), (99, [])):
        begun_now = completing.begin(feed, NOW + hours * HOUR, {"feed"}, 20)
        assert [item.id for item in begun_now] == items, hours


def test_a_page_that_adds_nothing_makes_no_revision(feed: Connection) -> None:
    item = begun(feed)
    assert not completing.complete(feed, NOW, item, item.versions, [])
    assert item_by_id(feed, 1).revision == 1
    assert completing.words_of(feed, 1) == ""


def test_a_site_s_front_page_is_nobody_s_other_side(feed: Connection) -> None:
    complete(feed, begun(feed), replace(ENGLISH, url="https://example.org/"))
    assert item_by_id(feed, 1).versions == (PAGE,)
