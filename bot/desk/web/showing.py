"""Pictures as they go out, or would: our own re-encoded copies, for whoever has come in."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.desk import operations
from bot.desk.web.door import Door
from bot.desk.web.judging import item_number
from bot.desk.web.refusal import RefusalError
from content_queue.operations import pictures
from content_queue.operations.pictures import Stored

KINDS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def router(door: Door) -> APIRouter:
    """Return the address of pictures."""
    made = APIRouter(default_response_class=Response)

    @made.get("/pictures/{digest}")
    async def picture(digest: str) -> Response:
        # the address is the digest of what it shows: it never changes
        return _shown(await door.ask(pictures.read, digest), "private, max-age=31536000, immutable")

    @made.get("/items/{ref}/pictures/{message}/{number}")
    async def ahead(ref: str, message: int, number: int) -> Response:
        """Show a picture of a message that nobody has approved yet: made now, if need be."""
        make, item = door.parts.picture, item_number(ref)
        shown = await door.ask(operations.show, door.parts.desk, item)
        there = {
            (place, at): (picture, each.channel)
            for place, each in enumerate(shown.messages)
            for at, picture in enumerate(each.pictures)
        }
        wanted = there.get((message, number))
        if make is None or wanted is None:
            raise _nothing()
        return _shown(await make(*wanted), "private, max-age=60")

    return made


def _shown(stored: Stored | None, kept: str) -> Response:
    if stored is None or stored.kind not in KINDS:
        raise _nothing()
    return Response(stored.content, media_type=stored.kind, headers={"Cache-Control": kept})


def _nothing() -> RefusalError:
    return RefusalError(404, "There is nothing at this address.")
