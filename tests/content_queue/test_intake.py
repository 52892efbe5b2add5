"""Taking in: nothing twice, nothing lost, nothing at the first poll, nobody's words but the source's own."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from content_queue.item import Entry, Kind, Reason, Scope
from content_queue.lifecycle import ItemState
from content_queue.operations import history, holds, intake, judgement, listing, sources
from content_queue.operations.corrections import CHANGED
from content_queue.operations.intake import Origin, Taken
from content_queue.operations.rows import item_by_id
from tests.content_queue.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    entry,
    message,
    plain_item,
    published,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

FEED = Origin("feed")


def poll(
    tx: Connection,
    *entries: Entry,
    origin: Origin = FEED,
    now: datetime = NOW,
    first: bool = False,
    refusals: Sequence[Reason | None] = (),
) -> Taken:
    sifted = refusals or [None] * len(entries)
    return intake.take_in(tx, now, origin, entries, sifted, first=first)


def titles(tx: Connection) -> list[str]:
    return sorted(item.title for item in listing.items(tx))


def approve(tx: Connection, number: int) -> None:
    item = item_by_id(tx, number)
    judgement.approve(tx, NOW, "anne", item, [message()], not_before=NOW)


# New and known


def test_every_entry_of_one_poll_becomes_an_item(tx: Connection) -> None:
    taken = poll(tx, *[entry(str(number)) for number in range(5)])
    assert len(taken.new) == 5
    assert titles(tx) == [f"Titre {number}" for number in range(5)]


def test_an_item_inherits_what_its_source_says(tx: Connection) -> None:
    origin = Origin("feed", partner="Ève", topics=("startech",), trusted=True)
    poll(tx, entry("a", topics=("ia", "startech"), evergreen=True), origin=origin)
    item = item_by_id(tx, 1)
    assert (item.source, item.partner, item.topics) == ("feed", "Ève", ("startech", "ia"))
    assert (item.by_rule, item.evergreen, item.state) == (True, True, ItemState.PENDING)


def test_what_was_seen_is_never_new_again(tx: Connection) -> None:
    poll(tx, entry("a"), entry("b"))
    assert poll(tx, entry("b"), entry("a")) == Taken(known=2)


def test_a_feed_that_empties_and_fills_again_brings_nothing_twice(tx: Connection) -> None:
    poll(tx, entry("a"), entry("b"))
    poll(tx)
    assert poll(tx, entry("a"), entry("b")).new == ()


def test_changed_guids_bring_nothing_twice(tx: Connection) -> None:
    poll(tx, *[entry(str(n)) for n in range(30)])
    renamed = [entry(f"tag:new,{n}", f"Titre {n}", f"https://example.org/{n}") for n in range(30)]
    assert poll(tx, *renamed).new == ()


def test_an_address_with_another_scheme_or_campaign_is_the_same_story(tx: Connection) -> None:
    poll(tx, entry("a", url="https://example.org/story"))
    assert poll(tx, entry("b", url="http://www.example.org/story/?utm_source=rss")).new == ()


def test_a_redated_feed_brings_nothing_twice(tx: Connection) -> None:
    poll(tx, entry("a", published_at=NOW - 9 * DAY))
    assert poll(tx, entry("a", published_at=NOW), now=NOW + HOUR).new == ()


def test_a_guid_used_for_two_things_names_neither(tx: Connection) -> None:
    poll(tx, entry("same", "Un", "https://example.org/1"), entry("same", "Deux", "https://example.org/2"))
    assert titles(tx) == ["Deux", "Un"]


def test_an_entry_twice_in_one_document_is_one_item(tx: Connection) -> None:
    assert len(poll(tx, entry("a"), entry("a")).new) == 1


def test_the_same_story_of_two_sources_is_one_item(tx: Connection) -> None:
    poll(tx, entry("a", url="https://example.org/story"))
    again = poll(tx, entry("z", "Repris", "https://example.org/story"), origin=Origin("agregateur"))
    assert again == Taken(known=1)
    [row] = listing.entries(tx, "agregateur")
    assert (str(row.verdict), row.item) == ("its address is known: the same story as i1", 1)


def test_a_title_alone_never_merges_two_stories(tx: Connection) -> None:
    poll(tx, entry("a", "Rendez-vous"), entry("b", "Rendez-vous"))
    assert titles(tx) == ["Rendez-vous", "Rendez-vous"]


def test_the_same_words_at_another_address_of_the_source_are_the_same_story(tx: Connection) -> None:
    first = Entry("a", Kind.ARTICLE, (words("Titre", summary="Le texte", url="https://example.org/1"),))
    moved = Entry("b", Kind.ARTICLE, (words("Titre", summary="Le texte", url="https://example.org/2"),))
    poll(tx, first)
    assert poll(tx, moved).new == ()
    assert len(poll(tx, moved, origin=Origin("other-feed")).new) == 0  # its address is known by now
    elsewhere = Entry("c", Kind.ARTICLE, (words("Titre", summary="Le texte", url="https://autre.org/3"),))
    assert len(poll(tx, elsewhere, origin=Origin("third-feed")).new) == 1


def test_absurd_dates_are_clamped(tx: Connection) -> None:
    poll(tx, entry("a", published_at=datetime(9999, 1, 1, tzinfo=UTC)), entry("b", published_at=None))
    assert {item.published_at for item in listing.items(tx)} == {NOW}


def test_sifted_entries_make_no_item_and_say_why(tx: Connection) -> None:
    refusal = Reason("it has none of the words %(words)s", {"words": "StarTech"})
    assert poll(tx, entry("a"), entry("b"), refusals=[refusal, None]) == Taken(new=(1,), sifted=1)
    verdicts = {row.title: str(row.verdict) for row in listing.entries(tx, "feed")}
    assert verdicts == {
        "Titre a": "it has none of the words StarTech",
        "Titre b": "new: it became an item",
    }


# The first poll


def test_the_first_poll_publishes_nothing(tx: Connection) -> None:
    assert poll(tx, entry("a"), entry("b"), first=True) == Taken(baseline=2)
    assert listing.items(tx) == []
    assert poll(tx, entry("a"), entry("b"), entry("c")).new == (1,)


def test_a_backlog_lets_the_newest_of_the_first_poll_in(tx: Connection) -> None:
    entries = [entry(str(n), published_at=NOW - n * DAY) for n in range(6)]
    random.Random(1).shuffle(entries)
    origin = replace(FEED, backlog=2)
    assert poll(tx, *entries, origin=origin, first=True).baseline == 4
    assert titles(tx) == ["Titre 0", "Titre 1"]


def test_a_backlog_counts_only_what_the_filters_let_through(tx: Connection) -> None:
    entries = [entry(str(n), published_at=NOW - n * DAY) for n in range(3)]
    no = Reason("no")
    poll(tx, *entries, origin=replace(FEED, backlog=1), first=True, refusals=[no, None, None])
    assert titles(tx) == ["Titre 1"]


# Changes at the source


def test_a_pending_items_words_follow_its_source(tx: Connection) -> None:
    poll(tx, entry("a"))
    assert poll(tx, entry("a", "Corrigé")).changed == (1,)
    assert poll(tx, entry("a", "Corrigé encore")).changed == (1,)
    item = item_by_id(tx, 1)
    assert (item.title, item.revision, item.state) == ("Corrigé encore", 3, ItemState.PENDING)


def test_an_unchanged_entry_changes_nothing(tx: Connection) -> None:
    poll(tx, entry("a"))
    poll(tx, entry("a"), now=NOW + 2 * DAY)
    assert item_by_id(tx, 1).revision == 1


@pytest.mark.parametrize("trusted", [True, False])
def test_an_approved_item_that_changed_at_its_source_is_held(tx: Connection, *, trusted: bool) -> None:
    poll(tx, entry("a"), origin=replace(FEED, trusted=trusted))
    approve(tx, 1)
    assert poll(tx, entry("a", "Changé")) == Taken(known=1)
    item = item_by_id(tx, 1)
    assert (item.title, item.state) == ("Titre a", ItemState.APPROVED)
    assert [(h.scope, h.target, h.reason) for h in holds.active(tx, NOW)] == [(Scope.ITEM, "1", CHANGED)]
    assert str(history.of_item(tx, 1)[-2].why) == "feed changed it: Changé"


def test_an_approved_item_that_a_person_edited_is_held_too(tx: Connection) -> None:
    poll(tx, entry("a"))
    judgement.edit(tx, NOW, "anne", item_by_id(tx, 1), [words("Mieux dit")])
    approve(tx, 1)
    poll(tx, entry("a", "Changé"))
    assert item_by_id(tx, 1).title == "Mieux dit"
    assert [h.target for h in holds.active(tx, NOW)] == ["1"]


def test_nothing_is_held_where_nothing_is_left_to_go_out(tx: Connection) -> None:
    poll(tx, entry("a"))
    out = published(tx)
    poll(tx, entry("a", "Changé"))
    assert item_by_id(tx, out.item).state is ItemState.APPROVED
    assert holds.active(tx, NOW) == []


def test_a_persons_words_are_never_overwritten_by_the_source(tx: Connection) -> None:
    poll(tx, entry("a"))
    judgement.edit(tx, NOW, "anne", item_by_id(tx, 1), [words("Mieux dit")])
    assert poll(tx, entry("a", "Changé")).changed == ()
    assert item_by_id(tx, 1).title == "Mieux dit"
    assert history.of_item(tx, 1)[-1].what == "changed at the source"


@pytest.mark.parametrize("is_approved", [True, False])
def test_another_source_that_shows_an_item_too_can_neither_reword_nor_hold_it(
    tx: Connection, *, is_approved: bool
) -> None:
    story = entry("a", "Titre", "https://example.org/story")
    poll(tx, story, origin=replace(FEED, trusted=True))
    hostile = Origin("hostile")
    poll(tx, replace(story, guid="h"), origin=hostile)
    if is_approved:
        approve(tx, 1)
    assert poll(tx, entry("h", "ACHETEZ !", "https://example.org/story"), origin=hostile).changed == ()
    assert (item_by_id(tx, 1).title, item_by_id(tx, 1).revision) == ("Titre", 1)
    assert holds.active(tx, NOW) == []


def test_a_rejected_item_stays_rejected_whatever_its_source_does(tx: Connection) -> None:
    poll(tx, entry("a"))
    judgement.reject(tx, NOW, "anne", item_by_id(tx, 1), "non")
    assert poll(tx, entry("a", "Changé")).changed == ()
    assert item_by_id(tx, 1).state is ItemState.REJECTED


# What a person adds


def test_what_a_person_adds_is_known_when_a_source_brings_it_later(tx: Connection) -> None:
    own = plain_item(versions=(words("À la main", url="https://example.org/a"),), source="")
    number = intake.add_by_person(tx, NOW, "anne", own)
    assert poll(tx, entry("a", url="https://example.org/a")).new == ()
    assert listing.items_at(tx, ["https://example.org/a"], "https://example.org/a") == [number]


def test_an_address_that_is_an_item_already_cannot_be_added(tx: Connection) -> None:
    poll(tx, entry("a", url="https://example.org/a"))
    own = plain_item(versions=(words("Encore", url="http://example.org/a/"),), source="")
    with pytest.raises(ValueError, match="this address is known already: i1"):
        intake.add_by_person(tx, NOW, "anne", own)


def test_a_person_may_add_what_the_first_poll_passed_over(tx: Connection) -> None:
    poll(tx, entry("a", url="https://example.org/a"), first=True)
    own = plain_item(versions=(words("Choisi", url="https://example.org/a"),), source="")
    number = intake.add_by_person(tx, NOW, "anne", own)
    with pytest.raises(ValueError, match=f"known already: i{number}"):
        intake.add_by_person(tx, NOW, "anne", own)
    assert poll(tx, entry("a2", url="https://example.org/a")).new == ()
    assert listing.entries(tx, "feed")[0].item == number


def test_two_languages_may_share_one_address(tx: Connection) -> None:
    own = plain_item(
        versions=(words("Un", url="https://example.org/a"), words("One", "en", url="https://example.org/a")),
    )
    assert intake.add_by_person(tx, NOW, "anne", own) == 1


def test_a_front_door_is_no_identity(tx: Connection) -> None:
    for title in ("Un", "Deux"):
        own = plain_item(versions=(words(title, url="https://example.org/"),))
        intake.add_by_person(tx, NOW, "anne", own)
    assert titles(tx) == ["Deux", "Un"]


# Bookkeeping


def test_still_seen_is_written_once_a_day_at_most(tx: Connection) -> None:
    poll(tx, entry("a"))
    poll(tx, entry("a"), now=NOW + HOUR)
    assert listing.entries(tx, "feed")[0].last_seen == NOW
    poll(tx, entry("a"), now=NOW + DAY + MINUTE)
    assert listing.entries(tx, "feed")[0].last_seen == NOW + DAY + MINUTE


# The last document


def test_the_last_document_is_kept_in_its_order_with_what_became_of_each_entry(tx: Connection) -> None:
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    refusal = Reason("excluded by %(rule)s", {"rule": "emploi"})
    poll(tx, entry("a"), entry("b"), refusals=[None, refusal])
    poll(tx, entry("c"), entry("b"), entry("a"))
    told = [(row.title, str(row.verdict), row.item) for row in listing.last_document(tx, "feed")]
    assert told == [
        ("Titre c", "new: it became an item", 2),
        ("Titre b", "excluded by emploi", None),
        ("Titre a", "new: it became an item", 1),
    ]
