"""Fetching politely: hostile cases F22 to F26, F41, F43, F44, and what conditional requests save."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.http_client import HttpClient
from bot.sources.feed import BadFeed
from bot.sources.fetch import Fetched, Outcome, Validators, fetch
from tests.bot.http_client.servers import Script, Server, answer, redirect, saying, serving
from tests.bot.sources.documents import read

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT_ONCE = (timedelta(0),)
NONE = Validators()


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(user_agent="test", allow_private=["127.0.0.1"], deadline=timedelta(seconds=2))
    yield client
    await client.close()


async def ask(http: HttpClient, script: Script, known: Validators = NONE) -> tuple[Fetched, Server]:
    async with serving(script) as server:
        found = await fetch(http, server.url("/feed"), known, now=NOW, pauses=AT_ONCE)
    return found, server


async def test_a_changed_source_hands_over_its_document_and_validators(http: HttpClient) -> None:
    said = answer(
        b"<rss/>", b'ETag: W/"7"', b"Last-Modified: Mon, 12 Mar 2018 09:00:00 GMT", b"Content-Type: text/xml"
    )
    found, server = await ask(http, saying(said))
    assert (found.outcome, found.body, found.content_type) == (Outcome.CHANGED, b"<rss/>", "text/xml")
    assert found.validators == Validators('W/"7"', "Mon, 12 Mar 2018 09:00:00 GMT")
    assert b"If-None-Match" not in server.requests[0]
    assert b"Accept: application/atom+xml" in server.requests[0]


async def test_what_is_known_is_asked_for_and_kept_when_unchanged(http: HttpClient) -> None:
    known = Validators('"7"', "Mon, 12 Mar 2018 09:00:00 GMT")
    found, server = await ask(http, saying(answer(status=b"304 Not Modified")), known)
    assert (found.outcome, found.validators) == (Outcome.UNCHANGED, known)
    assert b'If-None-Match: "7"' in server.requests[0]
    assert b"If-Modified-Since: Mon, 12 Mar 2018 09:00:00 GMT" in server.requests[0]


async def test_a_304_without_having_asked_is_unchanged_too(http: HttpClient) -> None:
    found, _ = await ask(http, saying(answer(status=b"304 Not Modified")))
    assert found.outcome is Outcome.UNCHANGED


async def test_410_is_gone(http: HttpClient) -> None:
    found, _ = await ask(http, saying(answer(b"gone", status=b"410 Gone")))
    assert (found.outcome, found.body) == (Outcome.GONE, b"")


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (b"Retry-After: 3600", timedelta(hours=1)),
        (b"Retry-After: Sun, 01 Mar 2026 14:00:00 GMT", timedelta(hours=2)),
        (b"Retry-After: Sun, 01 Mar 2020 14:00:00 GMT", timedelta(minutes=15)),
        (b"Retry-After: 1", timedelta(minutes=15)),
        (b"Retry-After: -5", timedelta(minutes=15)),
        (b"Retry-After: 999999999", timedelta(hours=24)),
        (b"Retry-After: " + b"9" * 400, timedelta(hours=24)),
        (b"Retry-After: soon", timedelta(minutes=15)),
        (b"X-None: 1", timedelta(minutes=15)),
    ],
)
async def test_429_waits_as_asked_within_reason(http: HttpClient, header: bytes, wait: timedelta) -> None:
    found, _ = await ask(http, saying(answer(b"", header, status=b"429 Too Many Requests")))
    assert (found.outcome, found.wait) == (Outcome.WAIT, wait)


async def test_503_waits_only_when_it_says_how_long(http: HttpClient) -> None:
    found, _ = await ask(http, saying(answer(b"", b"Retry-After: 7200", status=b"503 Busy")))
    assert (found.outcome, found.wait) == (Outcome.WAIT, timedelta(hours=2))
    found, _ = await ask(http, saying(answer(b"", status=b"503 Busy")))
    assert (found.outcome, found.reason) == (Outcome.FAILED, "it answered 503 Service Unavailable")


@pytest.mark.parametrize(
    "status", [b"401 No", b"403 No", b"404 No", b"500 No", b"204 No Content", b"599 Odd"]
)
async def test_any_other_status_has_failed(http: HttpClient, status: bytes) -> None:
    found, _ = await ask(http, saying(answer(b"", status=status)))
    assert found.outcome is Outcome.FAILED
    assert status[:3].decode() in found.reason


async def test_an_empty_document_is_not_all_items_gone(http: HttpClient) -> None:
    found, _ = await ask(http, saying(answer(b" \n", b'ETag: "1"')))
    assert (found.outcome, found.validators) == (Outcome.FAILED, Validators())


async def test_half_a_document_leaves_no_validators(http: HttpClient) -> None:
    cut = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 100\r\n\r\n<rss>'
    found, server = await ask(http, saying(cut))
    assert (found.outcome, found.validators, found.body) == (Outcome.FAILED, Validators(), b"")
    assert len(server.requests) == 1


async def test_a_web_page_with_status_200_makes_no_entries(http: HttpClient) -> None:
    page = b"<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>"
    found, _ = await ask(http, saying(answer(page, b"Content-Type: text/html")))
    with pytest.raises(BadFeed, match="web page"):
        read(found.body, content_type=found.content_type)


async def test_a_move_for_good_is_reported(http: HttpClient) -> None:
    async def moved(head: bytes, writer: object) -> None:
        said = redirect("/new", b"301 Moved") if head.startswith(b"GET /feed") else answer(b"<rss/>")
        await saying(said)(head, writer)  # type: ignore[arg-type]  # the same writer

    found, server = await ask(http, moved)
    assert found.permanent == found.url == server.url("/new")


async def test_a_request_that_reached_nobody_is_repeated_once(http: HttpClient) -> None:
    calls: list[int] = []

    async def flaky(head: bytes, writer: object) -> None:
        calls.append(1)
        await saying(b"" if len(calls) == 1 else answer(b"<rss/>"))(head, writer)  # type: ignore[arg-type]  # same

    found, _ = await ask(http, flaky)
    assert (found.outcome, len(calls)) == (Outcome.CHANGED, 2)


async def test_a_refused_address_is_a_failure_in_one_line(http: HttpClient) -> None:
    found = await fetch(http, "http://127.0.0.9/feed", Validators(), now=NOW, pauses=AT_ONCE)
    assert found.outcome is Outcome.FAILED
    assert found.reason == "127.0.0.9 leads to 127.0.0.9, which is not on the public internet"


async def test_a_strange_validator_is_none(http: HttpClient) -> None:
    found, _ = await ask(http, saying(answer(b"<rss/>", b"ETag: \xe9\x01", b"Last-Modified: " + b"x" * 2000)))
    assert found.validators == Validators()
