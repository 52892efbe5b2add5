"""How single values are written."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.values import (
    read_dollars,
    read_duration,
    read_listen,
    read_positive_duration,
    read_private_host,
    read_web_address,
    read_zone,
    shown,
    write_duration,
)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("24h", timedelta(hours=24)),
        ("10m", timedelta(minutes=10)),
        ("90m", timedelta(minutes=90)),
        ("2h30m", timedelta(minutes=150)),
        ("2h 30m", timedelta(minutes=150)),
        ("7d", timedelta(days=7)),
        ("1w", timedelta(weeks=1)),
        ("45s", timedelta(seconds=45)),
        ("0m", timedelta(0)),
        ("1D", timedelta(days=1)),
    ],
)
def test_a_duration_is_written_with_its_units(text: str, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "24",
        "h",
        "10 minutes later",
        "-5m",
        "1.5.h",
        "10:30",
        "5m2h",
        "1e9h",
        "999999w",
        24,
        1.5,
        True,
        None,
    ],
)
def test_junk_and_bare_numbers_are_no_duration(junk: object) -> None:
    with pytest.raises(ValueError, match=r"is no duration; write it with its unit|longer than ten years"):
        read_duration(junk)


@given(st.integers(min_value=0, max_value=10_000_000))
def test_a_duration_reads_back_as_it_was_written(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert read_duration(write_duration(duration)) == duration


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert read_duration(text) >= timedelta(0)


def test_nothing_is_no_positive_duration() -> None:
    with pytest.raises(ValueError, match="no time at all"):
        read_positive_duration("0s")


def test_a_zone_is_an_iana_name() -> None:
    assert read_zone("America/Toronto").key == "America/Toronto"


@pytest.mark.parametrize(
    "name", ["", "America", "../etc/passwd", "America/Torronto", "x" * 300, "a\0b", 5, None]
)
def test_what_is_no_zone_is_refused_in_one_line(name: object) -> None:
    with pytest.raises(ValueError, match="unknown time zone") as caught:
        read_zone(name)
    assert "\n" not in str(caught.value)


def test_a_zone_nearly_right_is_suggested() -> None:
    with pytest.raises(ValueError, match='did you mean "America/Toronto"'):
        read_zone("america/torronto")


@pytest.mark.parametrize(("amount", "micros"), [(40, 40_000_000), (0.015, 15_000), (0.1, 100_000), (0, 0)])
def test_dollars_are_counted_in_whole_millionths(amount: float, micros: int) -> None:
    assert read_dollars(amount) == micros


@pytest.mark.parametrize("amount", [True, "40", float("nan"), float("inf"), -1])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(ValueError, match="US dollars"):
        read_dollars(amount)


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "0.0.0.0:0", "[::1]:80", "localhost:8080"])
def test_an_address_to_listen_on_has_host_and_port(text: str) -> None:
    assert read_listen(text) == text


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "127.0.0.1", "a:99999", "a:b", "a:1/x", "u@a:1", "[::1:80"]
)
def test_what_cannot_be_listened_on_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no address to listen on"):
        read_listen(text)


@pytest.mark.parametrize(
    "text", ["", "https://example.org/feed", "http://127.0.0.1:8000/a?b=c", "https://[::1]/"]
)
def test_web_addresses_are_taken(text: str) -> None:
    assert read_web_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "example.org",
        "ftp://a/",
        "file:///etc/passwd",
        "https://",
        "http://a b/",
        "http://[",
        "http://a:x/",
        "http://a\n/",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no web address"):
        read_web_address(text)


def test_a_web_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="must not carry") as caught:
        read_web_address("https://me:hunter2@example.org/")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "10.0.0.0/8", "localhost", "feeds.internal"])
def test_private_hosts_are_names_addresses_and_ranges(text: str) -> None:
    assert read_private_host(text) == text


@pytest.mark.parametrize("text", ["", "127.0.0.1:80", "10.0.0.1/8", "a/b", "http://a", "*"])
def test_what_is_no_private_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        read_private_host(text)


def test_a_long_or_strange_value_is_shown_short_and_in_one_line() -> None:
    assert shown("a\nb") == '"a\\nb"'
    assert len(shown("x" * 500)) == 60
