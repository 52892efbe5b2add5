"""What goes out when, and why: the planner's rules as sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

import pytest

from content_queue.calendar import local_day
from content_queue.item import Kind
from content_queue.planner import Candidate, Placed, Rules, plan
from tests.content_queue.plans import (
    ARTICLE,
    DAY,
    FACT,
    HOUR,
    MINUTE,
    MONTREAL,
    NOW,
    QUOTE,
    VIDEO,
    at,
    item,
    rules,
    standing,
)


def planned(
    of: Rules, candidates: Sequence[Candidate], placed: Sequence[Placed] = (), until: datetime = NOW + DAY
) -> list[tuple[int, str]]:
    choices = plan(of, candidates, placed, NOW, until)
    return [(choice.item, f"{choice.due_at.astimezone(MONTREAL):%H:%M}") for choice in choices]


def order(of: Rules, candidates: Sequence[Candidate], placed: Sequence[Placed] = ()) -> list[int]:
    return [choice.item for choice in plan(of, candidates, placed, NOW, NOW + 14 * DAY)]


EVERY_HOUR = "daily 00:00-24:00 every 1h"


# --- one slot after the other ---


def test_each_slot_takes_one_item_the_oldest_approved_first() -> None:
    assert planned(rules("daily 09:00, 12:00, 18:00"), [item(3), item(1), item(2), item(4)]) == [
        (1, "09:00"),
        (2, "12:00"),
        (3, "18:00"),
    ]


def test_a_choice_says_channel_item_round_and_why() -> None:
    (choice,) = plan(rules("daily 09:00"), [item(7, round=3)], [], NOW, NOW + DAY)
    assert (choice.channel, choice.item, choice.round, choice.due_at) == ("x-fr", 7, 3, at("09:00"))
    assert str(choice.reason) == "of all that is ready it waited longest"


def test_neither_now_nor_the_end_is_a_slot() -> None:
    assert planned(rules(EVERY_HOUR), [item(1), item(2)], until=NOW + 2 * HOUR) == [(1, "01:00")]


def test_a_slot_that_has_its_post_is_not_used_again() -> None:
    stands = [standing(at("09:00")), standing(at("12:03"))]
    of = rules("daily 09:00, 12:00, 18:00", jitter=5 * MINUTE)
    assert [
        due.hour
        for due in (c.due_at.astimezone(MONTREAL) for c in plan(of, [item(1)], stands, NOW, NOW + DAY))
    ] == [18]


def test_an_item_that_is_planned_is_not_planned_twice() -> None:
    assert planned(rules(EVERY_HOUR), [item(1)], [standing(at("12:00"), number=1)]) == []


def test_only_items_that_the_channel_speaks() -> None:
    english, any_language = frozenset({"en"}), frozenset[str]()
    candidates = [item(1, languages=english), item(2), item(3, languages=any_language)]
    assert order(rules(EVERY_HOUR), candidates) == [2, 3]


def test_the_gap_keeps_its_distance_from_both_neighbours() -> None:
    stands = [standing(at("03:20")), standing(at("05:50"))]
    of = rules(EVERY_HOUR, min_gap=45 * MINUTE)
    assert planned(of, [item(n) for n in range(9)], stands, NOW + 8 * HOUR) == [
        (0, "01:00"),
        (1, "02:00"),
        (2, "05:00"),
        (3, "07:00"),
    ]


def test_a_day_is_full_by_the_local_clock() -> None:
    of = rules(EVERY_HOUR, daily_max=2)
    stands = [standing(at("23:30"))]  # already Tuesday in UTC
    assert planned(of, [item(n) for n in range(9)], stands, NOW + 2 * DAY) == [
        (0, "01:00"),
        (1, "00:00"),
        (2, "01:00"),
    ]


def test_no_slot_in_quiet_hours_and_none_on_a_holiday() -> None:
    of = rules(EVERY_HOUR, quiet="21:00-07:00")
    of = replace(of, calendar=replace(of.calendar, is_holiday=lambda day: day == date(2026, 1, 6)))
    times = plan(of, [item(n) for n in range(99)], [], NOW, NOW + 3 * DAY)
    assert Counter(local_day(MONTREAL, c.due_at).day for c in times) == {5: 14, 7: 14}


def test_grace_and_expiry_are_asked_of_the_time_it_goes_out() -> None:
    candidates = [
        item(1, not_before=at("10:30")),
        item(2, expires_at=at("09:00")),
        item(3, expires_at=at("09:01")),
    ]
    assert planned(rules("daily 09:00, 12:00"), candidates) == [(3, "09:00"), (1, "12:00")]


# --- who goes first ---


@pytest.mark.parametrize(
    "weights", [{ARTICLE: 4, VIDEO: 2, FACT: 2}, {ARTICLE: 60, VIDEO: 30, FACT: 10}, {FACT: 7}]
)
def test_each_kind_gets_its_exact_share_of_every_window(weights: Mapping[Kind, int]) -> None:
    candidates = [item(n, (ARTICLE, VIDEO, FACT)[n % 3]) for n in range(600)]
    kinds = {c.item: c.kind for c in candidates}
    chosen = [kinds[number] for number in order(rules(EVERY_HOUR, mix=weights), candidates)][:120]
    total = sum(weights.values())
    for end in (80, 100, 120):
        seen = Counter(chosen[end - 40 : end])
        assert {kind: seen[kind] * total for kind in weights} == {kind: 40 * w for kind, w in weights.items()}


def test_kinds_alternate_instead_of_coming_in_blocks() -> None:
    candidates = [item(n, (ARTICLE, VIDEO)[n % 2]) for n in range(40)]
    kinds = {c.item: c.kind for c in candidates}
    chosen = [kinds[number] for number in order(rules(EVERY_HOUR, mix={ARTICLE: 50, VIDEO: 50}), candidates)]
    assert all(one != other for one, other in pairwise(chosen))


def test_a_small_share_waits_until_its_turn_is_near() -> None:
    candidates = [item(n, (ARTICLE, VIDEO, FACT)[n % 3]) for n in range(60)]
    kinds = {c.item: c.kind.value[0] for c in candidates}
    weights = {ARTICLE: 60, VIDEO: 30, FACT: 10}
    chosen = order(rules(EVERY_HOUR, mix=weights), candidates)[:10]
    assert "".join(kinds[number] for number in chosen) == "avaavfaava"


def test_the_kind_most_behind_its_share_of_the_history_goes_first_and_says_so() -> None:
    of = rules("daily 09:00", mix={ARTICLE: 2, VIDEO: 1})
    stands = [standing(NOW - n * DAY, n + 50, ARTICLE) for n in (1, 2)]
    (choice,) = plan(of, [item(1, ARTICLE), item(2, VIDEO)], stands, NOW, NOW + DAY)
    assert choice.item == 2
    assert (
        str(choice.reason) == "video is the most behind its share, 0 of 1 in 3 posts; in it s2 has its turn"
    )


def test_a_kind_that_comes_back_after_a_long_absence_does_not_flood() -> None:
    stands = [standing(NOW - n * DAY, n + 500, ARTICLE) for n in range(1, 100)]
    candidates = [item(n, (ARTICLE, VIDEO)[n % 2]) for n in range(20)]
    first = order(rules(EVERY_HOUR, mix={ARTICLE: 1, VIDEO: 1}), candidates, stands)[:6]
    assert [number % 2 for number in first] == [1, 0, 1, 0, 1, 0]


def test_a_kind_that_the_mix_does_not_name_comes_last() -> None:
    of = rules(EVERY_HOUR, mix={VIDEO: 1, FACT: 0})
    assert order(of, [item(1, QUOTE), item(2, VIDEO), item(3, VIDEO), item(4, FACT)]) == [2, 3, 1, 4]


def test_without_a_mix_age_alone_counts() -> None:
    assert order(rules(EVERY_HOUR), [item(3, FACT), item(2, VIDEO), item(1, QUOTE)]) == [1, 2, 3]


def test_the_voice_longest_unheard_goes_first() -> None:
    many = [item(n, source="loud") for n in range(1, 6)]
    few = [item(8, source="calm"), item(9, partner="shy", source="third")]
    stands = [standing(NOW - HOUR, source="loud"), standing(NOW - DAY, source="calm")]
    assert order(rules(EVERY_HOUR), [*many, *few], stands)[:3] == [9, 8, 1]


def test_every_voice_is_heard_in_turn() -> None:
    candidates = [item(10 * n + m, partner=partner) for n, partner in enumerate("abc") for m in range(3)]
    assert order(rules(EVERY_HOUR), candidates) == [0, 10, 20, 1, 11, 21, 2, 12, 22]


def test_one_topic_does_not_come_twice_in_a_row_where_something_else_waits() -> None:
    candidates = [item(n, topics=("startech",)) for n in (1, 2)] + [
        item(3, topics=("gala", "startech")),
        item(4),
    ]
    assert order(rules(EVERY_HOUR), candidates) == [1, 4, 2, 3]


def test_one_source_does_not_come_twice_in_a_row_even_for_two_partners() -> None:
    candidates = [item(1, source="a", partner="p"), item(2, source="a", partner="q"), item(3, source="b")]
    assert order(rules(EVERY_HOUR), candidates) == [1, 3, 2]


def test_what_expires_within_a_day_goes_before_older_news() -> None:
    candidates = [item(1), item(2), item(3, expires_at=NOW + 20 * HOUR), item(4, expires_at=NOW + 10 * DAY)]
    (first, *_) = plan(rules(EVERY_HOUR), candidates, [], NOW, NOW + DAY)
    assert first.item == 3
    assert str(first.reason) == "it goes before what can wait: it expires at 2026-01-05 20:00"


def test_news_about_to_expire_goes_before_an_evergreen_fact_that_was_heard_lately() -> None:
    of = rules("daily 09:00", mix={FACT: 3, ARTICLE: 1})
    news = item(1, ARTICLE, expires_at=at("12:00"))
    heard = [standing(NOW - HOUR, 50, FACT), standing(NOW - DAY, 51, ARTICLE)]
    assert order(of, [news, item(2, FACT)], heard)[0] == 1


def test_a_flood_of_expiring_news_does_not_starve_the_facts() -> None:
    of = rules(EVERY_HOUR, mix={ARTICLE: 4, FACT: 2})
    flood = [item(n, ARTICLE, expires_at=NOW + DAY) for n in range(1, 60)]
    facts = [item(n, FACT) for n in range(100, 160)]
    chosen = order(of, [*flood, *facts])[:18]
    assert sum(number >= 100 for number in chosen) >= 3


def test_a_priority_goes_before_mix_and_age() -> None:
    of = rules("daily 09:00", mix={ARTICLE: 1})
    (choice,) = plan(of, [item(1), item(2, FACT, priority=2), item(3, FACT, priority=1)], [], NOW, NOW + DAY)
    assert choice.item == 2
    assert str(choice.reason) == "it goes before others: its priority is 2"


def test_an_evergreen_item_rests_before_it_comes_again() -> None:
    rested = item(1, FACT, last_out=at("09:00") - 30 * DAY)
    resting = item(2, FACT, last_out=at("09:01") - 30 * DAY)
    short = item(3, FACT, last_out=NOW - 2 * DAY, repeat_after=DAY)
    assert planned(rules("daily 09:00, 12:00, 18:00"), [rested, resting, short]) == [
        (1, "09:00"),
        (2, "12:00"),
        (3, "18:00"),
    ]


def test_a_fact_that_was_never_out_goes_before_one_that_was() -> None:
    old = item(1, FACT, source="pack", last_out=NOW - 40 * DAY, approved_at=NOW - 90 * DAY)
    fresh = item(2, FACT, source="pack", approved_at=NOW - DAY)
    assert order(rules(EVERY_HOUR), [old, fresh]) == [2, 1]


# --- pinned items ---


def test_a_pinned_time_is_kept_exactly_outside_slots_and_inside_quiet_hours() -> None:
    of = rules("daily 09:00", quiet="21:00-07:00", jitter=5 * MINUTE)
    pins = [item(1, pinned_at=at("11:11")), item(2, pinned_at=at("22:22"))]
    choices = plan(of, pins, [], NOW, NOW + DAY)
    assert [(c.item, c.due_at) for c in choices] == [(1, at("11:11")), (2, at("22:22"))]
    assert [str(c.reason) for c in choices] == [
        "a person chose the time",
        "a person chose the time, inside the channel's quiet hours",
    ]


def test_others_keep_their_distance_from_a_pinned_time_even_after_the_end_of_the_plan() -> None:
    of = rules(EVERY_HOUR, min_gap=90 * MINUTE)
    pins = [item(1, pinned_at=at("04:00")), item(2, pinned_at=at("10:00"))]
    floating = [item(n) for n in range(3, 20)]
    until = at("09:30")
    assert planned(of, [*pins, *floating], until=until) == [
        (3, "01:00"),
        (1, "04:00"),
        (4, "06:00"),
        (5, "08:00"),
    ]


@pytest.mark.parametrize(
    ("stands", "more", "reason"),
    [
        (
            [standing(at("11:00"))],
            {"min_gap": HOUR},
            "a person chose the time, less than 60 min from the post of 2026-01-05 11:00",
        ),
        ([standing(at("08:00"))], {"daily_max": 1}, "a person chose the time, beyond the day's maximum of 1"),
    ],
)
def test_a_pinned_time_bends_a_rule_and_says_which(
    stands: list[Placed], more: dict[str, object], reason: str
) -> None:
    of = replace(rules(EVERY_HOUR), **more)  # type: ignore[arg-type] # fields of Rules, above
    (choice,) = plan(of, [item(1, pinned_at=at("11:30"))], stands, NOW, NOW + DAY)
    assert choice.due_at == at("11:30")
    assert str(choice.reason) == reason


def test_a_pinned_time_inside_the_grace_waits_for_its_end() -> None:
    (choice,) = plan(
        rules(EVERY_HOUR), [item(1, pinned_at=at("11:00"), not_before=at("11:10"))], [], NOW, NOW + DAY
    )
    assert choice.due_at == at("11:10")
    assert "grace" in str(choice.reason)


def test_a_pinned_time_is_good_until_it_is_late_and_given_only_once() -> None:
    missed, passed = item(1, pinned_at=NOW - 6 * HOUR), item(2, pinned_at=NOW - 5 * HOUR)
    of = rules()
    choices = plan(of, [missed, passed], [], NOW, NOW + DAY)
    assert [(c.item, c.due_at) for c in choices] == [(2, NOW - 5 * HOUR)]
    assert plan(of, [missed, passed], [standing(NOW - 5 * HOUR, number=2)], NOW, NOW + DAY) == ()


# --- jitter ---


def test_jitter_moves_later_only_and_stays_in_the_free_room() -> None:
    of = rules(
        "daily 09:00, 09:10, 12:00, 20:58", quiet="21:00-07:00", min_gap=6 * MINUTE, jitter=10 * MINUTE
    )
    pins = [item(n, pinned_at=at("12:10", day)) for n, day in enumerate(range(5, 19), 500)]
    choices = plan(of, [*pins, *(item(n) for n in range(90))], [], NOW, NOW + 14 * DAY)
    free = [c.due_at.astimezone(MONTREAL) for c in choices if c.item < 500]
    rooms = [("09:00", "09:04"), ("09:10", "09:20"), ("12:00", "12:04"), ("20:58", "21:00")]
    assert len(free) == 56
    assert all(rooms[n % 4][0] <= f"{due:%H:%M:%S}" < rooms[n % 4][1] for n, due in enumerate(free))
    assert len({due.time() for due in free}) > 30


def test_a_time_that_jitter_moves_past_the_end_is_left_to_the_next_plan() -> None:
    of = rules("daily 09:00", jitter=3 * HOUR)
    (choice,) = plan(of, [item(1)], [], NOW, NOW + DAY)
    assert plan(of, [item(1)], [], NOW, choice.due_at) == ()
    assert plan(of, [item(1)], [], NOW, choice.due_at + MINUTE) == (choice,)


def test_jitter_leaves_every_slot_usable_where_they_stand_one_gap_apart() -> None:
    of = rules("daily 09:00-18:00 every 45m", min_gap=45 * MINUTE, jitter=5 * MINUTE)
    assert len(plan(of, [item(n) for n in range(20)], [], NOW, NOW + DAY)) == 13
