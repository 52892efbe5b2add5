"""Why an item has no slot yet, in one sentence."""

from collections.abc import Sequence

from content_queue.planner import Candidate, Placed, Rules, explain_wait, soonest
from tests.content_queue.plans import DAY, HOUR, NOW, at, item, rules, standing


def waits(of: Rules, candidate: Candidate, placed: Sequence[Placed] = ()) -> str:
    return str(explain_wait(of, candidate, placed, NOW, NOW + DAY))


def test_why_an_item_waits_is_said_in_one_sentence() -> None:
    nine = rules("daily 09:00")
    full = [standing(at("09:00"))]
    assert (
        waits(nine, item(1, languages=frozenset({"en"}))) == "it has no version in the channel's language: fr"
    )
    assert waits(nine, item(1, expires_at=NOW)) == "it expired at 2026-01-05 00:00"
    assert waits(rules(), item(1)) == 'x-fr has no slots; give it some: slots = ["daily 09:00"]'
    assert (
        waits(nine, item(1, last_out=at("10:00") - 29 * DAY))
        == "it was out lately and rests until 2026-01-06 10:00"
    )
    assert (
        waits(nine, item(1, not_before=at("10:00", 6)))
        == "the grace after the last change ends at 2026-01-06 10:00"
    )
    assert (
        waits(nine, item(1, expires_at=at("08:00")))
        == "it expires at 2026-01-05 08:00, and no slot is free before"
    )
    assert waits(nine, item(1)) == "the slot of 2026-01-05 09:00 is free: it gets it unless others go before"
    assert waits(nine, item(1), full) == "no slot is free before 2026-01-06 00:00; posts ahead of it: 1"


def test_why_an_item_waits_names_the_rule_that_closes_the_slots() -> None:
    stands = [standing(at("10:00"))]
    assert waits(rules("daily 09:00", min_gap=2 * HOUR), item(1), stands) == (
        "no slot before 2026-01-06 00:00 is 120 min from other posts; posts ahead of it: 1"
    )
    assert waits(rules("daily 09:00", daily_max=1), item(1), stands) == (
        "the days before 2026-01-06 00:00 are full, at most 1 a day; posts ahead of it: 1"
    )
    assert waits(rules("daily 09:00", quiet="08:00-10:00"), item(1)) == (
        "no slot before 2026-01-06 00:00: quiet hours, holidays or a sparse calendar"
    )


def test_why_a_pinned_item_waits() -> None:
    nine = rules("daily 09:00")
    assert (
        waits(nine, item(1, pinned_at=at("11:00", 9)))
        == "a person chose the time: it goes out at 2026-01-09 11:00"
    )
    assert waits(nine, item(1, pinned_at=NOW - DAY)) == (
        "the time a person chose, 2026-01-04 00:00, has passed; give it another"
    )


def test_a_newcomer_gets_the_first_time_at_which_nothing_stands() -> None:
    hourly, ready = rules("daily 09:00-12:00 every 60m"), at("09:30")
    assert soonest(hourly, [], ready, NOW + DAY) == at("10:00")
    assert soonest(hourly, [standing(at("10:00"))], ready, NOW + DAY) == at("11:00")
    assert soonest(hourly, [], at("12:30"), NOW + DAY) is None
