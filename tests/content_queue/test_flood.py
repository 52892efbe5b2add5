"""A feed that shows many old entries as new waits for a person: P20, P25, P26 of the hostile cases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from content_queue.item import Entry, Kind, Scope
from content_queue.lifecycle import ItemState
from content_queue.operations import flood, holds, intake, listing
from content_queue.operations.intake import Origin, Taken
from content_queue.operations.rows import item_by_id
from tests.content_queue.builders import DAY, HOUR, NOW, entry, words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.engine import Connection

TRUSTED = Origin("feed", partner="Ève", topics=("startech",), trusted=True)


def aged(count: int, age: timedelta, name: str = "old") -> list[Entry]:
    return [entry(f"{name}-{n}", published_at=NOW - age - n * HOUR) for n in range(count)]


def poll(
    tx: Connection, entries: Sequence[Entry], *, now: datetime = NOW, last_good: datetime | None = NOW - HOUR
) -> Taken:
    nothing_refused = [None] * len(entries)
    return intake.take_in(tx, now, TRUSTED, entries, nothing_refused, first=False, last_good=last_good)


def held(tx: Connection) -> list[str]:
    return [hold.reason for hold in holds.active(tx, NOW) if hold.scope is Scope.SOURCE]


def test_a_flood_of_old_entries_makes_no_item_and_holds_its_source_once(tx: Connection) -> None:
    moved = aged(500, 30 * DAY)
    assert poll(tx, moved) == Taken(held=500)
    assert listing.items(tx) == []
    assert held(tx) == [flood.HELD]
    assert poll(tx, moved) == Taken(known=500)
    assert poll(tx, aged(30, 40 * DAY, "again")) == Taken(held=30)
    assert held(tx) == [flood.HELD]
    assert flood.waiting(tx, "feed") == 530


@pytest.mark.parametrize(
    ("count", "age"),
    [(20, 30 * DAY), (500, HOUR * 0), (21, 47 * HOUR - 20 * HOUR)],
    ids=["few", "new", "young"],
)
def test_a_few_old_ones_or_many_young_ones_are_no_flood(tx: Connection, count: int, age: timedelta) -> None:
    entries = [replace(one, published_at=NOW - age) for one in aged(count, age)]
    assert len(poll(tx, entries).new) == count
    assert held(tx) == []


def test_coming_back_after_a_week_is_no_flood(tx: Connection) -> None:
    meanwhile = [entry(str(n), published_at=NOW - n * 4 * HOUR) for n in range(40)]
    assert len(poll(tx, meanwhile, last_good=NOW - 7 * DAY).new) == 40


def test_many_without_a_date_are_a_flood(tx: Connection) -> None:
    assert poll(tx, [entry(str(n)) for n in range(21)]).held == 21


def test_what_is_known_by_its_address_does_not_count(tx: Connection) -> None:
    intake.take_in(tx, NOW, TRUSTED, aged(30, 9 * DAY), [None] * 30, first=True)
    renamed = [replace(one, guid=f"tag:new,{one.guid}") for one in aged(30, 9 * DAY)]
    assert poll(tx, [*renamed, entry("new", published_at=NOW)]) == Taken(new=(1,), known=30)
    assert held(tx) == []


def test_what_waits_can_be_let_in_whole_and_is_then_judged_by_people(tx: Connection) -> None:
    summary = Entry("z", Kind.EVENT, (words("Titre", summary="Le texte", url="https://example.org/z"),))
    poll(tx, [*aged(25, 30 * DAY), summary])
    made = flood.release(tx, NOW, "anne", "feed")
    items = [item_by_id(tx, number) for number in made]
    assert len(items) == 26
    assert {item.state for item in items} == {ItemState.PENDING}
    assert {(item.source, item.partner, item.topics, item.by_rule) for item in items} == {
        ("feed", "Ève", ("startech",), False)
    }
    assert [item.versions for item in items if item.kind is Kind.EVENT] == [summary.versions]
    oldest = min(entry.published_at for entry in aged(25, 30 * DAY) if entry.published_at)
    assert items[0].published_at == oldest
    assert held(tx) == []
    assert flood.waiting(tx, "feed") == 0
    assert str(listing.entries_of_item(tx, made[0])[0].verdict) == str(flood.LET_IN)
    assert poll(tx, aged(25, 30 * DAY)) == Taken(known=25)


def test_what_waits_can_be_taken_as_a_baseline(tx: Connection) -> None:
    poll(tx, aged(25, 30 * DAY))
    assert flood.release(tx, NOW, "anne", "feed", newest=0) == []
    assert listing.items(tx) == []
    assert (held(tx), flood.waiting(tx, "feed")) == ([], 0)
    assert poll(tx, aged(25, 30 * DAY)) == Taken(known=25)


def test_the_newest_of_what_waits_can_be_let_in_and_the_others_stay_out_for_good(tx: Connection) -> None:
    shuffled = aged(25, 30 * DAY)[::2] + aged(25, 30 * DAY)[1::2]
    poll(tx, shuffled)
    shown = flood.listed(tx, "feed")
    assert [one.published_at for one in shown] == [NOW - 30 * DAY - n * HOUR for n in range(25)]
    assert (shown[0].title, shown[0].url) == ("Titre old-0", "https://example.org/old-0")
    made = flood.release(tx, NOW, "anne", "feed", newest=3)
    items = [item_by_id(tx, number) for number in made]
    assert [item.published_at for item in items] == [one.published_at for one in shown[2::-1]]
    assert (held(tx), flood.listed(tx, "feed")) == ([], [])
    assert poll(tx, aged(25, 30 * DAY)) == Taken(known=25)
    left = [str(row.verdict) for row in listing.entries(tx, "feed") if row.item is None]
    assert left == [str(flood.LEFT_OUT)] * 22


def test_more_than_wait_lets_all_of_them_in(tx: Connection) -> None:
    poll(tx, aged(25, 30 * DAY))
    assert len(flood.release(tx, NOW, "anne", "feed", newest=99)) == 25


def test_a_young_entry_beside_a_waiting_flood_comes_in(tx: Connection) -> None:
    poll(tx, aged(25, 30 * DAY))
    assert len(poll(tx, [*aged(25, 30 * DAY), entry("fresh", published_at=NOW)]).new) == 1
