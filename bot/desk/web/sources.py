"""Sources: where content comes from, how each fares, and what became of its latest entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk.web.door import Door, Values
from bot.desk.words.catalogue import sentence
from content_queue.item import Hold, Scope
from content_queue.operations import holds, listing, subscriptions
from content_queue.operations.rows import UnknownError
from content_queue.operations.sources import NOBODY
from content_queue.store.database import Transaction

ENTRIES = 30


@dataclass(frozen=True, slots=True)
class Fare:
    """A source, with the holds on it."""

    row: listing.SourceRow
    held: tuple[Hold, ...]

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

    async def sources(self, request: Request) -> Response:
        return await self._door.show(request, "sources.html", self._read)

    async def source(self, request: Request, name: str) -> Response:
        return await self._door.show(request, "source.html", partial(self._read_one, name))

    def _read(self, tx: Transaction, now: datetime) -> Values:
        on = [hold for hold in holds.active(tx, now) if hold.scope is Scope.SOURCE]
        rows = [row for row in listing.sources(tx) if row.owner != NOBODY]
        fares = [Fare(row, tuple(hold for hold in on if hold.target == row.name)) for row in rows]
        ill = ("failing", "gone", "held", "mistaken")
        return {"fares": sorted(fares, key=lambda fare: (fare.state not in ill, fare.row.name)), "now": now}

    def _read_one(self, name: str, tx: Transaction, now: datetime) -> Values:
        row = listing.source(tx, name)
        if row is None:
            raise UnknownError(f"there is no source {name!r}")
        on = [hold for hold in holds.active(tx, now) if (hold.scope, hold.target) == (Scope.SOURCE, name)]
        hub = subscriptions.standings(tx, now).get(name)
        entries = listing.entries(tx, name, ENTRIES)
        return {"fare": Fare(row, tuple(on)), "entries": entries, "hub": hub, "now": now}
