"""Pictures as they go out: our own re-encoded copies, for whoever has come in."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.desk.web.door import Door
from bot.desk.web.refusal import RefusalError
from content_queue.operations import pictures

KINDS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def router(door: Door) -> APIRouter:
    """Return the address of pictures."""
    made = APIRouter(default_response_class=Response)

    @made.get("/pictures/{digest}")
    async def picture(digest: str) -> Response:
        stored = await door.ask(pictures.read, digest)
        if stored is None or stored.kind not in KINDS:
            raise RefusalError(404, "There is nothing at this address.")
        # the address is the digest of what it shows: it never changes
        kept = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(stored.content, media_type=stored.kind, headers=kept)

    return made
