"""A month at a glance: how much went out each day, and how much will, as things stand."""

from __future__ import annotations

from calendar import Calendar as Weeks
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk.web.door import Door, Values
from bot.desk.web.refusal import RefusalError
from content_queue.operations import listing
from content_queue.store.database import Transaction

FARTHEST = 12
"""Months before and after this one."""
DETAILED = timedelta(days=14)
"""How far the calendar itself shows each post."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the grid, with what goes out on each channel; ``inside`` the month that is shown."""

    date: date
    inside: bool
    counts: Mapping[str, int]
    detailed: bool

    @property
    def total(self) -> int:
        """How many posts in all."""
        return sum(self.counts.values())


def router(door: Door) -> APIRouter:
    """Return the address of the month."""
    pages = _Month(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/calendar/month", pages.month, methods=["GET"])
    return made


class _Month:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def month(self, request: Request) -> Response:
        asked = request.query_params.get("of", "")
        return await self._door.show(request, "month.html", partial(self._read, asked))

    def _read(self, asked: str, tx: Transaction, now: datetime) -> Values:
        today = now.astimezone(self._door.parts.zone).date()
        first = _first_of(asked, today)
        weeks = Weeks().monthdatescalendar(first.year, first.month)
        counts: dict[date, Counter[str]] = {}
        for day, channel in self._posts(tx, now, weeks[0][0], weeks[-1][-1]):
            counts.setdefault(day, Counter())[channel] += 1
        near = today + DETAILED
        return {
            "first": first,
            "weeks": [
                [
                    Cell(day, day.month == first.month, counts.get(day, {}), today <= day < near)
                    for day in week
                ]
                for week in weeks
            ],
            "today": today,
            "before": _moved(first, -1) if _apart(first, today) > -FARTHEST else None,
            "after": _moved(first, 1) if _apart(first, today) < FARTHEST else None,
            "now": now,
        }

    def _posts(self, tx: Transaction, now: datetime, begin: date, last: date) -> Iterator[tuple[date, str]]:
        """Yield the day and channel of each post that was out, is planned or is foreseen in these days."""
        parts = self._door.parts
        start, end = (datetime.combine(day, time(), parts.zone) for day in (begin, last + timedelta(days=1)))
        moments = listing.shown_between(tx, start, end)
        if end > now:
            ahead = listing.planned(tx, end)
            moments += [(max(post.due_at, post.not_before), post.channel) for post in ahead]
            foreseen = parts.forecast(tx, now, end) if parts.forecast else ()
            moments += [(row.due_at, row.channel) for row in foreseen]
        for moment, channel in moments:
            if start <= moment < end:
                yield moment.astimezone(parts.zone).date(), channel


def _first_of(asked: str, today: date) -> date:
    """Read a month as addresses write it, such as 2026-12; raise RefusalError."""
    if not asked:
        return today.replace(day=1)
    try:
        first = date.fromisoformat(f"{asked}-01")
    except ValueError:
        raise RefusalError(422, "a month is written 2026-12") from None
    if abs(_apart(first, today)) > FARTHEST:
        raise RefusalError(422, "the calendar shows a year before and after today")
    return first


def _apart(first: date, today: date) -> int:
    return (first.year - today.year) * 12 + first.month - today.month


def _moved(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)
