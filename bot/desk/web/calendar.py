"""The calendar: what goes out where, when and why; and the acts on one post."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from math import ceil
from types import MappingProxyType

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk import operations
from bot.desk.web.card import Slip, slip
from bot.desk.web.door import Door, Values, form_of
from bot.desk.web.face import Face, face
from bot.desk.web.parts import Foreseen
from bot.desk.web.refusal import RefusalError
from bot.desk.words.catalogue import sentence
from content_queue.item import parse_reference, post_name
from content_queue.operations import listing, pending
from content_queue.people import Person
from content_queue.store.database import Transaction

DAYS = 14
_MANY = 200


def _recall(tx: Transaction, now: datetime, who: Person, number: int, why: str) -> None:
    operations.recall(tx, now, who, post_name(number), why)


_ACTS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "skip": operations.skip,
        "cancel": operations.cancel,
        "retry": operations.retry,
        "found": operations.resolve_found,
        "resend": operations.resolve_resend,
        "later": operations.resolve_resend,
        "drop": operations.resolve_drop,
        "recall": _recall,
    }
)
_SAID: Mapping[str, str] = MappingProxyType(
    {
        "skip": sentence("%(post)s leaves its slot; its item gets a later one."),
        "cancel": sentence("%(post)s is cancelled: its item does not go out on that channel."),
        "retry": sentence("%(post)s is sent again."),
        "found": sentence("%(post)s counts as published."),
        "resend": sentence("%(post)s is sent again."),
        "later": sentence("%(post)s: you are asked again in an hour."),
        "drop": sentence("%(post)s is let be."),
        "recall": sentence("%(post)s is being taken back from its network."),
    }
)
"""What is said after each act."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the calendar: a post that is planned, or a forecast."""

    due_at: datetime
    channel: str
    network: str
    face: Face
    slip: Slip | None
    foreseen: Foreseen | None


@dataclass(frozen=True, slots=True)
class Gap:
    """The empty slots of a channel on a day; ``fitting`` items that wait to be judged speak its language."""

    channel: str
    network: str
    times: list[datetime]
    fitting: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    date: date
    rows: list[Row]
    gaps: Sequence[Gap] = ()

    @property
    def empty(self) -> int:
        """How many slots nothing fills."""
        return sum(len(gap.times) for gap in self.gaps)


def router(door: Door) -> APIRouter:
    """Return the addresses of the calendar and of the acts on posts."""
    pages = _Calendar(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/calendar", pages.calendar, methods=["GET"])
    made.add_api_route("/posts/{ref}/move", pages.move, methods=["POST"])
    for act in _ACTS:
        made.add_api_route(f"/posts/{{ref}}/{act}", partial(pages.act, act), methods=["POST"], name=act)
    return made


class _Calendar:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def calendar(self, request: Request) -> Response:
        return await self._door.show(request, "calendar.html", self._read)

    async def move(self, request: Request, ref: str) -> Response:
        number, parts = _post_number(ref), self._door.parts
        when = form_of(request).moment("when", parts.zone)
        if when is None:
            raise RefusalError(422, "give a time to come")
        now = parts.now()
        await self._door.act(request, lambda tx, who: operations.move(tx, parts.desk, now, who, number, when))
        words = self._door.words(request)
        line = words.say("%(post)s goes out on %(when)s.", post=post_name(number), when=words.moment(when))
        return self._door.done(request, line, "/calendar")

    async def act(self, name: str, request: Request, ref: str) -> Response:
        number, form = _post_number(ref), form_of(request)
        if name == "resend" and not form.one("sure"):
            raise RefusalError(422, "look at the account first, then say that it is not there")
        further = {act: (form.one("why"),) for act in ("skip", "cancel", "recall")}
        further["found"] = (form.address("url"),)
        now, more = self._door.parts.now(), further.get(name, ())
        await self._door.act(request, lambda tx, who: _ACTS[name](tx, now, who, number, *more))
        line = self._door.words(request).say(_SAID[name], post=post_name(number))
        return self._door.done(request, line, "/calendar")

    def _read(self, tx: Transaction, now: datetime) -> Values:
        rows = [*self._committed(tx, now), *self._forecast(tx, now)]
        rows.sort(key=lambda row: row.due_at)
        zone = self._door.parts.zone
        days = groupby(rows, key=lambda row: row.due_at.astimezone(zone).date())
        left = {name: _days_left(name, rows, now) for name in self._door.parts.desk.styles}
        listed = {day: list(each) for day, each in days}
        gaps = self._gaps(tx, now, rows)
        shown = [Day(day, listed.get(day, []), gaps.get(day, ())) for day in sorted({*listed, *gaps})]
        return {"days": shown, "now": now, "many": len(rows) >= _MANY, "left": left}

    def _gaps(self, tx: Transaction, now: datetime, rows: Sequence[Row]) -> dict[date, list[Gap]]:
        """Return by day the slots of each channel that nothing fills."""
        parts = self._door.parts
        if parts.empty is None:
            return {}
        ahead = [(row.channel, row.due_at) for row in rows if row.foreseen]
        until = now + timedelta(days=DAYS)
        waiting = pending.to_judge_in(tx)
        found: dict[date, list[Gap]] = {}
        for channel, times in parts.empty(tx, now, until, ahead, _MANY).items():
            style = parts.desk.styles[channel]
            fitting = max((waiting.get(language, 0) for language in style.languages), default=0)
            for day, each in groupby(times, key=lambda due: due.astimezone(parts.zone).date()):
                found.setdefault(day, []).append(Gap(channel, style.network, list(each), fitting))
        return found

    def _committed(self, tx: Transaction, now: datetime) -> Iterator[Row]:
        for post in listing.planned(tx, now + timedelta(days=DAYS))[:_MANY]:
            made = slip(tx, self._door.parts.desk, now, post)
            yield Row(max(post.due_at, post.not_before), post.channel, post.network, made.face, made, None)

    def _forecast(self, tx: Transaction, now: datetime) -> Iterator[Row]:
        parts = self._door.parts
        if parts.forecast is None:
            return
        for row in parts.forecast(tx, now, now + timedelta(days=DAYS)):
            style = parts.desk.styles.get(row.channel)
            yield Row(row.due_at, row.channel, row.message.network, face(row.message, style), None, row)


def _days_left(channel: str, rows: Sequence[Row], now: datetime) -> int:
    """Return for how many days from now a channel has approved content, as far as the calendar looks."""
    last = max((row.due_at for row in rows if row.channel == channel), default=None)
    return 0 if last is None else ceil((last - now) / timedelta(days=1))


def _post_number(ref: str) -> int:
    try:
        letter, number = parse_reference(ref)
    except ValueError as error:
        raise RefusalError(404, str(error)) from None
    if letter != "p":
        raise RefusalError(404, f"{ref!r} is no id: an item is written i12, a post p34")
    return number
