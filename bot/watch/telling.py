"""What people are told of, and in which words: all about it in one message, with the answers to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from bot.watch.trouble import STOP_HERE, Kind, Light, Trouble
from content_queue.item import Post, Reason, Scope
from content_queue.operations.notices import Concern, Notice

LONG_FAILING = timedelta(days=1)
"""A source that fails for so long is worth a word; one that stumbles mends itself."""
ASKS = frozenset({Kind.UNCERTAIN, Kind.BY_HAND})
"""What waits for an answer, so that people are reminded of it."""
PASSING = frozenset({Kind.MISSED, Kind.CLOCK_SET})
"""What merely happened: it has no end to tell, and many of a kind are told together."""


class Stage(StrEnum):
    """Where in its life a notice is told."""

    BEGUN = "begun"
    AGAIN = "again"
    ENDED = "ended"


class Speech(Protocol):
    """The language in which people are told."""

    def reason(self, reason: Reason) -> str:
        """Return a sentence in this language."""

    def moment(self, when: datetime) -> str:
        """Write a day and time."""


class NotToldError(RuntimeError):
    """The message was not delivered, as far as anybody can tell; its words hold no secret."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One message for people. ``title`` is one line; ``lines`` is all there is to know, and the answers.

    ``notices`` are the rows that it tells of: one, or many of a kind that are told together. ``post`` is the
    post that waits for an answer, for a teller that can offer buttons.
    """

    stage: Stage
    title: str
    lines: tuple[str, ...]
    notices: tuple[Notice, ...] = ()
    post: Post | None = None

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


class Teller(Protocol):
    """One way to reach people: Apprise, the moderators' chat. It only tells; it never decides anything.

    It is called by the one worker that leads. It may be called again with the same telling: after an
    error, and after a crash between telling and noting that it was told.
    """

    @property
    def name(self) -> str:
        """A name of its own, under which it is noted what was told."""

    async def tell(self, telling: Telling) -> None:
        """Tell people; raise whatever went wrong, and be asked again later. Must end by itself."""


def concerns(troubles: Sequence[Trouble], now: datetime) -> list[Concern]:
    """Return the troubles that are worth telling people who are not looking."""
    return [
        Concern(trouble.kind.value, trouble.about, trouble.what, trouble.why, trouble.since)
        for trouble in troubles
        if _worth_telling(trouble, now)
    ]


def begun(notice: Notice, stage: Stage, post: Post | None, speech: Speech, desk: str) -> Telling:
    """Say what is wrong since when, why, and what a person can do about it."""
    title = speech.reason(notice.what)
    since = Reason("Since: %(when)s", {"when": speech.moment(notice.since)})
    lines = [speech.reason(since), *filter(None, [speech.reason(notice.why)])]
    if post is not None:
        lines = _question(post, notice, speech)
    elif notice.about == Scope.EVERYTHING.value:
        lines += [f"{speech.reason(words)} {command}" for command, words in _TWO_BOTS.items()]
    return Telling(stage, title, (*lines, *_where(speech, desk)), (notice,), post)


def ended(notice: Notice, speech: Speech) -> Telling:
    """Say that a trouble is over."""
    over = Reason("Over: %(what)s", {"what": speech.reason(notice.what)})
    ended_at = notice.ended_at or notice.noted_at
    span = {"since": speech.moment(notice.since), "until": speech.moment(ended_at)}
    lines = (speech.reason(Reason("From %(since)s to %(until)s", span)),)
    return Telling(Stage.ENDED, speech.reason(over), lines, (notice,))


def together(notices: Sequence[Notice], speech: Speech, desk: str) -> Telling:
    """Tell many of a passing kind in one message."""
    title = speech.reason(Reason("%(number)s posts missed their time", {"number": str(len(notices))}))
    lines = [f"- {speech.reason(notice.what)}" for notice in notices]
    return Telling(Stage.BEGUN, title, (*lines, *_where(speech, desk)), tuple(notices))


_ANSWERS: Mapping[str, Reason] = MappingProxyType(
    {
        "--found [URL]": Reason("It is there:"),
        "--resend": Reason("It is not there, send it again:"),
        "--drop": Reason("Let it be:"),
    }
)


_TWO_BOTS: Mapping[str, Reason] = MappingProxyType(
    {
        "technopolys resume": Reason("This is the only bot, go on:"),
        STOP_HERE: Reason("Another bot posts, stop here:"),
    }
)


_BY_HAND: Mapping[str, Reason] = MappingProxyType(
    {
        "--found [URL]": Reason("It is posted:"),
        "--resend": Reason("Later, ask again in an hour:"),
        "--drop": Reason("Skip it:"),
    }
)


def _question(post: Post, notice: Notice, speech: Speech) -> list[str]:
    if notice.kind == Kind.BY_HAND.value:
        return _request(post, speech)
    sent = Reason("Sent: %(when)s", {"when": speech.moment(post.first_sent_at or notice.since)})
    known = post.error or speech.reason(Reason("the worker was stopped while it was being sent"))
    return [
        speech.reason(sent),
        speech.reason(Reason("What is known: %(what)s", {"what": known})),
        speech.reason(Reason("The exact text:")),
        "",
        *post.message.text.splitlines(),
        "",
        speech.reason(Reason("Look at the account, then answer:")),
        *_answers(post, _ANSWERS, speech),
    ]


def _request(post: Post, speech: Speech) -> list[str]:
    """Ask a person to post it: the text to copy, and the link where the text does not hold it."""
    link = post.message.link
    return [
        speech.reason(Reason("Copy this and post it on %(channel)s:", {"channel": post.channel})),
        "",
        *post.message.text.splitlines(),
        "",
        *([link] if link and link not in post.message.text else []),
        *_answers(post, _BY_HAND, speech),
    ]


def _answers(post: Post, ways: Mapping[str, Reason], speech: Speech) -> list[str]:
    return [f"{speech.reason(words)} technopolys resolve p{post.id} {way}" for way, words in ways.items()]


def _where(speech: Speech, desk: str) -> list[str]:
    return [speech.reason(Reason("On the desk: %(url)s", {"url": desk}))] if desk else []


def _worth_telling(trouble: Trouble, now: datetime) -> bool:
    if trouble.kind is Kind.SOURCE:
        return trouble.since is not None and now - trouble.since >= LONG_FAILING
    return trouble.severity is Light.RED or trouble.kind in PASSING | ASKS | {Kind.CONSENT}
