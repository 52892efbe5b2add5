"""The calendar against examples, and against a clock that is read minute by minute."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_queue.calendar import (
    ONE_DAY,
    Calendar,
    Quiet,
    SlotRule,
    day_start,
    jitter_for,
    local_day,
    never,
    parse_quiet,
    parse_slots,
    slots_between,
)
from content_queue.calendar.rules import wall_time

MONTREAL = ZoneInfo("America/Toronto")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# Jumps of an hour, half an hour, at midnight, twice a year around Ramadan, none at all.
ZONES = [
    "America/Toronto",
    "Europe/Paris",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "Asia/Kathmandu",
]


def calendar(*lines: str, zone: ZoneInfo = MONTREAL, quiet: str = "") -> Calendar:
    return Calendar(zone, parse_slots(lines), parse_quiet(quiet) if quiet else None)


def walls(of: Calendar, start: datetime, end: datetime) -> list[str]:
    return [f"{slot.astimezone(of.zone):%a %d %H:%M:%S}" for slot in slots_between(of, start, end)]


def montreal(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=MONTREAL)  # type: ignore[arg-type, misc] # year, month, day and so on


@pytest.mark.parametrize(
    ("line", "days", "times"),
    [
        ("mon-fri 08:30, 12:15, 17:00", "01234", "08:30 12:15 17:00"),
        ("sat 10:00", "5", "10:00"),
        ("mon,wed,fri 9:05", "024", "09:05"),
        ("sat-sun 10:00:15", "56", "10:00:15"),
        ("Fri-Mon 10:00,09:00,10:00", "4560", "09:00 10:00"),
        ("lun-mer, sam 10:00", "0125", "10:00"),
        ("daily 09:00-18:00 every 90m", "0123456", "09:00 10:30 12:00 13:30 15:00 16:30 18:00"),
        ("daily 09:00-12:30 every 1h30m", "0123456", "09:00 10:30 12:00"),
        ("sun 12:00:00 - 12:01:00 every 30s", "6", "12:00 12:00:30 12:01"),
        ("daily 20:00-24:00 every 2h", "0123456", "20:00 22:00"),
    ],
)
def test_a_line_is_read_as_a_person_reads_it(line: str, days: str, times: str) -> None:
    (rule,) = parse_slots([line])
    seconds = [second for grid in rule.seconds for second in grid]
    shown = [wall_time(second).isoformat().removesuffix(":00") for second in seconds]
    assert rule.days == {int(day) for day in days}
    assert shown == times.split()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "it needs days and then times"),
        ("08:30", "it needs days and then times"),
        ("mon-fri", "it needs days and then times"),
        ("mon-fry 08:30", '"fry" is no day'),
        ("mon,,tue 08:30", '"" is no day'),
        ("mon 8h30", '"8h30" is no time'),
        ("mon 08:60", '"08:60" is no time'),
        ("mon 08:30,", '"" is no time'),
        ("mon 24:01", '"24:01" is no time'),
        ("mon 24:00", '"24:00" only ends a grid'),
        ("daily 18:00-09:00 every 90m", '"18:00" is not before "09:00"'),
        ("daily 09:00-18:00 every 0m", '"every 0m" is no step'),
        ("daily 09:00-18:00 every soon", '"every soon" is no step'),
        ("daily 09:00-18:00", '"09:00-18:00" is no time'),
    ],
)
def test_a_malformed_line_is_quoted_beside_a_right_one(line: str, what: str) -> None:
    with pytest.raises(ValueError, match=re.escape(what)) as caught:
        parse_slots(["sat 10:00", line])
    message = str(caught.value)
    assert f'"{line}"' in message
    assert "\n" not in message
    example = re.findall(r'"([^"]+)"', message.split("write for example")[1])
    assert len(parse_slots(example)) == 2


@pytest.mark.parametrize(
    ("text", "quiet", "speaks"),
    [
        ("21:00-07:00", ["21:00", "23:59", "00:00", "06:59"], ["20:59", "07:00", "12:00"]),
        ("12:00-13:30", ["12:00", "13:29"], ["11:59", "13:30", "00:00"]),
        ("22:00-24:00", ["22:00", "23:59"], ["21:59", "00:00"]),
    ],
)
def test_quiet_hours_end_before_their_end_and_may_wrap_midnight(
    text: str,
    quiet: list[str],
    speaks: list[str],
) -> None:
    hours = parse_quiet(text)
    assert all(hours.covers(time.fromisoformat(wall)) for wall in quiet)
    assert not any(hours.covers(time.fromisoformat(wall)) for wall in speaks)


@pytest.mark.parametrize("text", ["", "night", "21:00", "21:00-", "21:00-25:00", "07:00-07:00", "1-2-3"])
def test_malformed_quiet_hours_are_quoted_beside_right_ones(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f'quiet hours "{text}": ')) as caught:
        parse_quiet(text)
    assert str(caught.value).endswith('write for example "21:00-07:00"')


def test_nine_stays_nine_over_both_changes_of_the_clock() -> None:
    nine = calendar("daily 09:00")
    spring = list(slots_between(nine, montreal(2026, 3, 7), montreal(2026, 3, 10)))
    autumn = list(slots_between(nine, montreal(2026, 10, 31), montreal(2026, 11, 3)))
    assert [slot.hour for slot in spring] == [14, 13, 13]
    assert [slot.hour for slot in autumn] == [13, 14, 14]
    assert {slot.tzinfo for slot in spring + autumn} == {UTC}


def test_a_slot_in_the_spring_gap_moves_to_the_next_minute() -> None:
    early = calendar("daily 02:30")
    assert walls(early, montreal(2026, 3, 7), montreal(2026, 3, 10)) == [
        "Sat 07 02:30:00",
        "Sun 08 03:00:00",
        "Mon 09 02:30:00",
    ]


def test_slots_that_the_spring_gap_moves_together_count_once() -> None:
    early = calendar("daily 02:00-03:00 every 1m")
    assert walls(early, montreal(2026, 3, 8), montreal(2026, 3, 9)) == ["Sun 08 03:00:00"]


def test_a_slot_that_comes_twice_in_autumn_counts_once_and_first() -> None:
    early = calendar("daily 01:30")
    slots = list(slots_between(early, montreal(2026, 11, 1), montreal(2026, 11, 2)))
    assert slots == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]


def test_a_gap_at_midnight_keeps_its_day() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # Friday 2026-04-24 begins at 01:00
    midnight = calendar("fri 00:00", zone=cairo)
    start = datetime(2026, 4, 23, tzinfo=cairo)
    assert walls(midnight, start, start + 3 * ONE_DAY) == ["Fri 24 01:00:00"]
    assert day_start(cairo, date(2026, 4, 24)) == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_a_day_that_a_country_skipped_lands_on_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")  # there was no 2011-12-30
    noon = calendar("daily 12:00", zone=apia)
    start = datetime(2011, 12, 29, tzinfo=apia)
    assert walls(noon, start, start + 3 * ONE_DAY) == [
        "Thu 29 12:00:00",
        "Sat 31 00:00:00",
        "Sat 31 12:00:00",
    ]


def test_a_slot_inside_quiet_hours_is_none_nor_one_that_the_gap_moves_there() -> None:
    hourly = calendar("daily 00:00-24:00 every 1h", quiet="21:00-07:00")
    assert [wall[-8:-3] for wall in walls(hourly, montreal(2026, 1, 5), montreal(2026, 1, 6))] == [
        f"{hour:02}:00" for hour in range(7, 21)
    ]
    moved = calendar("daily 02:30", quiet="03:00-05:00")
    assert walls(moved, montreal(2026, 3, 8), montreal(2026, 3, 9)) == []
    hidden = calendar("daily 02:30", quiet="02:00-02:45")
    assert walls(hidden, montreal(2026, 3, 8), montreal(2026, 3, 9)) == []


def test_a_holiday_has_no_slot() -> None:
    fete = Calendar(MONTREAL, parse_slots(["daily 09:00"]), None, lambda day: day == date(2026, 6, 24))
    assert walls(fete, montreal(2026, 6, 23), montreal(2026, 6, 26)) == ["Tue 23 09:00:00", "Thu 25 09:00:00"]


def test_lines_that_name_a_time_twice_give_it_once_and_in_order() -> None:
    both = calendar("sat 10:00, 09:00", "daily 09:00-11:00 every 30m")
    assert [wall[-8:-3] for wall in walls(both, montreal(2026, 1, 10), montreal(2026, 1, 11))] == [
        "09:00",
        "09:30",
        "10:00",
        "10:30",
        "11:00",
    ]


def test_the_start_counts_and_the_end_does_not() -> None:
    noon = calendar("daily 12:00")
    slot = datetime(2026, 1, 5, 17, tzinfo=UTC)
    tick = timedelta.resolution
    assert list(slots_between(noon, slot, slot + tick)) == [slot]
    assert list(slots_between(noon, slot + tick, slot + ONE_DAY)) == []
    assert list(slots_between(noon, slot, slot)) == []


def test_the_moment_to_which_the_gap_moves_a_slot_can_be_the_start() -> None:
    moved = datetime(2026, 3, 8, 7, tzinfo=UTC)  # 03:00, an hour after 01:59:59
    assert list(slots_between(calendar("daily 02:30"), moved, moved + HOUR)) == [moved]


def test_29_february_week_53_and_the_turn_of_the_year_hold_one_slot_each() -> None:
    noon = calendar("daily 12:00")
    for start in (montreal(2028, 2, 28), montreal(2026, 12, 30), montreal(2032, 12, 30)):
        assert len(walls(noon, start, start + 4 * ONE_DAY)) == 4


def test_a_grid_of_seconds_gives_only_what_is_asked() -> None:
    asked: list[date] = []

    def holiday(day: date) -> bool:
        asked.append(day)
        return False

    each = Calendar(MONTREAL, parse_slots(["daily 00:00-24:00 every 1s"]), None, holiday)
    start = datetime(2026, 1, 5, 12, tzinfo=UTC)
    first = list(islice(slots_between(each, start, start + 3650 * ONE_DAY), 3))
    assert first == [start, start + timedelta(seconds=1), start + timedelta(seconds=2)]
    assert asked == [date(2026, 1, 5)]


def test_a_day_is_the_day_of_the_zone() -> None:
    assert local_day(MONTREAL, datetime(2026, 1, 6, 4, 59, tzinfo=UTC)) == date(2026, 1, 5)
    assert local_day(MONTREAL, datetime(2026, 1, 6, 5, tzinfo=UTC)) == date(2026, 1, 6)


moments = st.integers(0, 12 * 365 * 24 * 60).map(lambda n: datetime(2025, 1, 1, tzinfo=UTC) + n * MINUTE)


@given(st.text(max_size=9), moments, st.timedeltas(-HOUR, HOUR), st.timedeltas(-HOUR, HOUR))
def test_jitter_is_later_only_inside_its_room_and_always_the_same(
    channel: str,
    slot: datetime,
    most: timedelta,
    room: timedelta,
) -> None:
    jitter = jitter_for(channel, slot, most, room)
    bound = min(most, room)
    assert timedelta() <= jitter
    assert jitter < bound or (jitter == timedelta() and bound <= timedelta())
    assert jitter == jitter_for(channel, slot.astimezone(MONTREAL), most, room)


def test_jitter_spreads_over_its_room() -> None:
    slots = [datetime(2026, 1, 5, tzinfo=UTC) + hour * HOUR for hour in range(100)]
    jitters = {jitter_for("x-fr", slot, 5 * MINUTE, HOUR) for slot in slots}
    assert len(jitters) > 60
    assert min(jitters) < MINUTE
    assert max(jitters) > 4 * MINUTE


# --- against a clock that is read minute by minute ---


def model(of: Calendar, start: datetime, end: datetime) -> list[datetime]:
    """Watch the wall clock: whenever it shows a new wall time, or jumps over some, look at the rules."""
    seen = (start - ONE_DAY).astimezone(of.zone).replace(tzinfo=None)
    slots, now = [], start - ONE_DAY
    while now < end:
        wall = now.astimezone(of.zone).replace(tzinfo=None)
        passed = list(minutes(seen, wall)) if wall > seen else []
        seen = max(seen, wall)
        if start <= now and any(wanted(of, each) for each in passed) and speaks(of, wall):
            slots.append(now)
        now += MINUTE
    return slots


def minutes(after: datetime, upto: datetime) -> Iterator[datetime]:
    while after < upto:
        after += MINUTE
        yield after


def wanted(of: Calendar, wall: datetime) -> bool:
    second = wall.hour * 3600 + wall.minute * 60
    named = any(
        wall.weekday() in rule.days and any(second in grid for grid in rule.seconds) for rule in of.slots
    )
    return named and speaks(of, wall)


def speaks(of: Calendar, wall: datetime) -> bool:
    return not (of.quiet and of.quiet.covers(wall.time())) and not of.is_holiday(wall.date())


def transitions(zone: ZoneInfo, first: int, last: int) -> list[datetime]:
    """When the offset of a zone changes, to the minute, from one year through another."""
    hours = [datetime(first, 1, 1, tzinfo=UTC) + n * 12 * HOUR for n in range((last - first + 1) * 731)]
    changes = [pair for pair in pairwise(hours) if offset(zone, pair[0]) != offset(zone, pair[1])]
    return [narrow(zone, before, after) for before, after in changes]


def narrow(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    while after - before > MINUTE:
        middle = before + (after - before) // 2
        middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
        same = offset(zone, middle) == offset(zone, before)
        before, after = (middle, after) if same else (before, middle)
    return after


def offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


minute_times = st.integers(0, 24 * 60 - 1).map(lambda minute: range(minute * 60, minute * 60 + 1))
grids = st.tuples(st.integers(0, 1439), st.integers(0, 1439), st.integers(1, 300)).map(
    lambda g: range(min(g[:2]) * 60, max(g[:2]) * 60 + 1, g[2] * 60),
)
rules = st.builds(
    SlotRule,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.lists(minute_times | grids, min_size=1, max_size=4).map(tuple),
)
clocks = st.integers(0, 1439).map(lambda minute: wall_time(minute * 60))
quiets = st.none() | st.tuples(clocks, clocks).filter(lambda q: q[0] != q[1]).map(lambda q: Quiet(*q))
TRANSITIONS = {name: transitions(ZoneInfo(name), 2026, 2027) for name in ZONES}
around = st.sampled_from(ZONES).flatmap(
    lambda name: st.tuples(
        st.just(ZoneInfo(name)),
        st.sampled_from(TRANSITIONS[name] or [datetime(2026, 5, 1, tzinfo=UTC)]),
    ),
)


@given(
    around,
    st.lists(rules, min_size=1, max_size=3).map(tuple),
    quiets,
    st.sampled_from([never, lambda day: day.day % 5 == 0]),
    st.integers(-36 * 60, 0),
    st.integers(1, 48 * 60),
)
@settings(max_examples=60)
def test_slots_are_those_of_a_clock_that_is_watched(
    where: tuple[ZoneInfo, datetime],
    slots: tuple[SlotRule, ...],
    quiet: Quiet | None,
    holiday: Callable[[date], bool],
    begin: int,
    length: int,
) -> None:
    of = Calendar(where[0], slots, quiet, holiday)
    start = where[1] + begin * MINUTE
    end = start + length * MINUTE
    assert list(slots_between(of, start, end)) == model(of, start, end)


# --- every change of the clock ---


def no_slot_is_missed_or_doubled(zone: ZoneInfo, change: datetime) -> None:
    """Around one change of the clock a slot every quarter of an hour is there once for each wall time."""
    of = Calendar(zone, parse_slots(["daily 00:00-24:00 every 15m"]))
    start, end = change - 6 * HOUR, change + 6 * HOUR
    slots = list(slots_between(of, start, end))
    assert slots == sorted(set(slots))
    shown = {slot.astimezone(zone).replace(tzinfo=None) for slot in slots}
    assert len(shown) == len(slots)
    assert all(wall.minute % 15 == 0 for wall in shown)
    ticks = (start + step * MINUTE for step in range(12 * 60))
    seen = {tick.astimezone(zone).replace(tzinfo=None) for tick in ticks}
    assert shown == {wall for wall in seen if wall.minute % 15 == 0 and wall.second == 0}


@pytest.mark.parametrize("name", ZONES)
def test_no_change_of_the_clock_of_some_zones_misses_or_doubles_a_slot(name: str) -> None:
    zone = ZoneInfo(name)
    for change in TRANSITIONS[name]:
        no_slot_is_missed_or_doubled(zone, change)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_no_change_of_the_clock_of_any_zone_until_2037_misses_or_doubles_a_slot(name: str) -> None:
    zone = ZoneInfo(name)
    for change in [datetime(2025, 6, 1, tzinfo=UTC), *transitions(zone, 2025, 2037)]:
        no_slot_is_missed_or_doubled(zone, change)
