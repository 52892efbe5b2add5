"""Misbehaviour on request: what a network does to a client on a bad day."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

REFUSALS = frozenset({"429", "500", "502", "503", "401", "402", "403-duplicate"})
"""An answer in the network's own words; nothing is made."""
SILENT = frozenset({"hang", "cut-before", "html", "redirect"})
"""Nothing is made, and no answer says so."""
AFTER = frozenset({"cut-after", "500-after", "empty-after"})
"""The post is made, and the answer is lost."""
EFFECTS = REFUSALS | SILENT | AFTER

CREATES = {
    "apprise": frozenset({"create"}),
    "bluesky": frozenset({"createrecord"}),
    "facebook": frozenset({"create"}),
    "linkedin": frozenset({"create"}),
    "mastodon": frozenset({"create"}),
    "telegram": frozenset({"sendmessage", "sendphoto"}),
    "x": frozenset({"create"}),
}
"""The operations that a fault meets when it names none."""
X_OPERATIONS = ("create", "delete", "me", "timeline", "upload", "metadata", "link", "sign-in")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble for the next `count` requests.

    `network` is one of `CREATES`, `effect` one of `EFFECTS`. A fault meets create requests only, unless
    `method` names another operation: on X one of `X_OPERATIONS`, on Telegram a Bot API method, on Bluesky the
    last part of an XRPC method, on Mastodon "create", "delete", "me", "timeline", "upload", "media",
    "instance", "apps" or "sign-in", on LinkedIn the first six of these, "token", "organization" or "bytes",
    on Facebook "accounts", "create", "delete", "me", "sign-in", "timeline", "token" or "upload".
    `retry_after` is what a 429 asks for; without it the network's own wait. Raises ValueError for anything
    else.
    """

    network: str
    effect: str
    count: int = 1
    method: str | None = None
    retry_after: timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse what no stand-in could play."""
        if self.network not in CREATES:
            raise ValueError(f"network must be one of {', '.join(sorted(CREATES))}")
        if self.effect not in EFFECTS:
            raise ValueError(f"effect must be one of {', '.join(sorted(EFFECTS))}")
        if self.network == "x" and self.method is not None and self.method.lower() not in X_OPERATIONS:
            raise ValueError(f"method must be one of {', '.join(X_OPERATIONS)}")
        if self.count < 1:
            raise ValueError("count must be at least 1")

    def meets(self, network: str, operation: str) -> bool:
        """Tell whether this fault is meant for an operation."""
        meant = CREATES[self.network] if self.method is None else {self.method.lower()}
        return network == self.network and operation in meant

    def as_json(self) -> dict[str, Any]:
        """One entry of `GET /faults`; `retry_after` in seconds."""
        wait = self.retry_after.total_seconds() if self.retry_after is not None else None
        return {
            "network": self.network,
            "effect": self.effect,
            "count": self.count,
            "method": self.method,
            "retry_after": wait,
        }


def fault_from_json(body: Any) -> Fault:  # noqa: ANN401 - whatever a visitor sent
    """Read `POST /faults`; `retry_after` in seconds. Raises ValueError that says what is wrong."""
    if not isinstance(body, dict):
        raise ValueError("a fault is a JSON object")  # noqa: TRY004 - a wrong value, for the visitor
    unknown = body.keys() - {"network", "effect", "count", "method", "retry_after"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    wait = body.get("retry_after")
    count = body.get("count", 1)
    if not isinstance(count, int) or not isinstance(wait, int | float | None):
        raise ValueError("count and retry_after are numbers")  # noqa: TRY004 - the same
    method = body.get("method")
    return Fault(
        network=str(body.get("network")),
        effect=str(body.get("effect")),
        count=count,
        method=None if method is None else str(method),
        retry_after=None if wait is None else timedelta(seconds=wait),
    )


class Voice(Protocol):
    """How a network words its refusals."""

    network: str

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return the network's own answer for one of `REFUSALS`."""

    def empty(self) -> web.Response:
        """Return the status of a success with nothing in it."""


class Faults:
    """The trouble still to come, first told first met."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._waiting: list[Fault] = []
        self._stopping = stopping

    def add(self, fault: Fault) -> None:
        """Tell the stand-ins to misbehave."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Behave again."""
        self._waiting.clear()

    def all(self) -> list[Fault]:
        """Return what is still to come."""
        return list(self._waiting)

    async def answer(
        self, voice: Voice, operation: str, request: web.Request, answer: Answer
    ) -> web.StreamResponse:
        """Answer a request, in trouble if some is waiting for this operation."""
        fault = self._take(voice.network, operation)
        if fault is None:
            return await answer(request)
        if fault.effect in AFTER:
            await answer(request)
        else:
            await request.read()
        return await self._play(fault, voice, request)

    def serving(self, voice: Voice, operation: str, answer: Answer) -> Answer:
        """Return what serves an operation: its answer, or the trouble that is waiting for it."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self.answer(voice, operation, request, answer)

        return serve

    def _take(self, network: str, operation: str) -> Fault | None:
        for place, fault in enumerate(self._waiting):
            if fault.meets(network, operation):
                left = [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                self._waiting[place : place + 1] = left
                return fault
        return None

    async def _play(self, fault: Fault, voice: Voice, request: web.Request) -> web.StreamResponse:
        if fault.effect in REFUSALS:
            return voice.refuse(fault.effect, fault.retry_after)
        if fault.effect == "hang":
            await self._stopping.wait()
        return _PLAYS[fault.effect](voice, request)


def _cut(_voice: Voice, request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _html(_voice: Voice, _request: web.Request) -> web.StreamResponse:
    page = "<!doctype html><title>Just a moment...</title><p>Checking your browser."
    return web.Response(text=page, content_type="text/html")


def _redirect(_voice: Voice, request: web.Request) -> web.StreamResponse:
    # The way leads back here, so that a client that follows it posts and the timeline shows it.
    raise web.HTTPTemporaryRedirect(request.rel_url.with_query(moved="1"))


def _error(voice: Voice, _request: web.Request) -> web.StreamResponse:
    return voice.refuse("500", None)


def _empty(voice: Voice, _request: web.Request) -> web.StreamResponse:
    return voice.empty()


_PLAYS: dict[str, Callable[[Voice, web.Request], web.StreamResponse]] = {
    "hang": _cut,
    "cut-before": _cut,
    "cut-after": _cut,
    "html": _html,
    "redirect": _redirect,
    "500-after": _error,
    "empty-after": _empty,
}
