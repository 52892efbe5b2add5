"""One server that is five networks: it counts what the public would see, and misbehaves as it is told.

Written apart from the bot and from its sandbox. ``x`` can be read, ``telegram`` cannot; ``keyed`` maps a key
to one post for ever, ``mastodon`` and ``hourly`` for an hour.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from tests.never_twice.faults import FINE, Fault

HOUR = timedelta(hours=1)
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Shown:
    """One post that the public sees."""

    number: int
    flavour: str
    text: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Create:
    """A create request as it arrived."""

    flavour: str
    text: str
    key: str
    secret: str


@dataclass(slots=True)
class Network:
    """What is public, what arrived, how the coming create requests fare, and who is told of each step."""

    now: Callable[[], datetime]
    plan: deque[Fault] = field(default_factory=deque)
    fate: Callable[[Create], Fault] = lambda _create: FINE
    public: list[Shown] = field(default_factory=list)
    creates: list[Create] = field(default_factory=list)
    elsewhere: int = 0
    wire: Callable[[str], None] = lambda _point: None
    url: str = ""
    _listener: asyncio.Server | None = None
    _late: list[tuple[datetime, Create]] = field(default_factory=list)
    _going: set[asyncio.Task[Any]] = field(default_factory=set)

    def often(self, text: str, flavour: str = "") -> int:
        """How often the public sees words, there or anywhere, with all that was still on its way."""
        for _, create in self._late:
            self._apply(create)
        self._late.clear()
        return sum(text in shown.text and shown.flavour.startswith(flavour) for shown in self.public)

    async def listen(self, port: int = 0) -> None:
        """Listen on a free port of loopback, or on the one it had."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    def go_deaf(self) -> None:
        """Refuse connections where the coming request is to meet a closed door."""
        if self._listener is not None and self.plan and self.plan[0].unreachable:
            self.plan.popleft()
            self._listener.close()
            self._listener = None

    def hear(self) -> None:
        """Listen again."""
        if self._listener is None:
            task = asyncio.get_running_loop().create_task(self.listen(int(self.url.rsplit(":", 1)[1])))
            task.set_name("network")
            self._going.add(task)
            task.add_done_callback(self._going.discard)

    async def close(self) -> None:
        """Stop; whoever still hangs is cut off."""
        if self._listener is not None:
            self._listener.close()
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("network")
        self._going.add(task)
        try:
            await self.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has left, or the round is over
        finally:
            self._going.discard(task)
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, which carries one request."""
        verb = await reader.readexactly(len("POST"))
        if verb == b"POST":  # a look, or the daily comparison, may come in between
            self.wire("K15")
        head = (verb + await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        if method == "POST" and not target.startswith("/elsewhere"):
            self.wire("K16")
        body = await reader.readexactly(_length(head))
        self._land()
        if target.startswith("/elsewhere"):
            self.elsewhere += 1
        if method == "GET" or target.startswith("/elsewhere"):
            await _answer(writer, 200, self._read(target))
            return
        await self._create(_create(target, head, body), writer)

    async def _create(self, create: Create, writer: asyncio.StreamWriter) -> None:
        self.wire("K17")
        self.creates.append(create)
        fault = self.plan.popleft() if self.plan else self.fate(create)
        shown = self._apply(create) if fault.applied else None
        if fault.lands_after is not None:
            self._late.append((self.now() + fault.lands_after, create))
        self.wire("K18")
        await self._fare(fault, create, shown, writer)

    async def _fare(
        self, fault: Fault, create: Create, shown: Shown | None, writer: asyncio.StreamWriter
    ) -> None:
        if fault.hangs:
            await asyncio.sleep(fault.hangs)
        if fault.cut == "before":
            return
        number = shown.number if shown is not None else 7
        status = fault.status or _GOOD[create.flavour][0]
        body = (
            fault.body(create.secret) if fault.body else json.dumps(_GOOD[create.flavour][1](number)).encode()
        )
        raw = _raw(status, body, {name: value(self) for name, value in fault.headers.items()})
        if fault.cut:
            raw = raw[: len(raw) // 4] if fault.cut == "head" else raw[:-3]
        half = len(raw) // 2
        writer.write(raw[:half])
        self.wire("K19")
        writer.write(raw[half:])
        with suppress(ConnectionError):
            await writer.drain()

    def _apply(self, create: Create) -> Shown:
        kept = {"keyed": timedelta.max, "hourly": HOUR, "mastodon": HOUR}.get(create.flavour)
        for known in self.public:
            if kept is not None and known.key == create.key != "" and self.now() - known.at < kept:
                return known
        shown = Shown(1000 + len(self.public), create.flavour, create.text, create.key, self.now())
        self.public.append(shown)
        return shown

    def _land(self) -> None:
        for late in [late for late in self._late if late[0] <= self.now()]:
            self._late.remove(late)
            self._apply(late[1])

    def _mastodon(self, target: str) -> object:
        if target.startswith("/api/v1/accounts/verify_credentials"):
            return {"id": "42", "username": "someone"}
        if target.startswith("/api/v2/instance"):
            return {"version": "4.5.0", "configuration": {"statuses": {"characters_reserved_per_url": 23}}}
        return [
            {"id": str(p.number), "content": f"<p>{p.text}</p>", "created_at": p.at.isoformat()}
            for p in reversed(self.public)
            if p.flavour == "mastodon"
        ]

    def _read(self, target: str) -> object:
        if target.startswith("/api/"):
            return self._mastodon(target)
        if target.startswith("/2/users/me"):
            return {"data": {"id": "42", "username": "someone", "name": "Someone"}}
        posts = [
            {"id": str(p.number), "text": p.text, "key": p.key, "created_at": p.at.isoformat()}
            for p in reversed(self.public)
            if _read_by(target) == p.flavour
        ]
        return {"data": posts, "meta": {"result_count": len(posts)}}


def _create(target: str, head: str, body: bytes) -> Create:
    flavour = "telegram" if target.startswith("/bot") else _CREATES.get(target, target.strip("/"))
    secret = target.split("/")[1] if flavour == "telegram" else _header(head, "authorization")
    if flavour == "telegram" and not body.startswith(b"{"):
        return Create(flavour, parse_qs(body.decode())["text"][0], "", secret)
    text = parse_qs(body.decode())["status"][0] if flavour == "mastodon" else str(json.loads(body)["text"])
    return Create(flavour, text, _header(head, "idempotency-key"), secret)


def _read_by(target: str) -> str:
    return "x" if target.startswith("/2/") else target.strip("/")


_CREATES = {"/2/tweets": "x", "/api/v1/statuses": "mastodon"}


def _telegram(number: int) -> Json:
    chat = {"id": -100, "type": "channel", "title": "Somewhere"}
    return {"ok": True, "result": {"message_id": number, "date": 1_700_000_000, "chat": chat}}


_GOOD: Mapping[str, tuple[int, Callable[[int], Json]]] = {
    "x": (201, lambda number: {"data": {"id": str(number), "text": "…"}}),
    "telegram": (200, _telegram),
    "mastodon": (200, lambda number: {"id": str(number), "content": "<p>…</p>"}),
    "keyed": (200, lambda number: {"id": str(number)}),
    "hourly": (200, lambda number: {"id": str(number)}),
}


async def _answer(writer: asyncio.StreamWriter, status: int, fields: object) -> None:
    writer.write(_raw(status, json.dumps(fields).encode(), {}))
    with suppress(ConnectionError):
        await writer.drain()


def _raw(status: int, body: bytes, headers: Mapping[str, str]) -> bytes:
    known = {entry.value: entry.phrase for entry in HTTPStatus}
    lines = [f"HTTP/1.1 {status} {known.get(status, 'Strange')}", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/json", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _header(head: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r$", head, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _length(head: str) -> int:
    return int(_header(head, "content-length") or 0)


@asynccontextmanager
async def serving(network: Network) -> AsyncIterator[Network]:
    """Serve on a free port of loopback for as long as the block lasts."""
    await network.listen()
    try:
        yield network
    finally:
        await network.close()
