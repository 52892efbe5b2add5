"""Reading what a network answers: bounded, checked, and without a secret in any reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from bot.message import ChannelError, LockedOut, Refused, TryLater, Uncertain

MAX_ANSWER = 1_000_000
"""The most bytes of an answer that are read; no network's own comes near."""

LONGEST_WAIT = timedelta(hours=24)
"""A wait for longer than this is a mistake or a matter for people; the channel asks again after it."""

_REASON_LENGTH = 200
_HIGHEST_ID = 2**63 - 1
_MAYBE_OUT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
_OWNER_ACTS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.NOT_FOUND,  # the address or the version of the API, never the post
        HTTPStatus.UPGRADE_REQUIRED,
    }
)

Error = TypeVar("Error", bound=BaseException)


class AnswerError(Exception):
    """An answer that is no receipt: its status, its headers in lower case, its fields if it had any."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer; its text stays out of the message, for it may echo a secret."""
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.fields = json_object(body)


def json_object(body: bytes) -> dict[str, object]:
    """Read a JSON object; anything else, however deep or broken, is an empty one."""
    found = _json(body)
    return found if isinstance(found, dict) else {}


def is_list_or_object(body: bytes) -> bool:
    """Tell whether a body is a JSON list, or an object that is not empty."""
    return (body.lstrip()[:1] == b"[" and _json(body) is not None) or bool(json_object(body))


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping as it is and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def checked_id(value: object) -> str:
    """Return a network's numeric id as text, or "" for what cannot be one.

    It becomes part of addresses that we build, so only digits pass, and only 63 bits of them.
    """
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST_ID))
    return text if plain and not text.startswith("0") and int(text) <= _HIGHEST_ID else ""


def by_status(status: int, reason: str, after: timedelta | None = None) -> ChannelError:
    """Return what a status says on every network, where the answer's own words say nothing more."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TryLater(reason, after)
    if status in _OWNER_ACTS:
        return LockedOut(reason)
    if 400 <= status < 500 and status not in _MAYBE_OUT:  # noqa: PLR2004  the client errors of HTTP
        return Refused(reason)
    return Uncertain(reason)


def reading(error: ChannelError) -> ChannelError:
    """Return what an error means for a call that puts nothing out: it may be made again later."""
    return TryLater(error.reason) if isinstance(error, Uncertain) else error


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk an error and all that it wraps: causes, contexts, arguments, urllib3's reasons."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        wrapped = (found.__cause__, found.__context__, getattr(found, "reason", None), *found.args)
        waiting.extend(inner for inner in wrapped if isinstance(inner, BaseException))


def first_cause(error: BaseException, *kinds: type[Error]) -> Error | None:
    """Return the first of ``kinds`` in an error's causes."""
    return next((found for found in causes(error) if isinstance(found, kinds)), None)


def wait_of(seconds: object) -> timedelta | None:
    """Return how long a network asks us to wait, at most a day; None where it does not say."""
    try:
        asked = float(str(seconds))
    except ValueError:
        return None
    if math.isnan(asked) or asked <= 0:
        return None
    return timedelta(seconds=min(asked, LONGEST_WAIT.total_seconds())) or None


def wait_until(epoch: object, now: datetime) -> timedelta | None:
    """Return the wait until a moment in unix seconds, at most a day; None where it is past or strange."""
    try:
        return wait_of(float(str(epoch)) - now.timestamp())
    except ValueError:
        return None


def status_line(network: str, status: int, words: object, redact: Callable[[str], str]) -> str:
    """Return one line for people: the network, the status, and its own words without any secret."""
    said = f"{network} answered {status}"
    known = status in {entry.value for entry in HTTPStatus}
    said = f"{said} {HTTPStatus(status).phrase}" if known else said
    told = _one_line(redact(words)) if isinstance(words, str) else ""
    return f"{said}: {told}" if told else said


def _one_line(words: str) -> str:
    """Return a network's words as one short printable line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return line if len(line) <= _REASON_LENGTH else f"{line[: _REASON_LENGTH - 1]}…"
