"""When the next poll comes, and when a failure is worth an alarm."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.sources.hints import Hints
from bot.sources.pace import Due, believed, host_of, next_failed, next_well, often_away, worth_an_alarm

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOTHING = timedelta(0)
YOUTUBE = "https://www.youtube.com/feeds/videos.xml?channel_id=UC1"


def well(
    due: datetime | None,
    *,
    name: str = "news",
    hints: Hints | None = None,
    asked: timedelta = NOTHING,
    fixed: bool = False,
) -> timedelta:
    return next_well(Due(name, due, NOW, QUARTER), hints or Hints(), asked, fixed=fixed) - NOW


def test_a_poll_in_its_place_is_followed_after_its_interval() -> None:
    assert well(NOW) == QUARTER
    assert well(NOW - timedelta(seconds=30)) == QUARTER


def test_first_and_late_polls_spread_over_the_interval() -> None:
    first = [well(None, name=f"feed-{number}") for number in range(200)]
    assert all(QUARTER <= wait < 2 * QUARTER for wait in first)
    for fifth in range(5):
        begin = QUARTER + QUARTER * fifth / 5
        assert sum(begin <= wait < begin + QUARTER / 5 for wait in first) > 20
    assert well(NOW - DAY) == well(None)


def test_a_poll_by_hand_leaves_the_next_one_where_it_was() -> None:
    assert well(NOW + timedelta(minutes=5)) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("hints", "asked", "fixed", "wait"),
    [
        (Hints(3600), timedelta(0), False, HOUR),
        (Hints(3600), 2 * HOUR, False, 2 * HOUR),
        (Hints(60), timedelta(seconds=1), False, QUARTER),
        (Hints(86400), 9 * DAY, False, DAY),
        (Hints(3600, (12, 13)), 2 * HOUR, True, QUARTER),  # the operator's word stands
        (Hints(0, (12, 13)), timedelta(0), False, 2 * HOUR),
    ],
)
def test_what_the_source_asks_for(hints: Hints, asked: timedelta, fixed: bool, wait: timedelta) -> None:
    assert well(NOW, hints=hints, asked=asked, fixed=fixed) == wait


def test_failures_back_off_to_a_day() -> None:
    waits = [next_failed("https://site.example/", "it answered 500", QUARTER, n) for n in range(1, 12)]
    assert waits[:4] == [QUARTER, 2 * QUARTER, 4 * QUARTER, 8 * QUARTER]
    assert waits[-1] == DAY
    assert next_failed("https://site.example/", "down", 3 * DAY, 5) == 3 * DAY
    assert next_failed("https://site.example/", "down", QUARTER, 10**6) == DAY


@pytest.mark.parametrize("why", ["it answered 404 Not Found", "it answered 500 Internal Server Error"])
def test_youtube_s_hours_away_are_waited_out(why: str) -> None:
    assert often_away(YOUTUBE, why)
    assert next_failed(YOUTUBE, why, QUARTER, 9) == HOUR
    assert not worth_an_alarm(YOUTUBE, why, NOW - 11 * HOUR, NOW)
    assert worth_an_alarm(YOUTUBE, why, NOW - 12 * HOUR, NOW)


def test_others_and_other_troubles_are_told_at_once() -> None:
    assert worth_an_alarm("https://site.example/feed", "it answered 404 Not Found", NOW, NOW)
    assert worth_an_alarm(YOUTUBE, "its name is not found", NOW, NOW)
    assert not often_away("https://youtube.com.evil.example/", "it answered 404 Not Found")


def test_a_move_is_believed_after_three_sightings_and_a_day() -> None:
    assert believed(3, NOW - DAY, NOW)
    assert not believed(2, NOW - 2 * DAY, NOW)
    assert not believed(50, NOW - 23 * HOUR, NOW)


def test_a_host_is_its_scheme_name_and_port() -> None:
    assert host_of("https://A.example/x") == host_of("https://a.example/y?z")
    assert (
        len({host_of(url) for url in ("https://a.example", "http://a.example", "https://a.example:8443")})
        == 3
    )
