"""What machines ask without signing in: does the worker live, does publishing work."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from bot.desk.web.door import Door

_FINE, _NOT = 200, 503


def router(door: Door) -> APIRouter:
    """Return ``/healthz`` and ``/readyz``."""
    pages = _Health(door)
    made = APIRouter()
    made.add_api_route("/healthz", pages.alive, methods=["GET", "HEAD"])
    made.add_api_route("/readyz", pages.ready, methods=["GET", "HEAD"])
    return made


class _Health:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def alive(self) -> Response:
        found = await self._door.parts.health()
        return _answer("alive", fine=found.alive)

    async def ready(self) -> Response:
        found = await self._door.parts.health()
        return _answer("ready", fine=found.ready)


def _answer(what: str, *, fine: bool) -> Response:
    # no more than that: whoever asks has not signed in
    return JSONResponse({what: fine}, _FINE if fine else _NOT)
