"""What waits for moderators expires by its kind, and comes in the order of what is lacking."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from content_queue.calendar import Calendar, parse_quiet, parse_slots
from content_queue.item import Kind
from content_queue.operations import judgement, pending
from content_queue.operations.pending import WAITS
from content_queue.operations.rows import item_by_id
from content_queue.planner import Rules, weekly
from tests.content_queue.builders import DAY, HOUR, NOW, approved, published, words
from tests.content_queue.builders import pending as waits_for_judgement

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def late(tx: Connection, days: float) -> list[tuple[int, str]]:
    return [(item.id, str(why)) for item, why in pending.unjudged(tx, NOW + days * DAY, WAITS)]


def test_news_that_nobody_judged_in_a_week_is_late_and_says_by_which_rule(tx: Connection) -> None:
    waits_for_judgement(tx)
    assert late(tx, 6.9) == []
    assert late(tx, 7) == [(1, "nobody judged it within 7 days: reopen it if it may still go out")]


@pytest.mark.parametrize(
    ("kind", "days"),
    [(Kind.PRESS, 7), (Kind.EVENT, 14), (Kind.VIDEO, 30), (Kind.FACT, None), (Kind.QUOTE, None)],
)
def test_each_kind_has_its_time(tx: Connection, kind: Kind, days: int | None) -> None:
    waits_for_judgement(tx, kind=kind)
    assert bool(late(tx, 365)) is (days is not None)
    if days:
        assert late(tx, days - 0.1) == []
        assert late(tx, days)


def test_what_people_added_or_pinned_waits_for_good(tx: Connection) -> None:
    waits_for_judgement(tx, source="")
    waits_for_judgement(tx, pinned_at=NOW + 60 * DAY)
    assert late(tx, 50) == []


def test_a_change_or_a_reopening_starts_the_time_anew(tx: Connection) -> None:
    item = waits_for_judgement(tx)
    judgement.edit(tx, NOW + 6 * DAY, "intake", item, [words("Autrement")])
    assert late(tx, 12) == []
    [(number, _)] = late(tx, 13)
    [(found, why)] = pending.unjudged(tx, NOW + 13 * DAY, WAITS)
    judgement.expire(tx, NOW + 13 * DAY, found, why)
    judgement.reopen(tx, NOW + 14 * DAY, "anne", item_by_id(tx, number))
    assert late(tx, 20.9) == []
    assert late(tx, 21)


def test_a_time_of_nothing_is_for_good(tx: Connection) -> None:
    waits_for_judgement(tx)
    assert pending.unjudged(tx, NOW + 365 * DAY, {Kind.ARTICLE: 0 * DAY}) == []


def test_what_the_next_empty_slots_lack_is_judged_first(tx: Connection) -> None:
    approved(tx)
    approved(tx, kind=Kind.VIDEO)
    approved(tx, kind=Kind.VIDEO)
    published(tx, NOW + HOUR)
    article = waits_for_judgement(tx)
    video = waits_for_judgement(tx, kind=Kind.VIDEO)
    english = waits_for_judgement(tx, versions=(words("A title", "en"),))
    older = waits_for_judgement(tx, versions=(words("Another", "en"),))
    order = [item.id for item in pending.to_judge(tx)]
    assert order == [english.id, older.id, article.id, video.id]
    assert [item.id for item in pending.to_judge(tx, 2)] == order[:2]


def test_what_lasts_least_long_is_judged_first_and_what_no_slot_takes_last(tx: Connection) -> None:
    for kind in (Kind.ARTICLE, Kind.ARTICLE, Kind.VIDEO):
        approved(tx, kind=kind)
    event = waits_for_judgement(tx, kind=Kind.EVENT)
    video = waits_for_judgement(tx, kind=Kind.VIDEO)
    article = waits_for_judgement(tx)
    need = {(Kind.ARTICLE, "fr"): 14.0, (Kind.VIDEO, "fr"): 2.0}
    assert [item.id for item in pending.to_judge(tx, need=need)] == [article.id, video.id, event.id]
    assert [item.id for item in pending.to_judge(tx)] == [event.id, video.id, article.id]


def test_a_week_asks_for_each_kind_s_share_of_the_slots_that_speak() -> None:
    quiet = parse_quiet("21:00-07:00")
    slots = parse_slots(["mon-fri 06:30, 08:30, 12:15", "sat 10:00", "sun 09:00-12:00 every 60m"])
    calendar = Calendar(ZoneInfo("America/Toronto"), slots, quiet)
    plain = Rules("one", frozenset({"fr"}), calendar, timedelta(0), None, {}, timedelta(0), timedelta(0))
    mixed = replace(plain, languages=frozenset({"fr", "en"}), mix={Kind.ARTICLE: 2, Kind.FACT: 1})
    assert weekly([plain]) == dict.fromkeys(((kind, "fr") for kind in Kind), 15.0)
    assert weekly([mixed]) == {
        (kind, language): posts
        for kind, posts in ((Kind.ARTICLE, 10.0), (Kind.FACT, 5.0))
        for language in ("fr", "en")
    }
    assert weekly([replace(plain, daily_max=1)])[Kind.VIDEO, "fr"] == 7.0
    assert weekly([replace(plain, calendar=replace(calendar, slots=()))]) == {}


def test_of_very_many_the_oldest_and_the_newest_are_weighed(tx: Connection) -> None:
    items = [waits_for_judgement(tx) for _ in range(6)]
    english = waits_for_judgement(tx, versions=(words("A title", "en"),))
    approved(tx)
    order = [item.id for item in pending.to_judge(tx, ends=2)]
    assert order == [english.id, items[0].id, items[1].id, items[5].id]
