"""Reading answers: ids, waits, words, causes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.answer import checked_id, first_cause, json_object, status_line, wait_of, wait_until
from bot.secret import Redactor, Secret

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


@pytest.mark.parametrize("good", ["7", 7, "1895231234567890123", 2**63 - 1])
def test_an_id_of_digits_passes(good: object) -> None:
    assert checked_id(good) == str(good)


@pytest.mark.parametrize(
    "bad",
    [None, "", 0, "0", "07", -7, 7.0, True, 2**63, 2**70, "9" * 19, "../", "7/..", "٧", "²", " 7", [7], {}],
)
def test_anything_else_is_no_id(bad: object) -> None:
    assert checked_id(bad) == ""


@given(st.text() | st.integers() | st.floats() | st.none())
def test_a_wait_is_none_or_positive_and_at_most_a_day(value: object) -> None:
    for wait in (wait_of(value), wait_until(value, NOW)):
        assert wait is None or timedelta(0) < wait <= DAY


def test_a_wait_is_what_was_asked() -> None:
    assert wait_of(90) == timedelta(seconds=90)
    assert wait_of("1.5") == timedelta(seconds=1.5)
    assert wait_until(str(int(NOW.timestamp()) + 60), NOW) == timedelta(minutes=1)


def test_a_reset_in_2099_waits_a_day_and_one_in_the_past_is_none() -> None:
    assert wait_until(datetime(2099, 1, 1, tzinfo=UTC).timestamp(), NOW) == DAY
    assert wait_until(int(NOW.timestamp()) - 5, NOW) is None


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_object_reads_as_an_empty_one(body: bytes) -> None:
    assert json_object(body) == {}


def test_a_reason_is_one_short_printable_line_without_a_secret() -> None:
    secret = Secret("s3cret/canary")
    words = "no\r\n\x1b[31m s3cret/canary s3cret%2Fcanary \u202e" + "x" * 500
    line = status_line("X", 400, words, Redactor([secret]))
    assert line.startswith("X answered 400 Bad Request: no [31m ")
    assert "canary" not in line
    assert line.isprintable()
    assert len(line) < 240


def test_a_status_that_nobody_knows_is_told_as_a_number() -> None:
    assert status_line("X", 599, None, str) == "X answered 599"


def test_causes_are_found_however_they_are_wrapped_even_in_a_circle() -> None:
    inner, outer = KeyError("k"), ValueError(RuntimeError("argument"))
    outer.__cause__, inner.__context__ = inner, outer
    assert first_cause(outer, KeyError) is inner
    assert isinstance(first_cause(outer, RuntimeError), RuntimeError)
    assert first_cause(outer, OSError) is None
