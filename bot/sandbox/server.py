"""The sandbox itself: one local server with all stand-ins, their pages and the doors for tests."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from aiohttp import web

from bot.sandbox.accounts import Accounts
from bot.sandbox.agreeing import Agreeing
from bot.sandbox.apprise import AppriseHook
from bot.sandbox.bluesky import BlueskyApi
from bot.sandbox.facebook import FacebookApi
from bot.sandbox.faults import Fault, Faults, fault_from_json
from bot.sandbox.linkedin import LinkedInApi
from bot.sandbox.mastodon import MastodonApi
from bot.sandbox.pages import Pages
from bot.sandbox.published import Clock, Page, Published, Timeline
from bot.sandbox.telegram import TelegramApi
from bot.sandbox.x import XApi

_LARGEST_REQUEST = 16 * 1024 * 1024
"""Bytes; above what any network takes, so that the stand-ins can say so themselves."""
_PATIENCE = 0.5
"""Seconds that a request in flight gets when the sandbox stops."""
_NOBODY: Mapping[str, str] = MappingProxyType({})


class Part(Protocol):
    """Something that the sandbox serves."""

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Return its addresses."""


class Site(Part, Protocol):
    """Pages that are served beside the stand-ins, and to which posts may lead."""

    def page_of(self, address: str) -> Page | None:
        """Return the page that a link leads to, or None where it is not one of its own."""


class Sandbox:
    """Local stand-ins for the networks. `now` is the worker's clock; all else is kept in memory.

    `accounts` names them beforehand, each to its display name: an X user id, a Telegram chat ("@name",
    "-100..."), a Bluesky handle ("name.example"), a Mastodon account ("name@sandbox"),
    a LinkedIn author ("urn:li:organization:1"), a Facebook page ("facebook.com/1"), a hook of Apprise
    ("apprise/name"). Others appear when they post. Raises ValueError for a key that is none. `sites` are
    served beside them.
    """

    def __init__(
        self, now: Clock, *, accounts: Mapping[str, str] = _NOBODY, sites: Iterable[Site] = ()
    ) -> None:
        self._stopping = asyncio.Event()
        self._faults = Faults(self._stopping)
        self._timeline = Timeline()
        self._runner: web.AppRunner | None = None
        self._url = ""
        known = Accounts(accounts)
        served = tuple(sites)
        x = XApi(now, known, self._timeline, self._faults, lambda: self.url)
        mastodon = MastodonApi(now, known, self._timeline, self._faults, lambda: self.url)
        self._parts: tuple[Part, ...] = (
            x,
            BlueskyApi(now, known, self._timeline, self._faults, lambda: self.url),
            AppriseHook(now, known, self._timeline, self._faults, lambda: self.url),
            FacebookApi(now, known, self._timeline, self._faults, lambda: self.url),
            LinkedInApi(now, known, self._timeline, self._faults, lambda: self.url),
            mastodon,
            Agreeing(x.agree, mastodon.agree),
            TelegramApi(now, known, self._timeline, self._faults, lambda: self.url, self._stopping),
            Pages(now, known, self._timeline, [site.page_of for site in served]),
            *served,
        )

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Serve, and return the port; 0 takes a free one. Raises OSError if the port is taken."""
        runner = web.AppRunner(
            self._app(), access_log=None, handler_cancellation=True, shutdown_timeout=_PATIENCE
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._url = f"http://{host}:{runner.addresses[0][1]}"
        return int(runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop serving and end every request that hangs. The timeline stays readable."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The address of the home page and of all stand-ins; empty before `start`."""
        return self._url

    def timeline(self) -> list[Published]:
        """Return everything that is out, oldest first."""
        return self._timeline.of()

    def misbehave(self, fault: Fault) -> None:
        """Meet the next requests with trouble."""
        self._faults.add(fault)

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        app.add_routes(
            [
                web.get("/timeline.json", self._serve_timeline),
                web.get("/faults", self._list_faults),
                web.post("/faults", self._add_fault),
                web.delete("/faults", self._clear_faults),
            ]
        )
        for part in self._parts:
            app.add_routes(part.routes())
        return app

    async def _serve_timeline(self, request: web.Request) -> web.Response:
        posts = self._timeline.of(request.query.get("network"), request.query.get("account"))
        return web.json_response([post.as_json() for post in posts])

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return web.json_response([fault.as_json() for fault in self._faults.all()])

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = fault_from_json(json.loads(await request.read()))
        except (ValueError, OverflowError, RecursionError) as error:
            return web.json_response({"error": str(error)}, status=400)
        self._faults.add(fault)
        return web.json_response(fault.as_json(), status=201)

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response(status=204)
