"""Packs: their days and topics travel as their words do, and what is missing twice was taken out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.item import Entry, Item, Kind
from content_queue.lifecycle import ItemState
from content_queue.operations import corrections, history, holds, intake, judgement, listing, sources
from content_queue.operations.corrections import LEAVE, TAKE
from content_queue.operations.intake import Origin, Taken
from content_queue.operations.rows import item_by_id
from content_queue.store import tables as t
from tests.content_queue.builders import DAY, NOW, entry, message

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Connection

PACK = Origin("facts", topics=("startech",), whole=True)
DAY_ONE, LATER = date(2026, 12, 31), date(2027, 12, 31)


def fact(name: str, title: str = "", **more: object) -> Entry:
    plain = replace(entry(name, title or f"Fait {name}"), kind=Kind.FACT, evergreen=True)
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def show(
    tx: Connection, *entries: Entry, unread: Collection[str] | None = (), origin: Origin = PACK, days: int = 0
) -> Taken:
    now = NOW + days * DAY
    return intake.take_in(tx, now, origin, entries, [None] * len(entries), first=False, unread=unread)


@pytest.fixture
def pack(tx: Connection) -> Connection:
    """A pack whose three facts became items, of which the first is approved."""
    sources.register(tx, {"facts": ("fact", "")})
    show(tx, *(fact(name, review_by=DAY_ONE) for name in "abc"))
    judgement.approve(tx, NOW, "anne", item_by_id(tx, 1), [message()], not_before=NOW)
    return tx


def three(**more: object) -> list[Entry]:
    """The three facts, of which the first may say something else."""
    first = replace(fact("a", review_by=DAY_ONE), **more)  # type: ignore[arg-type]  # fields by name
    return [first, *(fact(name, review_by=DAY_ONE) for name in "bc")]


def proposed(tx: Connection) -> list[tuple[int, str]]:
    return [(one.item, one.what) for one in corrections.waiting(tx)]


def held(tx: Connection) -> list[str]:
    return [hold.target for hold in holds.active(tx, NOW)]


def item(tx: Connection, number: int = 1) -> Item:
    return item_by_id(tx, number)


# What is missing


def test_a_row_that_is_missing_from_two_readings_in_a_row_is_proposed_to_be_withdrawn(
    pack: Connection,
) -> None:
    rest = [fact("b", review_by=DAY_ONE), fact("c", review_by=DAY_ONE)]
    show(pack, *rest)
    assert (proposed(pack), held(pack)) == ([], [])
    show(pack, *rest)
    assert (proposed(pack), held(pack)) == ([(1, "withdrawn")], ["1"])
    assert item(pack).state is ItemState.APPROVED
    show(pack, *three())
    assert (proposed(pack), held(pack)) == ([], [])


def test_a_row_that_comes_back_in_between_is_not_missing(pack: Connection) -> None:
    for _ in range(3):
        show(pack, fact("b"), fact("c"))
        show(pack, fact("a"), fact("b"), fact("c"))
    assert "withdrawn" not in [what for _, what in proposed(pack)]


def test_the_last_row_and_many_rows_at_once_are_missed_too(pack: Connection) -> None:
    for _ in range(2):
        show(pack, fact("d"))
    assert proposed(pack) == [(1, "withdrawn"), (2, "withdrawn"), (3, "withdrawn")]


def test_a_row_that_is_there_and_cannot_be_read_is_not_missing(pack: Connection) -> None:
    for _ in range(3):
        show(pack, fact("b"), fact("c"), unread=["a"])
    assert (1, "withdrawn") not in proposed(pack)
    assert [row.item for row in listing.last_document(pack, "facts")] == [2, 3, 1]


def test_nothing_is_missing_while_nobody_can_tell_which_row_is_mistaken(pack: Connection) -> None:
    for _ in range(3):
        show(pack, *three()[1:], unread=None)
    assert proposed(pack) == []
    show(pack, *three()[1:])
    assert proposed(pack) == []
    show(pack, *three()[1:], unread=None)
    assert proposed(pack) == []
    show(pack, *three()[1:])
    assert proposed(pack) == [(1, "withdrawn")]


def test_a_row_that_is_taken_out_while_its_change_waits_is_told_after_the_answer(pack: Connection) -> None:
    show(pack, *three(versions=fact("a", "Corrigé").versions))
    assert proposed(pack) == [(1, "changed")]
    for _ in range(3):
        show(pack, *three()[1:])
    assert proposed(pack) == [(1, "changed")]
    corrections.answer(pack, NOW, "anne", item(pack), LEAVE)
    show(pack, *three()[1:])
    assert proposed(pack) == [(1, "withdrawn")]


def test_a_feed_is_a_window_as_before(tx: Connection) -> None:
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    for names in ("cba", "dcb", "edc", "fed"):
        show(tx, *(entry(name) for name in names), origin=Origin("feed"))
    assert proposed(tx) == []


# Days and topics


def test_new_days_travel_into_what_is_approved_and_its_approval_stands(pack: Connection) -> None:
    assert show(pack, *three(review_by=LATER, confirmed=DAY_ONE)).changed == ()
    found = item(pack)
    assert (found.review_by, found.confirmed, found.state) == (LATER, DAY_ONE, ItemState.APPROVED)
    assert (found.revision, proposed(pack), held(pack)) == (1, [], [])
    told = [str(each.why) for each in history.of_item(pack, 1) if each.what == "dated anew at the source"]
    assert told == ["to confirm by 2027-12-31", "confirmed on 2026-12-31"]


def test_new_topics_are_proposed_since_the_public_reads_them(pack: Connection) -> None:
    show(pack, *three(topics=("santé",)))
    assert (proposed(pack), held(pack), item(pack).topics) == ([(1, "changed")], ["1"], ("startech",))
    corrections.answer(pack, NOW, "anne", item(pack), TAKE)
    found = item(pack)
    assert (found.topics, found.state) == (("startech", "santé"), ItemState.PENDING)


def test_topics_that_are_put_back_propose_nothing_any_more(pack: Connection) -> None:
    show(pack, *three(topics=("santé",)))
    show(pack, *three())
    assert (proposed(pack), held(pack)) == ([], [])


def test_what_waits_for_judgement_follows_in_days_and_topics(pack: Connection) -> None:
    taken = show(pack, fact("a", review_by=DAY_ONE), fact("b", review_by=LATER, topics=("santé",)), fact("c"))
    assert taken.changed == (2,)
    found = item(pack, 2)
    assert (found.review_by, found.topics, found.state) == (LATER, ("startech", "santé"), ItemState.PENDING)
    assert item(pack, 3).review_by is None


def test_days_that_come_with_new_words_wait_with_them(pack: Connection) -> None:
    show(pack, *three(versions=fact("a", "En 2027").versions, review_by=LATER))
    assert (item(pack).review_by, proposed(pack)) == (DAY_ONE, [(1, "changed")])
    show(pack, *three(versions=fact("a", "En 2027").versions, review_by=LATER + timedelta(days=1)))
    assert item(pack).review_by == DAY_ONE
    corrections.answer(pack, NOW, "anne", item(pack), TAKE)
    found = item(pack)
    assert (found.title, found.review_by) == ("En 2027", LATER + timedelta(days=1))


def test_a_stale_fact_that_its_pack_renews_waits_for_judgement_again(pack: Connection) -> None:
    after = (DAY_ONE - NOW.date()).days + 2
    judgement.expire(pack, NOW + after * DAY, item(pack), history.NO_REASON)
    show(pack, *three(confirmed=DAY_ONE), days=after)
    assert item(pack).state is ItemState.EXPIRED
    show(pack, *three(review_by=LATER), days=after)
    found = item(pack)
    assert (found.state, found.review_by, found.title) == (ItemState.PENDING, LATER, "Fait a")


def test_a_stale_fact_that_is_renewed_in_other_words_has_those(pack: Connection) -> None:
    after = (DAY_ONE - NOW.date()).days + 2
    judgement.expire(pack, NOW + after * DAY, item(pack), history.NO_REASON)
    taken = show(pack, *three(versions=fact("a", "En 2027").versions, review_by=LATER), days=after)
    found = item(pack)
    assert (found.state, found.review_by, found.title) == (ItemState.PENDING, LATER, "En 2027")
    assert taken.changed == (1,)


def test_what_people_ended_stays_ended_whatever_its_days(pack: Connection) -> None:
    judgement.reject(pack, NOW, "anne", item(pack, 2), "faux")
    show(pack, fact("a", review_by=DAY_ONE), fact("b", review_by=LATER), fact("c", review_by=DAY_ONE))
    assert (item(pack, 2).state, item(pack, 2).review_by) == (ItemState.REJECTED, DAY_ONE)


def test_what_a_release_before_this_one_took_in_does_not_look_changed(pack: Connection) -> None:
    pack.execute(sa.update(t.entry).values(terms=sa.null()))  # as it left its rows
    assert show(pack, *three(review_by=LATER, topics=("santé",))).changed == ()
    assert (item(pack).review_by, item(pack).topics, proposed(pack)) == (DAY_ONE, ("startech",), [])
    show(pack, *three(review_by=LATER + timedelta(days=1), topics=("santé",)))
    assert item(pack).review_by == LATER + timedelta(days=1)


def test_days_for_words_that_people_kept_back_are_proposed_too(pack: Connection) -> None:
    other = fact("a", "En 2027").versions
    show(pack, *three(versions=other))
    corrections.answer(pack, NOW, "anne", item(pack), LEAVE)
    show(pack, *three(versions=other, review_by=LATER))
    assert (item(pack).review_by, proposed(pack)) == (DAY_ONE, [(1, "changed")])


# What a fact is known by


def test_the_page_where_people_read_more_is_not_the_fact(pack: Connection) -> None:
    sources.register(pack, {"facts": ("fact", ""), "feed": ("article", "https://example.org/feed")})
    page = "https://example.org/rapport"
    show(pack, entry("article", url=page), origin=Origin("feed"))
    told = show(pack, *three(), replace(entry("d", "Fait d", url=page), kind=Kind.FACT))
    assert [item(pack, number).title for number in told.new] == ["Fait d"]
    told = show(pack, *three(), *(replace(entry(name, name, url=page), kind=Kind.FACT) for name in "de"))
    assert [item(pack, number).title for number in told.new] == ["e"]


def test_an_article_about_a_fact_comes_in_beside_it(pack: Connection) -> None:
    sources.register(pack, {"facts": ("fact", ""), "feed": ("article", "https://example.org/feed")})
    pack.execute(sa.update(t.entry).values(address="https://example.org/a"))  # as an earlier release kept it
    show(pack, *three())
    told = show(pack, entry("article", url="https://example.org/a"), origin=Origin("feed"))
    assert len(told.new) == 1


def test_a_feed_s_topics_are_no_change(tx: Connection) -> None:
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    show(tx, entry("a"), origin=Origin("feed"))
    assert show(tx, replace(entry("a"), topics=("neuf",)), origin=Origin("feed")).changed == ()
    assert item(tx).topics == ()


def test_the_form_of_a_video_is_kept_for_who_asks(tx: Connection) -> None:
    sources.register(tx, {"feed": ("video", "https://example.org/feed")})
    show(tx, replace(entry("a"), form="short"), entry("b"), origin=Origin("feed"))
    show(tx, replace(entry("a"), form="short"), replace(entry("b"), form="live"), origin=Origin("feed"))
    assert [row.form for row in listing.last_document(tx, "feed")] == ["short", "live"]
