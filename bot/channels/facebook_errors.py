"""What Facebook's errors mean: by code and subcode, for nearly all of them come as HTTP 400.

Source: developers.facebook.com, Graph API, error handling and rate limits. The subcodes of posts are those
that publishing tools have met; a code that nobody knows is judged by its status.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.channels.answer import LONGEST_WAIT, AnswerError, by_status, mapping, status_line, wait_of
from bot.channels.facebook_usage import ROLLING, regained
from bot.message import ChannelError, LockedOut, Refused, TryLater, Uncertain

_MAYBE_OUT = frozenset({1, 2})
_THROTTLED = frozenset({4, 17, 32, 341, 613, 80001, 80002, 1390008})
_BLOCKED = 368
_OF_THE_OWNER = frozenset({3, 10, 102, 104, 190, 803, 2500, 1404078, 4854002}) | frozenset(range(200, 300))
_OF_THE_VERSION = frozenset({12, 2635})
_OF_THE_POST = frozenset({100, 506, 1346003, 1366046, 1366051, 1404102, 1609005, 1609008})
_ABSENT = (100, 33)
_DUPLICATE_WORDS = "already posted"
_PROOF = "appsecret_proof"
_TOKEN_ENDS: Mapping[int, str] = {
    458: "the app was removed from the account: connect it again",
    459: "the person behind the token has to sign in on facebook.com",
    460: "the password was changed: make a new token",
    463: "the token has expired: make a new one",
    464: "the person behind the token has to confirm the account",
    467: "the token is not valid any more: make a new one",
}


class AbsentError(LockedOut):
    """What was asked for is not there, or not for us."""


@dataclass(frozen=True, slots=True)
class _Told:
    """An error in Facebook's words: its codes, 0 where there is none, what it says, how long to wait."""

    code: int
    subcode: int
    words: str
    reason: str
    wait: timedelta


def meaning(error: AnswerError, redact: Callable[[str], str], version: str) -> ChannelError:
    """Return what an answer of Facebook means. ``version`` is the one that was asked for."""
    fields = mapping(error.fields.get("error"))
    told = _told(error, fields, redact)
    if fields.get("is_transient") is True or told.code in _MAYBE_OUT:
        return Uncertain(told.reason)
    if (told.code, told.subcode) == _ABSENT:
        return AbsentError(told.reason)
    if _PROOF in told.words:
        return LockedOut(f"{told.reason}: turn off `Require app secret` in the app's settings")
    by_code = _by_code(told.subcode, told, version) or _by_code(told.code, told, version)
    return by_code or by_status(error.status, told.reason, told.wait)


def _told(error: AnswerError, fields: Mapping[str, Any], redact: Callable[[str], str]) -> _Told:
    code, subcode = _number(fields.get("code")), _number(fields.get("error_subcode"))
    said = fields.get("error_user_msg") or fields.get("message")
    words = said if isinstance(said, str) else ""
    numbered = f"({code}/{subcode}) {words}" if subcode else f"({code}) {words}"
    reason = status_line("Facebook", error.status, numbered if code else words, redact)
    return _Told(code, subcode, words, reason, _wait(error))


def _by_code(number: int, told: _Told, version: str) -> ChannelError | None:
    if number in _THROTTLED:
        return TryLater(told.reason, told.wait)
    if number == _BLOCKED:  # for "You've already posted this" too, which is the post's own
        repeated = _DUPLICATE_WORDS in told.words
        return Refused(told.reason) if repeated else TryLater(told.reason, LONGEST_WAIT)
    if number in _OF_THE_VERSION:
        return LockedOut(f"{told.reason}: set a later `version` ({version} is over)")
    if number in _OF_THE_OWNER:
        end = _TOKEN_ENDS.get(told.subcode, "")
        return LockedOut(f"{told.reason}: {end}" if end else told.reason)
    return Refused(told.reason) if number in _OF_THE_POST else None


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _wait(error: AnswerError) -> timedelta:
    """Return how long to leave the page alone: what an answer says, else a while."""
    return regained(error.headers) or wait_of(error.headers.get("retry-after")) or ROLLING
