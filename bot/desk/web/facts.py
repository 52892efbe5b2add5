"""Facts: what the queue knows of the ecosystem, how old it is, where it has been and goes next."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk.web.door import Door, Values
from content_queue.operations import facts
from content_queue.store.database import Transaction

MOST = 200
LONGEST = 100


def router(door: Door) -> APIRouter:
    """Return the address of the facts."""
    pages = _Facts(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/facts", pages.facts, methods=["GET"])
    return made


class _Facts:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def facts(self, request: Request) -> Response:
        words, topic = (request.query_params.get(name, "")[:LONGEST].strip() for name in ("words", "topic"))
        return await self._door.show(request, "facts.html", partial(self._read, words, topic))

    def _read(self, words: str, topic: str, tx: Transaction, now: datetime) -> Values:
        found = facts.facts(tx, words=words, topic=topic)
        return {
            "facts": found[:MOST],
            "count": len(found),
            "topics": facts.topics(tx),
            "words": words,
            "topic": topic,
            "today": now.astimezone(self._door.parts.zone).date(),
            "now": now,
        }
