"""``/api/v1/items``: what waits and what was decided; propose, correct, judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from bot.desk import operations
from bot.desk.api import shapes
from bot.desk.api.acting import Api, KeyHeader
from bot.desk.api.shapes import ItemOut, PreviewOut
from bot.desk.operations import Draft
from content_queue.item import parse_reference
from content_queue.lifecycle import ItemState
from content_queue.operations import listing
from content_queue.operations.rows import item_by_id
from content_queue.people import Person
from content_queue.store.database import Transaction

ItemRef = Annotated[str, Path(pattern=r"^i[0-9]{1,18}$", examples=["i12"])]
Do = Callable[[Transaction, datetime, Person, int], object]


def router(api: Api) -> APIRouter:
    """Return the addresses of items."""
    made = APIRouter(prefix="/items", tags=["items"])
    for add in (_add_reading, _add_writing, _add_judging, _add_taking_back):
        add(made, api)
    return made


def _add_reading(made: APIRouter, api: Api) -> None:
    @made.get("", summary="List items, the newest first")
    async def items(
        state: ItemState | None = None,
        after: Annotated[str | None, Query(pattern=r"^i[0-9]{1,18}$")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> list[ItemOut]:
        below, chosen = _number(after) if after else None, state.value if state else None
        found = await api.ask(lambda tx, _now: listing.items(tx, chosen, limit=limit, after=below))
        return [shapes.item_out(item) for item in found]

    @made.get("/{item}", summary="One item")
    async def one(item: ItemRef) -> ItemOut:
        return shapes.item_out(await api.ask(lambda tx, _now: item_by_id(tx, _number(item))))

    @made.get("/{item}/preview", summary="Exactly what it says, or would say, on each channel")
    async def preview(item: ItemRef) -> PreviewOut:
        shown = await api.ask(lambda tx, _now: operations.show(tx, api.parts.desk, _number(item)))
        messages = [shapes.message_out(message) for message in shown.messages]
        return PreviewOut(messages=messages, refusals=dict(shown.refusals))


def _add_writing(made: APIRouter, api: Api) -> None:
    desk = api.parts.desk

    @made.post("", status_code=201, response_model=ItemOut, summary="Propose an item; it waits for judgement")
    async def add(request: Request, body: shapes.ItemIn, _key: KeyHeader = None) -> Response:
        versions = tuple(version.version() for version in body.versions)
        topics, channels = tuple(body.topics), tuple(body.channels)
        draft = Draft(body.kind, versions, topics, channels, body.at, body.confirmed)

        def act(tx: Transaction, now: datetime, who: Person) -> ItemOut:
            return shapes.item_out(item_by_id(tx, operations.add(tx, desk, now, who, draft)))

        return await api.act(request, act, 201)

    @made.patch("/{item}", response_model=ItemOut, summary="Give an item other words")
    async def edit(request: Request, item: ItemRef, body: shapes.EditIn, _key: KeyHeader = None) -> Response:
        changes = {version.language: version.version() for version in body.versions}

        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            old = item_by_id(tx, number)
            kept = [version for version in old.versions if version.language not in changes]
            given = [*kept, *changes.values()]
            operations.edit(tx, desk, now, who, number, given, revision=body.revision, approved=body.approve)

        return await _on_item(api, request, item, do)


def _add_judging(made: APIRouter, api: Api) -> None:
    desk = api.parts.desk

    @made.post("/{item}/approve", response_model=ItemOut, summary="Approve it, for all channels or for some")
    async def approve(
        request: Request, item: ItemRef, body: shapes.ApproveIn = shapes.AS_IT_STANDS, _key: KeyHeader = None
    ) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            wanted, shown = tuple(dict.fromkeys(body.channels)), body.revision
            operations.approve(tx, desk, now, who, number, channels=wanted, revision=shown)

        return await _on_item(api, request, item, do)

    @made.post("/{item}/reject", response_model=ItemOut, summary="Say no, with the reason")
    async def reject(
        request: Request, item: ItemRef, body: shapes.RejectIn, _key: KeyHeader = None
    ) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            operations.reject(tx, now, who, number, body.why, revision=body.revision)

        return await _on_item(api, request, item, do)

    @made.post("/{item}/publish", response_model=ItemOut, summary="Let an approved item go out now")
    async def publish(
        request: Request, item: ItemRef, body: shapes.PublishIn = shapes.ALL_CHANNELS, _key: KeyHeader = None
    ) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            publish = operations.announce if body.during_pause else operations.publish_now
            publish(tx, desk, now, who, number, tuple(dict.fromkeys(body.channels)))

        return await _on_item(api, request, item, do)


def _add_taking_back(made: APIRouter, api: Api) -> None:
    @made.post("/{item}/withdraw", response_model=ItemOut, summary="Take it out; what has not left ends")
    async def withdraw(
        request: Request, item: ItemRef, body: shapes.WhyIn = shapes.NO_WHY, _key: KeyHeader = None
    ) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            operations.withdraw(tx, now, who, number, body.why)

        return await _on_item(api, request, item, do)

    @made.post("/{item}/reopen", response_model=ItemOut, summary="Put it before the moderators again")
    async def reopen(request: Request, item: ItemRef, _key: KeyHeader = None) -> Response:
        return await _on_item(api, request, item, operations.reopen)

    @made.post("/{item}/repeat", response_model=ItemOut, summary="Let it go out once more")
    async def repeat(request: Request, item: ItemRef, _key: KeyHeader = None) -> Response:
        return await _on_item(api, request, item, operations.repeat)

    @made.post(
        "/{item}/pair", response_model=ItemOut, summary="Make one of two: the other becomes part of it"
    )
    async def pair(request: Request, item: ItemRef, body: shapes.PairIn, _key: KeyHeader = None) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            operations.pair(tx, now, who, number, _number(body.other))

        return await _on_item(api, request, item, do)


async def _on_item(api: Api, request: Request, ref: str, do: Do) -> Response:
    """Do something with an item, and answer with it as it stands then."""
    number = _number(ref)

    def act(tx: Transaction, now: datetime, who: Person) -> ItemOut:
        do(tx, now, who, number)
        return shapes.item_out(item_by_id(tx, number))

    return await api.act(request, act)


def _number(ref: str) -> int:
    return parse_reference(ref)[1]
