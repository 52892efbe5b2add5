"""The feed doctor: a source's habit, what is wrong with it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.item import Entry, Kind
from content_queue.operations import doctor, intake, listing, sources
from content_queue.operations.doctor import Health
from content_queue.operations.intake import Origin
from content_queue.store import tables as t
from tests.content_queue.builders import DAY, HOUR, NOW, entry, words

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection


@pytest.fixture
def feed(tx: Connection) -> Connection:
    """A feed that brought one entry a day, the last one now."""
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    for day in range(10):
        take(tx, NOW - (9 - day) * DAY, entry(f"day-{day}"))
    return tx


def take(tx: Connection, when: datetime, *entries: Entry) -> None:
    intake.take_in(tx, when, Origin("feed"), entries, [None] * len(entries), first=False)
    well(tx, last_item_at=when)


def well(tx: Connection, **values: object) -> None:
    tx.execute(sa.update(t.source).where(t.source.c.name == "feed").values(**values))


def examined(tx: Connection, now: datetime = NOW) -> Health:
    row = listing.source(tx, "feed")
    assert row is not None
    return doctor.health(tx, now, row)


def advice(tx: Connection, now: datetime = NOW) -> list[str]:
    return [str(line) for line in examined(tx, now).advice]


def test_a_source_that_fares_well_has_a_habit_and_no_advice(feed: Connection) -> None:
    assert examined(feed) == Health(DAY, NOW, 0.0, 0.0, ())


def test_too_few_entries_make_no_habit(tx: Connection) -> None:
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    take(tx, NOW, entry("a"))
    assert examined(tx, NOW + 90 * DAY) == Health(None, NOW, 0.0, 0.0, ())


def test_silence_is_told_against_its_own_habit(feed: Connection) -> None:
    assert advice(feed, NOW + 7 * DAY) == []
    assert advice(feed, NOW + 8 * DAY) == [
        "it has been silent for 8 days, unlike before: see whether it has moved"
    ]


def test_a_burst_is_told_against_its_own_habit(feed: Connection) -> None:
    take(feed, NOW + HOUR, *[entry(f"burst-{number}") for number in range(12)])
    assert advice(feed, NOW + HOUR) == [
        "it brought 13 entries in a day, far more than before: see whether they are its own"
    ]


def test_guids_that_change_are_told(feed: Connection) -> None:
    again = [entry(f"new-{day}", f"Titre day-{day}", f"https://example.org/day-{day}") for day in range(10)]
    take(feed, NOW + HOUR, *again)
    found = examined(feed, NOW + HOUR)
    assert found.churn == 0.5
    assert str(found.advice[0]) == "its guids change: tell its owner; nothing is posted twice for it"


def test_texts_that_break_off_are_told(tx: Connection) -> None:
    sources.register(tx, {"feed": ("article", "https://example.org/feed")})
    cut = [
        Entry(
            str(n),
            Kind.ARTICLE,
            (words(f"Titre {n}", summary=f"Le texte {n} […]", url=f"https://e.org/{n}"),),
        )
        for n in range(6)
    ]
    take(tx, NOW, *cut)
    assert examined(tx).cut == 1.0
    assert advice(tx) == ["its texts break off: ask its owner for whole texts, or edit them"]


def test_what_reading_it_had_to_mend_and_how_it_fails_are_told(feed: Connection) -> None:
    well(feed, notes=["2 damaged characters were replaced"], failures=3, error="it answered 500")
    assert advice(feed) == [
        "it fails, and is asked again by itself: it answered 500",
        "2 damaged characters were replaced: its owner may want to know",
    ]
    well(feed, gone=True, notes=[])
    assert advice(feed) == ["it is gone for good: remove it, or give its new address"]


def test_a_host_that_asked_for_time_and_a_move_for_good_are_told(feed: Connection) -> None:
    well(feed, wait_until=NOW + HOUR, address="https://example.org/new")
    until = (NOW + HOUR).isoformat(" ", "minutes")
    assert advice(feed) == [
        f"its host asked not to be asked before {until}: nothing to do",
        "it has moved for good: write https://example.org/new in its place",
    ]
    assert advice(feed, NOW + HOUR) == ["it has moved for good: write https://example.org/new in its place"]


def test_a_flood_that_waits_asks_for_a_decision(feed: Connection) -> None:
    old = [entry(f"old-{number}", published_at=NOW - 90 * DAY) for number in range(21)]
    origin = Origin("feed")
    intake.take_in(feed, NOW, origin, old, [None] * 21, first=False, last_good=NOW - HOUR)
    assert advice(feed)[0] == "21 entries appeared at once: decide what comes in"
