"""The desk's application: its pages, behind the guard."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.desk.api.late import LateApi
from bot.desk.web import (
    account,
    bringing,
    calendar,
    entrance,
    facts,
    health,
    home,
    judging,
    month,
    people,
    public,
    releasing,
    settling,
    showing,
    sources,
    stopping,
    websub,
    writing,
)
from bot.desk.web.door import Door, back_of
from bot.desk.web.guard import Guard
from bot.desk.web.parts import DeskParts
from bot.desk.web.refusal import RefusalError
from bot.desk.web.session import Sessions
from bot.desk.words.catalogue import sentence

_STATIC = Path(__file__).parent / "static"
_LINES = {
    404: sentence("There is nothing at this address."),
    405: sentence("This address takes no such request. Nothing was changed."),
}


def create_app(parts: DeskParts) -> FastAPI:
    """Return the desk's application. Nothing is opened or started here."""
    sessions = Sessions(parts.token, parts.now)
    door = Door(parts, sessions)
    app = FastAPI(title="Technopolys", version=parts.version, openapi_url=None, docs_url=None, redoc_url=None)
    for pages in (
        entrance,
        account,
        home,
        judging,
        writing,
        bringing,
        calendar,
        month,
        people,
        settling,
        showing,
        stopping,
        health,
        sources,
        releasing,
        facts,
        public,
        websub,
    ):
        app.include_router(pages.router(door), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusalError)  # noqa: S101  registered for it alone
        return door.refusal(request, error.status, error.line, back_of(request, "/"))

    async def nothing_here(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        answer = door.refusal(request, status, _LINES.get(status, sentence("This cannot be done.")))
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer

    def refuse(scope: Scope, status: int, line: str) -> Response:
        return door.refusal(Request(scope), status, line)

    app.add_exception_handler(RefusalError, refused)
    app.add_exception_handler(HTTPException, nothing_here)
    app.add_middleware(Guard, sessions, parts, refuse, LateApi(parts))
    return app
