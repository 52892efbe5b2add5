"""What commands print: tables that fit, JSON that parses, nothing a terminal would obey."""

import json
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cli.output import clean, complain, say, show, show_one
from content_queue.item import Kind

HOSTILE = "a\x1b[31mb\x1b]0;title\x07c\x9b2Jd\x00e\u202ef\u2028g\rh\ud800"
ROWS = [
    {
        "id": f"i{number}",
        "kind": Kind.ARTICLE,
        "state": "pending",
        "title": "Un très long titre qui raconte " * 6,
        "url": "https://technopolys.ca/" + "x" * 90,
    }
    for number in (7, 123456789012)
]


def test_a_table_fits_eighty_columns_and_wraps_no_id(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, ("id", "kind", "state", "title", "url"), json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("i123456789012 ") for line in lines) == 1
    assert all("article" in line and "pending" in line for line in lines if line.startswith(("i1", "i7")))


def test_a_table_loses_no_letter(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS[:1], ("id", "url"), json=False)
    assert "x" * 90 in "".join(capsys.readouterr().out.split())


def test_json_is_one_array_with_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, ("id",), json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed == [{**row, "kind": "article"} for row in ROWS]


def test_an_empty_listing_is_an_empty_array_or_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    show([], ("id",), json=True)
    assert json.loads(capsys.readouterr().out) == []
    show([], ("id",), json=False)
    assert capsys.readouterr().out == "nothing to show\n"


def test_json_writes_times_with_their_offset(capsys: pytest.CaptureFixture[str]) -> None:
    values = {
        "at": datetime(2026, 6, 24, 12, 0, tzinfo=UTC),
        "day": date(2026, 6, 24),
        "wait": timedelta(minutes=1),
        "some": (1, 2),
        "inner": MappingProxyType({"a": None}),
        "title": "été",
    }
    show_one(values, json=True)
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "at": "2026-06-24T12:00:00+00:00",
        "day": "2026-06-24",
        "wait": 60.0,
        "some": [1, 2],
        "inner": {"a": None},
        "title": "été",
    }
    assert "été" in out


def test_one_object_is_shown_with_the_names_of_its_inner_values(capsys: pytest.CaptureFixture[str]) -> None:
    show_one({"bot": {"zone": "UTC", "on": True}, "empty": {}, "list": ["a", "b"], "none": None}, json=False)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["bot.zone", "UTC"],
        ["bot.on", "yes"],
        ["empty"],
        ["list", "a,", "b"],
        ["none"],
    ]


def test_markup_in_a_title_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"title": "[red]x[/red] :smile:"}], ("title",), json=False)
    assert "[red]x[/red] :smile:" in capsys.readouterr().out


def test_what_a_terminal_would_obey_is_left_out() -> None:
    assert clean(HOSTILE) == "abcdefgh"
    assert clean("a\n\tb") == "a\n\tb"


def test_no_way_of_printing_lets_a_sequence_through(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"title": HOSTILE}], ("title",), json=False)
    show_one({"title": HOSTILE, HOSTILE: {HOSTILE: 1}}, json=False)
    say(HOSTILE)
    complain(HOSTILE)
    printed = capsys.readouterr()
    assert not set(printed.out + printed.err) & set("\x1b\x9b\x00\r\u202e\u2028\ud800\x07")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_json_keeps_every_word_and_shows_no_control_character(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    show([{"title": text}], ("title",), json=True)
    out = capsys.readouterr().out
    assert json.loads(out) == [{"title": text}]
    assert not [letter for letter in out if letter != "\n" and not letter.isprintable() and ord(letter) < 160]
