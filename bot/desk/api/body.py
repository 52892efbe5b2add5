"""A request's JSON, read strictly before anything sees it: small, one value for each name, not too deep."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from bot.desk.web.refusal import RefusalError

LARGEST = 256 * 1024
"""Bytes."""
DEEPEST = 20


async def read_json(scope: Scope, receive: Receive) -> bytes:
    """Return a request's body once it is JSON as we take it; raise RefusalError 400, 413 or 415."""
    kind = Headers(scope=scope).get("content-type", "").split(";")[0].strip().lower()
    body = await _whole(receive)
    if not body:
        return b""
    if kind != "application/json":
        raise RefusalError(415, "send application/json")
    if body.startswith(b"\xef\xbb\xbf"):
        raise RefusalError(400, "this JSON begins with a byte order mark")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusalError(400, f"this is no JSON that we take: {_brief(error)}") from None
    if _depth(value) > DEEPEST:
        raise RefusalError(400, "this JSON is too deep")
    return body


def replayed(body: bytes) -> Receive:
    """Return what gives a body that was read to whoever asks next."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "the request did not arrive whole")
        body += message.get("body", b"")
        if len(body) > LARGEST:
            raise RefusalError(413, "this request is too large")
        if not message.get("more_body"):
            return bytes(body)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _brief(error: Exception) -> str:
    return "too deep" if isinstance(error, RecursionError) else str(error).split(":", maxsplit=1)[0]


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if deepest > DEEPEST:
            return deepest
    return deepest
