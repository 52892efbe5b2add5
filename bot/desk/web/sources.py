"""Sources: where content comes from, how each fares, and what became of its latest entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk.web.door import Door, Values
from bot.desk.web.form import whole
from bot.desk.words.catalogue import sentence
from content_queue.item import Hold, Reason, Scope
from content_queue.operations import doctor, flood, holds, listing, subscriptions
from content_queue.operations.doctor import Health
from content_queue.operations.rows import UnknownError
from content_queue.operations.sources import NOBODY
from content_queue.store.database import Transaction

ENTRIES = 100
A_PAGE = 40
"""So many sources a page: each is examined against its own habit, which takes a moment."""
_ILL = ("failing", "gone", "held", "mistaken")


@dataclass(frozen=True, slots=True)
class Fare:
    """A source, with the holds on it, and what the doctor finds."""

    row: listing.SourceRow
    held: tuple[Hold, ...]
    health: Health | None = None

    @property
    def advice(self) -> tuple[Reason, ...]:
        """What to do about it, beside the rows that are to be mended."""
        told = self.health.advice if self.health else ()
        return tuple(one for one in told if one not in self.row.mistakes)

    @property
    def state(self) -> str:
        """How it fares, in one word."""
        words = {"gone": self.row.gone, "held": bool(self.held), sentence("failing"): self.row.failures > 0}
        words[sentence("mistaken")] = bool(self.row.mistakes)
        found = next((word for word, fits in words.items() if fits), "")
        return found or ("well" if self.row.last_polled else sentence("new"))


def router(door: Door) -> APIRouter:
    """Return the addresses of the sources."""
    pages = _Sources(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/sources", pages.sources, methods=["GET"])
    made.add_api_route("/sources/{name}", pages.source, methods=["GET"])
    return made


class _Sources:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def sources(self, request: Request, page: str = "") -> Response:
        return await self._door.show(request, "sources.html", partial(self._read, whole(page, digits=5) or 1))

    async def source(self, request: Request, name: str) -> Response:
        return await self._door.show(request, "source.html", partial(self._read_one, name))

    def _read(self, number: int, tx: Transaction, now: datetime) -> Values:
        on = [hold for hold in holds.active(tx, now) if hold.scope is Scope.SOURCE]
        rows = [row for row in listing.sources(tx) if row.owner != NOBODY]
        fares = [Fare(row, tuple(hold for hold in on if hold.target == row.name)) for row in rows]
        fares.sort(key=lambda fare: (fare.state not in _ILL, fare.row.name))
        pages = max(-(-len(fares) // A_PAGE), 1)
        number = min(max(number, 1), pages)
        shown = fares[(number - 1) * A_PAGE : number * A_PAGE]
        examined = [replace(fare, health=doctor.health(tx, now, fare.row)) for fare in shown]
        counts = {"count": len(fares), "ill": sum(fare.state in _ILL for fare in fares)}
        return {"fares": examined, "page": number, "pages": pages, "now": now, **counts}

    def _read_one(self, name: str, tx: Transaction, now: datetime) -> Values:
        row = listing.source(tx, name)
        if row is None:
            raise UnknownError(f"there is no source {name!r}")
        on = [hold for hold in holds.active(tx, now) if (hold.scope, hold.target) == (Scope.SOURCE, name)]
        fare = Fare(row, tuple(on), doctor.health(tx, now, row))
        told = {
            "fare": fare,
            "waits": flood.waiting(tx, name),
            "hub": subscriptions.standings(tx, now).get(name),
        }
        entries = listing.last_document(tx, name) or listing.entries(tx, name, ENTRIES)
        return {**told, "entries": entries[:ENTRIES], "more": max(len(entries) - ENTRIES, 0), "now": now}
