"""One act of the API: in one transaction with the answer that a repeated Idempotency-Key gets again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, TypeVar, cast

from fastapi import Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from bot.desk.api.gate import Bearer, bearer
from bot.desk.web.door import outcome
from bot.desk.web.parts import DeskParts
from bot.desk.web.refusal import RefusalError
from content_queue.operations import answers
from content_queue.people import Person
from content_queue.store.database import Transaction

T = TypeVar("T")
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="The same request under the same key gets the same answer for a day.",
    ),
]
Act = Callable[[Transaction, datetime, Person], BaseModel | None]


class Api:
    """The API's one way to the queue."""

    def __init__(self, parts: DeskParts) -> None:
        self.parts = parts

    async def ask(self, read: Callable[[Transaction, datetime], T]) -> T:
        """Read from the queue."""
        return await outcome(self.parts.store.ask(read, self.parts.now()))

    async def act(self, request: Request, act: Act, status: int = HTTPStatus.OK) -> Response:
        """Change the queue as whoever brought the token, once for each Idempotency-Key."""
        asked: Bearer = request.state.bearer
        key, now = request.headers.get("idempotency-key", ""), self.parts.now()
        print_ = _fingerprint(request)

        def work(tx: Transaction) -> tuple[int, str]:
            who = bearer(tx, asked, self.parts)
            known = answers.find(tx, asked.token.id, key) if key else None
            if known is not None:
                if known.request != print_:
                    raise RefusalError(422, "this Idempotency-Key was used for another request")
                return known.status, known.body
            made = act(tx, now, who)
            body = "" if made is None else made.model_dump_json()
            code = HTTPStatus.NO_CONTENT if made is None else status
            if key:
                answers.keep(tx, now, asked.token.id, key, answers.Answer(print_, code, body))
            return code, body

        code, body = await outcome(self.parts.store.tell(work))
        self.parts.changed()
        return Response(body, code, media_type="application/json") if body else Response(status_code=code)


def _fingerprint(request: Request) -> str:
    body = cast(bytes, request.state.body)
    canonical = json.dumps(json.loads(body), sort_keys=True).encode() if body else b""
    return sha256(b"\n".join([request.method.encode(), request.url.path.encode(), canonical])).hexdigest()
