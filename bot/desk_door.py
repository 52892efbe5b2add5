"""The web desk at its address, with what stands behind it handed in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from bot.assemble import Assembled, desk, planning_rules, story_finder, version
from bot.clock import Clock
from bot.lean import models_built_late, without
from bot.runtime.planning import empty, foreseen, soonest
from bot.runtime.sealing import Seal
from bot.runtime.worker import Worker
from bot.secret import Secret
from bot.settings import Settings
from bot.watch.facts import Facts, status_facts
from bot.watch.health import Health
from bot.watch.health import health as judge_health
from bot.watch.status import read as read_status
from content_queue.operations import meta, people
from content_queue.store.database import Store, Transaction

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.desk.web.parts import DeskParts
    from bot.desk.web.server import Server


class DeskDoor:
    """The web desk at its address; what stands behind it may change, the address and the token do not."""

    def __init__(self, opened: Store, clock: Clock) -> None:
        self._opened = opened
        self._clock = clock
        self._token = Secret(token_urlsafe(24), "made at this start")
        self._app: ASGIApp | None = None
        self._server: Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with what stands behind the door now."""
        if self._app is not None:
            await self._app(scope, receive, send)

    def show(self, given: Settings, made: Assembled) -> None:
        """Put the desk of this configuration and worker behind the door."""
        with models_built_late():  # those of OpenAPI: 1 MB that nobody needs before the API's document
            from bot.desk.web.app import create_app

        parts = _desk_parts(given, self._opened, self._clock, made, self._token)
        with without("pydantic.v1"):  # FastAPI looks whether any form is of that age: 1 MB
            self._app = create_app(parts)
        made.worker.heard()

    async def open(self, given: Settings) -> str:
        """Serve, and return the address with the start-up token.

        The token stands in it only where it opens something: nobody has come in by an invitation, and nobody
        elsewhere could listen. Raises OSError where the configured address cannot be listened on.
        """
        from bot.desk.address import PLACE
        from bot.desk.web.reached import is_exposed
        from bot.desk.web.server import serve

        self._server = await serve(self, given.desk.host, given.desk.port)
        place = self._server.url
        self._opened.tell(meta.write, PLACE, place)
        inhabited = await asyncio.wrap_future(self._opened.ask(people.anyone))
        hidden = inhabited or is_exposed(given.desk.host, given.desk.public_url)
        return place if hidden else f"{place}/?token={self._token.reveal()}"

    async def close(self) -> None:
        """Stop serving; requests in flight get a moment."""
        if self._server is not None:
            await self._server.stop()


def _desk_parts(given: Settings, opened: Store, clock: Clock, made: Assembled, token: Secret) -> DeskParts:
    from bot.desk.web.parts import DeskParts
    from bot.desk.web.reached import reached

    worker = made.worker
    facts = status_facts(given, opened, lambda: worker.database)
    return DeskParts(
        store=opened,
        desk=desk(given),
        now=clock.now,
        status=lambda tx, now: read_status(tx, now, facts(tx)),
        health=partial(_health, opened, clock, worker, facts),
        token=token,
        reached=reached(given.desk.host, given.desk.public_url, given.desk.proxies),
        zone=given.bot.timezone,
        language=given.bot.language,
        version=version(),
        forecast=lambda tx, now, until: foreseen(tx, planning_rules(given).values(), now, until),
        soonest=lambda tx, ready, until: soonest(tx, planning_rules(given).values(), ready, until),
        empty=partial(empty, planning_rules(given).values()),
        find_story=story_finder(given),
        changed=worker.take_up,
        contact=given.fetch.contact,
        picture=made.pictures,
        unseal=None if given.bot.key is None else Seal(given.bot.key).open,
        wake=worker.poked.set,
    )


async def _health(
    opened: Store, clock: Clock, worker: Worker, facts: Callable[[Transaction], Facts]
) -> Health:
    since = None if worker.stepped is None else clock.since_start() - worker.stepped
    if worker.database:
        return judge_health(None, since, worker.database)
    try:
        status = await asyncio.wrap_future(opened.ask(lambda tx: read_status(tx, clock.now(), facts(tx))))
    except Exception as error:  # noqa: BLE001  whatever the database does, the answer is "not ready"
        return judge_health(None, since, type(error).__name__)
    return judge_health(status, since)
