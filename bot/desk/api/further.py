"""``/api/v1/sources`` and ``/api/v1/holds``: where content comes from, and what does not go out now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from bot.desk import from_sources, operations
from bot.desk.api import shapes
from bot.desk.api.acting import Api, KeyHeader
from bot.desk.api.shapes import HoldOut, HoldsOut, LetInOut, SourceOut, WaitingOut
from bot.desk.web.refusal import RefusalError
from content_queue.item import Scope, item_name, parse_reference
from content_queue.operations import flood, holds, listing
from content_queue.people import Person
from content_queue.store.database import Transaction

SourceName = Annotated[str, Path(max_length=200, examples=["startech"])]


def router(api: Api) -> APIRouter:
    """Return the addresses of sources and holds."""
    made = APIRouter()
    _add_sources(made, api)
    _add_holds(made, api)
    return made


def _add_sources(made: APIRouter, api: Api) -> None:
    @made.get("/sources", tags=["sources"], summary="List the sources")
    async def sources() -> list[SourceOut]:
        rows = await api.ask(lambda tx, _now: listing.sources(tx))
        return [shapes.source_out(row) for row in rows]

    @made.get("/sources/{source}/waiting", tags=["sources"], summary="What appeared at once and waits")
    async def waiting(source: SourceName) -> list[WaitingOut]:
        found = await api.ask(lambda tx, _now: flood.listed(tx, source))
        return [
            WaitingOut(title=one.title, url=one.url or None, published_at=one.published_at) for one in found
        ]

    @made.post(
        "/sources/{source}/release",
        tags=["sources"],
        response_model=LetInOut,
        summary="Let the newest of what waits in, leave out the others, and go on",
    )
    async def let_in(
        request: Request, source: SourceName, body: shapes.FloodIn, _key: KeyHeader = None
    ) -> Response:
        def act(tx: Transaction, now: datetime, who: Person) -> LetInOut:
            made = from_sources.release(tx, now, who, source, newest=body.newest, seen=body.seen)
            return LetInOut(items=[item_name(number) for number in made])

        return await api.act(request, act)


def _add_holds(made: APIRouter, api: Api) -> None:
    @made.get("/holds", tags=["holds"], summary="List what is held now, oldest first")
    async def held() -> list[HoldOut]:
        return [shapes.hold_out(hold) for hold in await api.ask(holds.active)]

    @made.post("/holds", tags=["holds"], response_model=HoldsOut, summary="Hold everything, or one thing")
    async def hold(request: Request, body: shapes.HoldIn, _key: KeyHeader = None) -> Response:
        target = _target(body.scope, body.target)

        def act(tx: Transaction, now: datetime, who: Person) -> HoldsOut:
            if body.until is not None and body.until <= now:
                raise ValueError(f"{body.until.isoformat()} is over already: give a time to come")
            number = operations.pause(tx, now, who, body.scope, target, why=body.why, until=body.until)
            return HoldsOut(holds=[shapes.hold_out(one) for one in holds.active(tx, now) if one.id == number])

        return await api.act(request, act)

    @made.post(
        "/holds/release", tags=["holds"], response_model=HoldsOut, summary="Let go on; what was lifted"
    )
    async def release(request: Request, body: shapes.ReleaseIn, _key: KeyHeader = None) -> Response:
        target = _target(body.scope, body.target)

        def act(tx: Transaction, now: datetime, who: Person) -> HoldsOut:
            lifted = operations.resume(tx, now, who, body.scope, target)
            return HoldsOut(holds=[shapes.hold_out(one) for one in lifted])

        return await api.act(request, act)


def _target(scope: Scope, target: str) -> str:
    """Return what a hold is on as the queue keeps it; raise RefusalError where that is nothing."""
    if (scope is Scope.EVERYTHING) != (target == ""):
        raise RefusalError(422, "say what to hold")
    letters = {Scope.ITEM: "i", Scope.POST: "p"}
    if scope not in letters:
        return target
    try:
        letter, number = parse_reference(target)
    except ValueError as error:
        raise RefusalError(422, str(error)) from None
    if letter != letters[scope]:
        raise RefusalError(422, f"{target!r} is no id: an item is written i12, a post p34")
    return str(number)
