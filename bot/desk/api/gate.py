"""The API's gate: whose token, how often, and a body that can be read. Refusals are problems (RFC 9457)."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.desk.api.body import read_json, replayed
from bot.desk.api.rate import Rate
from bot.desk.keys import digest, looks_like_token
from bot.desk.web.parts import DeskParts
from bot.desk.web.refusal import RefusalError
from content_queue.operations import access, people
from content_queue.operations.access import TokenRow
from content_queue.people import Action, Person, limited, may
from content_queue.store.database import Transaction

PREFIX = "/api/"
DOCUMENT = "/api/openapi.json"
"""Open to everybody: it tells nothing that is not in the program."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever asks: a person, with no more than their token's scope."""

    token: TokenRow
    person: Person
    digest: str = field(repr=False)


class Gate:
    """Lets a request with a good token through to the API."""

    def __init__(self, app: ASGIApp, parts: DeskParts) -> None:
        self._app = app
        self._parts = parts
        self._rate = Rate()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with a problem."""
        if scope["path"] == DOCUMENT:
            await self._app(scope, receive, send)
            return
        try:
            scope.setdefault("state", {})["bearer"] = await self._bearer(Headers(scope=scope))
            if scope["method"] not in {"GET", "HEAD"}:
                body = await read_json(scope, receive)
                scope["state"]["body"] = body
                receive = replayed(body)
        except RefusalError as error:
            await refusal(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _bearer(self, headers: Headers) -> Bearer:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not looks_like_token(value):
            raise RefusalError(401, "bring a token: Authorization: Bearer tpb_...")
        now = self._parts.now()
        found = await asyncio.wrap_future(self._parts.store.ask(_find, now, digest(value)))
        if found is None:
            raise RefusalError(401, "this token opens nothing: it is unknown, over or revoked")
        wait = self._rate.take(found.token.id, now)
        if wait:
            raise TooOftenError(math.ceil(wait.total_seconds()))
        if not may(found.person, Action.SEE):
            raise RefusalError(403, "your role does not allow this: ask an admin")
        if found.token.seen_at is None or now - found.token.seen_at >= access.OFTEN:
            self._parts.store.tell(access.touch_token, now, found.token.id)
        return found


class TooOftenError(RefusalError):
    """A token asks too often; ``after`` is in seconds."""

    def __init__(self, after: int) -> None:
        super().__init__(429, f"this token asks too often: wait {after} s")
        self.after = after


def bearer(tx: Transaction, asked: Bearer, parts: DeskParts) -> Person:
    """Return whoever asks as they are now: a role may have changed, a token ended, since the request came."""
    known = access.token(tx, parts.now(), asked.digest)
    if known is None:
        raise RefusalError(401, "this token opens nothing: it is unknown, over or revoked")
    return limited(people.by_id(tx, known.person), known.scope)


def refusal(error: RefusalError) -> Response:
    """Answer with a problem."""
    headers = {}
    if isinstance(error, TooOftenError):
        headers["retry-after"] = str(error.after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="technopolys"'
    return problem(error.status, error.line, headers)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return a problem: what is wrong, in one line."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _find(tx: Transaction, now: datetime, key: str) -> Bearer | None:
    token = access.token(tx, now, key)
    return None if token is None else Bearer(token, limited(people.by_id(tx, token.person), token.scope), key)
