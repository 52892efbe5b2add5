"""Logs: one line an event, no secret in any, no feed can forge one."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from bot.secret import Secret
from bot.watch.logging import set_up
from tests.bot.watch.restored import logs_restored

VALUE = "hunter2/é+="
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    with logs_restored():
        yield


@pytest.fixture(name="stream")
def stream_fixture() -> io.StringIO:
    stream = io.StringIO()
    set_up(stream, json=True, secrets=[Secret(VALUE)])
    return stream


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_time_level_and_values(stream: io.StringIO) -> None:
    structlog.get_logger("bot.test").info("post published", post="p12", tries=2, channel="télé")
    (event,) = events(stream)
    assert datetime.fromisoformat(event.pop("timestamp")).tzinfo is not None
    assert event == {
        "event": "post published",
        "level": "info",
        "logger": "bot.test",
        "post": "p12",
        "tries": 2,
        "channel": "télé",
    }
    assert "télé" in stream.getvalue()


def test_lines_of_libraries_take_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("gave up on %s", "http://a/?token=abcdef", extra={"tries": 3})
    (event,) = events(stream)
    assert event["event"] == "gave up on http://a/?token=***"
    assert (event["level"], event["logger"], event["tries"]) == ("warning", "some.library", 3)


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.http11", "telegram.Bot", "tweepy.client", "urllib3.connectionpool"]
)
def test_chatty_libraries_speak_from_warnings_on(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("HTTP Request: POST https://api.telegram.org/bot%s/getMe", TOKEN)
    assert stream.getvalue() == ""
    logging.getLogger(name).warning("POST https://api.telegram.org/bot%s/getMe", TOKEN)
    assert TOKEN not in stream.getvalue()
    assert len(events(stream)) == 1


class Client:
    def __repr__(self) -> str:
        return f"<Client {VALUE}>"


@pytest.mark.parametrize("json_lines", [True, False])
@pytest.mark.parametrize(
    "value",
    [
        VALUE,
        quote(VALUE, safe=""),
        [VALUE],
        {"deep": {"deeper": (VALUE,)}},
        {VALUE: 1},
        {VALUE},
        Client(),
        ValueError(VALUE),
        VALUE.encode(),
        Secret(VALUE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_value_of_any_shape_shows_a_secret(value: object, json_lines: bool) -> None:
    stream = io.StringIO()
    set_up(stream, json=json_lines, secrets=[Secret(VALUE)])
    structlog.get_logger().warning("something", value=value)
    logging.getLogger("library").error("something %s", value)
    assert "hunter2" not in stream.getvalue()
    assert stream.getvalue().count("***") >= 2


def reach(_where: str) -> None:
    raise ConnectionError(f"cannot reach https://api.telegram.org/bot{TOKEN}/ with {VALUE}")


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_traceback_shows_neither_secrets_nor_local_values(json_lines: bool) -> None:
    stream = io.StringIO()
    set_up(stream, json=json_lines, secrets=[Secret(VALUE)])
    try:
        reach("local-value"[::-1])
    except ConnectionError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed")
    text = stream.getvalue()
    assert text.count("ConnectionError: cannot reach https://api.telegram.org/bot***/ with ***") == 2
    assert "eulav-lacol" not in text


def test_an_error_that_ends_a_thread_is_redacted_too(stream: io.StringIO) -> None:
    def fail() -> None:
        raise ValueError(VALUE)

    thread = threading.Thread(target=fail, name="x-fr")
    thread.start()
    thread.join()
    (event,) = events(stream)
    assert event["event"] == "thread x-fr ended by an error"
    assert event["exception"].endswith("ValueError: ***")


HOSTILE = 'title\n{"level": "info"}\r\x1b[2J\x9b31m\u202egpj\u2028\ud800'


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_hostile_title_can_neither_forge_a_line_nor_move_the_cursor(json_lines: bool) -> None:
    stream = io.StringIO()
    set_up(stream, json=json_lines)
    structlog.get_logger().info(HOSTILE, title=HOSTILE, **{"a\nb": 1})
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert len(text.splitlines()) == 1
    assert not set(text) & set("\x1b\x9b\r\u202e\u2028\ud800")
    text.encode("utf-8")


def test_a_value_that_holds_itself_does_not_hang_the_log(stream: io.StringIO) -> None:
    loop: list[object] = []
    loop.append(loop)
    structlog.get_logger().info("loop", value=loop)
    assert len(events(stream)) == 1


def test_setting_up_again_replaces_the_stream_and_the_level(stream: io.StringIO) -> None:
    later = io.StringIO()
    set_up(later, json=True, level=logging.WARNING)
    structlog.get_logger().info("not important")
    structlog.get_logger().warning("important")
    assert stream.getvalue() == ""
    assert [event["event"] for event in events(later)] == ["important"]


def test_context_goes_along_with_every_line(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(channel="x-fr"):
        structlog.get_logger().info("claimed")
    assert events(stream)[0]["channel"] == "x-fr"
