"""Where hubs call us: whether we meant what we asked, and that there is something new (W3C WebSub).

Open to everybody, and of no use to who was not told its token: all else finds nothing here. A hub's word is
taken for what we asked of it; what it sends is signed with the secret that it alone was given, and is neither
read nor kept: it only says that the source is worth a look now, and the source itself says what is new.
"""

from __future__ import annotations

import asyncio
import hmac
import math
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import structlog
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from bot.desk.api.rate import Rate
from bot.desk.web.door import Door
from bot.desk.web.form import whole
from content_queue.operations import subscriptions
from content_queue.operations.subscriptions import LEASE, Subscription, digest_of

PREFIX = "/websub/"
LARGEST = 10 * 1024 * 1024
"""Bytes of a delivery: as much as a feed may have."""
BURST, A_MINUTE = 30, 30
"""How often the hub of one subscription may call."""
AT_ONCE = 8
"""So many deliveries are taken at the same time."""
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Section 7: the ways to sign. SHA-1 is broken for signatures, not for HMAC."""
_LONGEST = 2000
_WHY = 200
log = structlog.get_logger()


def router(door: Door) -> APIRouter:
    """Return the addresses that hubs call."""
    pages = _Hubs(door)
    made = APIRouter()
    made.add_api_route(f"{PREFIX}{{token}}", pages.confirm, methods=["GET"])
    made.add_api_route(f"{PREFIX}{{token}}", pages.hear, methods=["POST"])
    return made


class _Hubs:
    def __init__(self, door: Door) -> None:
        self._door = door
        self._rate = Rate(BURST, A_MINUTE)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def confirm(self, request: Request, token: str) -> Response:
        """Answer a hub that asks whether we meant it, or says that it will not (sections 5.2 and 5.3)."""
        known = await self._known(token)
        if known is None:
            return _nothing()
        wait = self._rate.take(known.digest, self._door.parts.now())
        return _too_often(wait) if wait else await self._confirm(known, _once(request))

    async def hear(self, request: Request, token: str) -> Response:
        """Take a delivery; a wrong signature is answered as a right one and changes nothing (section 7.1)."""
        known = await self._known(token)
        if known is None:
            return _nothing()
        wait = self._rate.take(known.digest, self._door.parts.now())
        if wait:
            return _too_often(wait)
        if known.leaving:
            return _gone()
        try:
            async with asyncio.timeout(self._door.parts.patience.total_seconds()), self._turns:
                signed = await self._is_signed(known, request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        except OverflowError:
            return Response(status_code=413)
        await self._take(known, signed=signed)
        return Response(status_code=202)

    async def _known(self, token: str) -> Subscription | None:
        if self._door.parts.unseal is None:
            return None
        return await self._door.ask(subscriptions.by_digest, digest_of(token))

    async def _confirm(self, known: Subscription, asked: Mapping[str, str]) -> Response:
        tell, now = self._door.tell, self._door.parts.now()
        topic, challenge = asked.get("hub.topic", ""), asked.get("hub.challenge", "")[:_LONGEST]
        match asked.get("hub.mode"):
            case "subscribe":
                lease = _lease(asked.get("hub.lease_seconds", ""))
                meant = await tell(subscriptions.confirmed, now, known.digest, topic, lease)
            case "unsubscribe":
                meant = await tell(subscriptions.ended, now, known.digest, topic)
            case "denied":
                said = _line(asked.get("hub.reason", ""))
                why = f"it refuses: {said}" if said else "it refuses and does not say why"
                meant, challenge = await tell(subscriptions.refused, now, known.digest, topic, why), ""
            case _:
                meant = False
        return PlainTextResponse(challenge) if meant else _nothing()

    async def _is_signed(self, known: Subscription, request: Request) -> bool:
        """Tell whether the hub has signed what it sends; raise OverflowError where that has no end."""
        unseal = self._door.parts.unseal
        secret = unseal(known.sealed).get("secret", "") if unseal is not None else ""
        method, _, given = request.headers.get("x-hub-signature", "").partition("=")
        digest = hmac.new(secret.encode(), digestmod=method if method in _METHODS else "sha256")
        async for part in _bounded(request.stream()):
            digest.update(part)
        right = hmac.compare_digest(digest.hexdigest().encode(), given.strip().lower().encode())
        return right and method in _METHODS and bool(secret)

    async def _take(self, known: Subscription, *, signed: bool) -> None:
        if not signed:
            log.warning("a delivery is not signed by the hub", source=known.source, hub=known.hub)
            return
        if await self._door.tell(subscriptions.told, self._door.parts.now(), known.digest):
            log.info("a hub has told of something new", source=known.source)
            self._door.parts.wake()


async def _bounded(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    left = LARGEST
    async for part in stream:
        left -= len(part)
        if left < 0:
            raise OverflowError
        yield part


def _once(request: Request) -> Mapping[str, str]:
    """Return what is asked; what is said twice is not said."""
    pairs = request.query_params.multi_items()
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


def _lease(seconds: str) -> timedelta:
    """Read a lease; a hub that gives none gives what we asked for."""
    told = whole(seconds)
    return LEASE if told is None else timedelta(seconds=told)


def _line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text[:_WHY]).split())


def _nothing() -> Response:
    return PlainTextResponse("There is nothing at this address.\n", status_code=404)


def _gone() -> Response:
    """Section 7: so a hub is told to stop."""
    return Response(status_code=410)


def _too_often(wait: timedelta) -> Response:
    return Response(status_code=429, headers={"retry-after": str(math.ceil(wait.total_seconds()))})
