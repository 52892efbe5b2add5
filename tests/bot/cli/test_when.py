"""How people write a time on the command line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.cli.context import CliError
from bot.cli.when import read_length, read_when

ZONE = ZoneInfo("America/Toronto")
NOW = datetime(2026, 3, 7, 15, 30, tzinfo=UTC)  # the day before the clocks go forward


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-24 09:00", "2026-06-24T09:00:00-04:00"),
        ("2026-06-24T09:00:30", "2026-06-24T09:00:30-04:00"),
        ("2026-06-24T09:00+02:00", "2026-06-24T09:00:00+02:00"),
        ("2026-06-24T09:00Z", "2026-06-24T09:00:00+00:00"),
        ("today 18:00", "2026-03-07T18:00:00-05:00"),
        (" Tomorrow 9:00 ", "2026-03-08T09:00:00-04:00"),
        ("+2h", "2026-03-07T12:30:00-05:00"),
        ("+1d30m", "2026-03-08T12:00:00-04:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, moment: str) -> None:
    assert read_when(text, NOW, ZONE).astimezone(UTC) == datetime.fromisoformat(moment)


def test_a_wall_time_that_the_clocks_jump_over_is_the_next_one_they_show() -> None:
    assert read_when("tomorrow 02:30", NOW, ZONE).astimezone(ZONE).isoformat() == "2026-03-08T03:00:00-04:00"


def test_a_wall_time_that_comes_twice_is_the_first() -> None:
    assert read_when("2026-11-01 01:30", NOW, ZONE).astimezone(UTC) == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-06-24",
        "2026-13-01 09:00",
        "2026-06-24 25:00",
        "+",
        "+soon",
        "9:00",
        "2026-06-24 24:00",
    ],
)
def test_what_is_no_time_says_how_to_write_one(text: str) -> None:
    with pytest.raises(CliError) as caught:
        read_when(text, NOW, ZONE)
    assert caught.value.status == 2
    assert len(str(caught.value).splitlines()) == 1


def test_a_length_needs_its_unit() -> None:
    assert read_length("90m") == timedelta(minutes=90)
    with pytest.raises(CliError, match="unit"):
        read_length("90")
