"""Asking the hubs that feeds name to tell us of new entries at once (W3C WebSub, section 5).

    every minute: what is missing, what is left over -> the hubs whose turn it is, side by side
    each hub      one request after the other; one that cannot be reached is left alone with the rest

What hubs answer later comes by the desk's door. Nothing waits for a hub.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.http_client import Answer, FetchError
from bot.runtime.sealing import Seal
from content_queue.operations import subscriptions
from content_queue.operations.subscriptions import LEASE, Fresh, Subscription, digest_of
from content_queue.store.database import Store

EVERY = timedelta(minutes=1)
AT_ONCE = 200
"""So many subscriptions in a pass; the rest a minute later."""
TOKEN, SECRET = "token", "secret"
log = structlog.get_logger()


class Post(Protocol):
    """Sends forms to hubs."""

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send ``form`` to ``url``; raise FetchError."""


def random_text() -> str:
    """Return 32 random bytes as text."""
    return token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The address under which hubs call us, "" where none could; and whether we want to be told."""

    home: str
    on: bool = True


@dataclass(slots=True)
class Subscribing:
    """Keeps our subscriptions as the sources want them, for the worker that leads.

    ``heard`` says whether a desk is served, where hubs can call us: none is asked before. ``secret`` makes
    what nobody can guess.
    """

    store: Store
    clock: Clock
    http: Post
    seal: Seal
    wanted: Wanted
    heard: bool = False
    secret: Callable[[], str] = random_text
    _next: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Tell whether it is time to look."""
        return self.heard and (self._next is None or now >= self._next)

    async def keep(self) -> bool:
        """Settle what is to be asked, and ask; return False: nothing that goes out depends on it."""
        now = self.clock.now()
        self._next = now + EVERY
        home, on = self.wanted.home, self.wanted.on
        if not await asyncio.wrap_future(self.store.ask(subscriptions.settled, now, home, on=on)):
            settling = self.store.tell(subscriptions.settle, now, home, self._fresh, on=on)
            await asyncio.wrap_future(settling)
        by_hub: dict[str, list[Subscription]] = {}
        for one in await asyncio.wrap_future(self.store.ask(subscriptions.due, now, AT_ONCE)):
            by_hub.setdefault(one.hub, []).append(one)
        await asyncio.gather(*[self._ask_in_turn(of_hub) for of_hub in by_hub.values()])
        return False

    def _fresh(self) -> Fresh:
        token = self.secret()
        return Fresh(digest_of(token), self.seal.close({TOKEN: token, SECRET: self.secret()}))

    async def _ask_in_turn(self, of_hub: Sequence[Subscription]) -> None:
        for one in of_hub:
            if not await self._ask(one):
                return

    async def _ask(self, one: Subscription) -> bool:
        """Ask a hub; return whether it could be reached. That we ask is written before it can answer."""
        kept = self.seal.open(one.sealed)
        if not kept:  # another key: what the hub would sign with is lost
            await asyncio.wrap_future(self.store.tell(subscriptions.forget, one.digest))
            return True
        if not await asyncio.wrap_future(self.store.tell(subscriptions.asked, self.clock.now(), one.digest)):
            return True
        try:
            answer = await self.http.post(one.hub, _form(one, kept[TOKEN], kept[SECRET]))
        except FetchError as error:
            await self._failed(one, str(error))
            return False
        if not 200 <= answer.status < 300:  # noqa: PLR2004  section 5.3: it takes the request with a 2xx
            await self._failed(one, f"it answered {answer.status}")
        return True

    async def _failed(self, one: Subscription, why: str) -> None:
        log.warning("cannot ask a hub", source=one.source, hub=one.hub, why=why)
        await asyncio.wrap_future(self.store.tell(subscriptions.failed, one.digest, why))


def _form(one: Subscription, token: str, secret: str) -> dict[str, str]:
    form = {
        "hub.mode": "unsubscribe" if one.leaving else "subscribe",
        "hub.topic": one.topic,
        "hub.callback": f"{one.home}/{token}",
    }
    if one.leaving:
        return form
    return {**form, "hub.secret": secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
