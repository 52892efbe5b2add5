"""``/api/v1/posts`` and ``/api/v1/plan``: what goes out, when and why; move, skip, cancel, retry, resolve."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from bot.desk import operations
from bot.desk.api import shapes
from bot.desk.api.acting import Api, KeyHeader
from bot.desk.api.shapes import PlanOut, PostOut
from bot.desk.web.address import is_web
from bot.desk.web.refusal import RefusalError
from content_queue.item import parse_reference, post_name
from content_queue.lifecycle import PostState
from content_queue.operations import listing
from content_queue.operations.rows import post_by_id
from content_queue.people import Person
from content_queue.store.database import Transaction

PostRef = Annotated[str, Path(pattern=r"^p[0-9]{1,18}$", examples=["p34"])]
Do = Callable[[Transaction, datetime, Person, int], object]


def router(api: Api) -> APIRouter:
    """Return the addresses of posts and of the plan."""
    made = APIRouter(tags=["posts"])
    for add in (_add_reading, _add_moving, _add_answering):
        add(made, api)
    return made


def _add_reading(made: APIRouter, api: Api) -> None:
    @made.get("/posts", summary="List posts, the latest due first")
    async def posts(
        state: PostState | None = None,
        channel: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> list[PostOut]:
        chosen = state.value if state else None
        found = await api.ask(lambda tx, _now: listing.posts(tx, chosen, channel, limit=limit))
        return [shapes.post_out(post) for post in found]

    @made.get("/posts/{post}", summary="One post")
    async def one(post: PostRef) -> PostOut:
        return shapes.post_out(await api.ask(lambda tx, _now: post_by_id(tx, _number(post))))

    @made.get("/plan", summary="What goes out: fixed rows for the hours ahead, a forecast beyond")
    async def plan(days: Annotated[int, Query(ge=1, le=60)] = 14) -> list[PlanOut]:
        return await api.ask(lambda tx, now: _plan(tx, now, now + timedelta(days=days), api))


def _add_moving(made: APIRouter, api: Api) -> None:
    desk = api.parts.desk

    @made.post("/posts/{post}/move", response_model=PostOut, summary="Give a planned post another time")
    async def move(request: Request, post: PostRef, body: shapes.MoveIn, _key: KeyHeader = None) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            operations.move(tx, desk, now, who, number, body.at)

        return await _on_post(api, request, post, do)

    @made.post("/posts/{post}/skip", response_model=PostOut, summary="Leave this slot; a later one comes")
    async def skip(
        request: Request, post: PostRef, body: shapes.WhyIn = shapes.NO_WHY, _key: KeyHeader = None
    ) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            operations.skip(tx, now, who, number, body.why)

        return await _on_post(api, request, post, do)

    @made.post("/posts/{post}/cancel", response_model=PostOut, summary="End it on this channel")
    async def cancel(
        request: Request, post: PostRef, body: shapes.WhyIn = shapes.NO_WHY, _key: KeyHeader = None
    ) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            operations.cancel(tx, now, who, number, body.why)

        return await _on_post(api, request, post, do)


def _add_answering(made: APIRouter, api: Api) -> None:
    @made.post("/posts/{post}/recall", response_model=PostOut, summary="Take back what is out")
    async def recall(request: Request, post: PostRef, body: shapes.WhyIn, _key: KeyHeader = None) -> Response:
        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            operations.recall(tx, now, who, post_name(number), body.why)

        return await _on_post(api, request, post, do)

    @made.post("/posts/{post}/retry", response_model=PostOut, summary="Send a failed post again")
    async def retry(request: Request, post: PostRef, _key: KeyHeader = None) -> Response:
        return await _on_post(api, request, post, operations.retry)

    @made.post("/posts/{post}/resolve", response_model=PostOut, summary="Say what became of it")
    async def resolve(
        request: Request, post: PostRef, body: shapes.ResolveIn, _key: KeyHeader = None
    ) -> Response:
        if body.url and not is_web(body.url):
            raise RefusalError(422, "an address begins with https:// or http://")

        def do(tx: Transaction, now: datetime, who: Person, number: int) -> None:
            if body.answer == "found":
                operations.resolve_found(tx, now, who, number, body.url)
            elif body.answer == "resend":
                operations.resolve_resend(tx, now, who, number)
            else:
                operations.resolve_drop(tx, now, who, number)

        return await _on_post(api, request, post, do)


async def _on_post(api: Api, request: Request, ref: str, do: Do) -> Response:
    """Do something with a post, and answer with it as it stands then."""
    number = _number(ref)

    def act(tx: Transaction, now: datetime, who: Person) -> PostOut:
        do(tx, now, who, number)
        return shapes.post_out(post_by_id(tx, number))

    return await api.act(request, act)


def _plan(tx: Transaction, now: datetime, until: datetime, api: Api) -> list[PlanOut]:
    rows = [shapes.planned_out(post) for post in listing.planned(tx, until)]
    foreseen = api.parts.forecast(tx, now, until) if api.parts.forecast else ()
    rows += [shapes.foreseen_out(row) for row in foreseen]
    return sorted(rows, key=lambda row: row.due_at)


def _number(ref: str) -> int:
    return parse_reference(ref)[1]
