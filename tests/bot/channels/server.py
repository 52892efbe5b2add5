"""A server on loopback that misbehaves as told, and writes down every request that reaches it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire."""

    method: str
    target: str
    head: str
    body: bytes


Behaviour = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Server:
    """Where it listens, how it behaves, what it was asked."""

    behaviour: Behaviour
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split(" ", 2)
            request = Request(method, target, head, await reader.readexactly(_length(head)))
            self.requests.append(request)
            await self.behaviour(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has left
        finally:
            writer.close()


@asynccontextmanager
async def misbehaving(behaviour: Behaviour) -> AsyncIterator[Server]:
    """Serve on a free port; whoever still hangs is cut off at the end."""
    made = Server(behaviour)
    going = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(made.serve(reader, writer))
        going.add(task)
        with suppress(asyncio.CancelledError):
            await task

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        listener.close()
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)


def answering(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer every request so."""

    async def behave(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, len(body), headers or {}) + body)
        await writer.drain()

    return behave


def answering_json(status: int, fields: object, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer every request with JSON."""
    return answering(status, json.dumps(fields).encode(), headers)


def by_path(answers: Mapping[str, Behaviour]) -> Behaviour:
    """Answer by the first key that is part of the request's target."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        chosen = next((how for part, how in answers.items() if part in request.target), answering(404, b""))
        await chosen(request, writer)

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behave another way each time."""
    coming = iter(behaviours)

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await next(coming)(request, writer)

    return behave


def slowly(seconds: float, behaviour: Behaviour) -> Behaviour:
    """Behave so, but only after a while."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await behaviour(request, writer)

    return behave


async def hanging(_request: Request, _writer: asyncio.StreamWriter) -> None:
    """Say nothing, ever."""
    await asyncio.Event().wait()


async def cutting_before_the_answer(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Close the connection without a word."""
    writer.close()


async def resetting(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Reset the connection."""
    writer.transport.abort()


async def cutting_in_the_head(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Close the connection within the headers."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")


def cutting_in_the_body(body: bytes) -> Behaviour:
    """Close the connection after half the body."""

    async def behave(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, len(body), {}) + body[: len(body) // 2])
        await writer.drain()

    return behave


def echoing(status: int) -> Behaviour:
    """Answer with all that was sent, secrets included, wherever a network puts its words."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        said = f"you sent {request.head} {request.body!r}"
        one = {"message": said}
        fields = {"detail": said, "title": said, "description": said, "errors": [one], "error": one}
        await answering_json(status, fields, {"X-Echo": request.target})(request, writer)

    return behave


def _head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    lines = {"Content-Type": "application/json", "Content-Length": str(length)} | dict(headers)
    return "\r\n".join([f"HTTP/1.1 {status} So", *(f"{k}: {v}" for k, v in lines.items()), "", ""]).encode()


def _length(head: str) -> int:
    lines = (line.partition(":") for line in head.splitlines())
    return next((int(value) for name, _, value in lines if name.lower() == "content-length"), 0)
