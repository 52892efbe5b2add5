"""Asks one source whether there is anything new: conditionally, politely, and says what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_chain, wait_fixed

from bot.http_client import Answer, FetchError, HttpClient, Unreachable
from bot.sources.hints import fresh_for
from bot.sources.hub import NO_HUB, Hub, in_header

LONGEST_WAIT = timedelta(hours=24)
FEEDS = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
SHEETS = "text/csv, text/tab-separated-values;q=0.9, text/plain;q=0.8, */*;q=0.5"
_MAX_VALIDATOR = 1000


@dataclass(frozen=True, slots=True)
class Validators:
    """What the source gave us to ask "anything new since?" with; "" where it gave none."""

    etag: str = ""
    last_modified: str = ""


class Outcome(StrEnum):
    """What came of asking."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    GONE = "gone"
    WAIT = "wait"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a source answered.

    ``reason`` is one line for people where nothing was read; ``wait`` how long the host asked us to stay
    away; ``fresh`` how long the answer says that it stays as it is; ``url`` the final address,
    ``permanent`` the new one where every redirect said so for good; ``hub`` is what its headers name.
    """

    outcome: Outcome
    url: str
    reason: str = ""
    body: bytes = b""
    content_type: str = ""
    validators: Validators = Validators()
    permanent: str | None = None
    wait: timedelta | None = None
    fresh: timedelta = timedelta(0)
    hub: Hub = NO_HUB


async def fetch(
    http: HttpClient,
    url: str,
    validators: Validators,
    *,
    now: datetime,
    shortest_wait: timedelta = timedelta(minutes=15),
    pauses: Sequence[timedelta] = (timedelta(seconds=2),),
    accept: str = FEEDS,
) -> Fetched:
    """Read ``url`` unless it is unchanged; never raises for what the network or the source does.

    ``accept`` says what we would rather be given, :data:`FEEDS` or :data:`SHEETS`.
    ``shortest_wait`` is the least that a Retry-After may ask of us, ``pauses`` what passes before each
    repeat of a request that reached nobody.
    """
    try:
        answer = await _answer(http, url, {"Accept": accept, **_conditions(validators)}, pauses)
    except FetchError as error:
        return Fetched(Outcome.FAILED, url, str(error))
    return _judged(answer, validators, now, shortest_wait)


async def _answer(http: HttpClient, url: str, headers: dict[str, str], pauses: Sequence[timedelta]) -> Answer:
    """GET is harmless: one that reached nobody is repeated."""
    try:
        return await http.get(url, headers=headers)
    except Unreachable:
        if not pauses:
            raise
    await asyncio.sleep(pauses[0].total_seconds())
    attempts = AsyncRetrying(
        retry=retry_if_exception_type(Unreachable),
        stop=stop_after_attempt(len(pauses)),
        wait=wait_chain(*(wait_fixed(pause) for pause in (*pauses[1:], timedelta(0)))),
        reraise=True,
    )
    return await attempts(http.get, url, headers=headers)


def _conditions(validators: Validators) -> dict[str, str]:
    headers = {}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def _judged(answer: Answer, known: Validators, now: datetime, shortest_wait: timedelta) -> Fetched:
    asked_to_wait = answer.headers.get("retry-after")
    if answer.status == HTTPStatus.OK and answer.body.strip():
        return _changed(answer)
    if answer.status == HTTPStatus.OK:
        return _nothing(Outcome.FAILED, answer, "it answered with an empty document")
    if answer.status == HTTPStatus.NOT_MODIFIED:
        fresh = _fresh(answer)
        return Fetched(
            Outcome.UNCHANGED, answer.url, validators=known, permanent=answer.permanent, fresh=fresh
        )
    if answer.status == HTTPStatus.GONE:
        return _nothing(Outcome.GONE, answer, "it is gone for good (410)")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or (
        answer.status == HTTPStatus.SERVICE_UNAVAILABLE and asked_to_wait is not None
    ):
        wait = min(max(_asked(asked_to_wait or "", now), shortest_wait), LONGEST_WAIT)
        return Fetched(Outcome.WAIT, answer.url, f"it asks us to wait ({answer.status})", wait=wait)
    return _nothing(Outcome.FAILED, answer, f"it answered {_status(answer.status)}")


def _changed(answer: Answer) -> Fetched:
    return Fetched(
        Outcome.CHANGED,
        answer.url,
        body=answer.body,
        content_type=answer.headers.get("content-type", ""),
        validators=Validators(_kept(answer, "etag"), _kept(answer, "last-modified")),
        permanent=answer.permanent,
        fresh=_fresh(answer),
        hub=in_header(answer.headers.get("link", ""), answer.url),
    )


def _fresh(answer: Answer) -> timedelta:
    return fresh_for(answer.headers.get("cache-control", ""))


def _nothing(outcome: Outcome, answer: Answer, reason: str) -> Fetched:
    return Fetched(outcome, answer.url, reason)


def _kept(answer: Answer, name: str) -> str:
    """A validator to send back; one that is no printable ASCII or endless is none."""
    value = answer.headers.get(name, "").strip()
    return value if value.isascii() and value.isprintable() and len(value) <= _MAX_VALIDATOR else ""


def _asked(retry_after: str, now: datetime) -> timedelta:
    """Read seconds or an HTTP date; zero for anything else."""
    text = retry_after.strip()
    if text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    return until.replace(tzinfo=until.tzinfo or UTC) - now


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
