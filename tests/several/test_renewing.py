"""A token that ends is renewed by one of two workers; the other waits, and reads what that one has saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from bot.channels.bluesky import NETWORK as BLUESKY
from bot.channels.bluesky_session import SignedIn
from bot.channels.linkedin import NETWORK as LINKEDIN
from bot.channels.linkedin_token import Tokens
from bot.channels.network import Wiring
from bot.channels.wire import Wire
from bot.message import TryLater
from bot.runtime.keeping import Sealed
from bot.secret import Secret
from content_queue.operations import leases
from content_queue.store.database import Store
from tests.bot.channels import contract as c
from tests.bot.channels import server as s
from tests.postgresql import Postgres

pytestmark = pytest.mark.postgres
KEY = Secret("a key of tests")
TOKENS = {"ACCESS_TOKEN": "old", "REFRESH_TOKEN": "r", "CLIENT_ID": "id", "CLIENT_SECRET": "secret"}
RENEWED = {"access_token": "new", "expires_in": 5_184_000, "refresh_token_expires_in": 31_536_000}
YEAR = c.NOW + timedelta(days=365)
SESSION = {"did": f"did:plc:{'a' * 24}", "handle": "a.test", "accessJwt": "new", "refreshJwt": "r"}


@dataclass(slots=True)
class Workers:
    """Two workers' databases, and what both keep for one channel."""

    stores: list[Store] = field(default_factory=list)

    def wiring(self, number: int, api: str, secrets: dict[str, str], options: BaseModel) -> Wiring[Any]:
        kept = Sealed(self.stores[number], "channel", KEY, f"w{number}")
        given = {name: Secret(value) for name, value in secrets.items()}
        return Wiring("channel", options, given, api, lambda: c.NOW, c.PATIENT, kept=kept, pause=timedelta(0))


@pytest.fixture(name="workers")
async def two_workers(postgres: Postgres) -> AsyncIterator[Workers]:
    server = postgres.fresh()
    made = Workers([Store(server), Store(server)])
    for number, store in enumerate(made.stores):
        with store.write() as tx:
            leases.join(tx, f"w{number}", f"w{number}")
    yield made
    for store in made.stores:
        store.close()
    postgres.drop(server)


@asynccontextmanager
async def linkedin(workers: Workers, api: str) -> AsyncIterator[list[Tokens]]:
    """Both workers' tokens; LinkedIn takes the configured one no more."""
    options = LINKEDIN.options(author="urn:li:person:anne")
    made = [Tokens(workers.wiring(number, api, TOKENS, options)) for number in range(2)]
    yield made
    for one in made:
        await one.close()


async def outcome(ask: Callable[[], Awaitable[object]]) -> object:
    try:
        return await ask()
    except TryLater as error:
        return error.reason


async def test_linkedins_token_is_renewed_by_one(workers: Workers) -> None:
    async with (
        s.misbehaving(s.slowly(0.5, s.answering_json(200, RENEWED))) as server,
        linkedin(workers, server.url) as made,
    ):
        found = await asyncio.gather(*(outcome(one.until) for one in made))
        assert set(found) == {YEAR, "another worker renews the token"}
        assert [await one.until() for one in made] == [YEAR, YEAR]
        assert [await one.access() for one in made] == ["new", "new"]
        assert len(server.requests) == 1


async def test_blueskys_session_is_begun_by_one(workers: Workers) -> None:
    async with s.misbehaving(s.slowly(0.5, s.answering_json(200, SESSION))) as server:
        made = [
            workers.wiring(number, server.url, {"APP_PASSWORD": "p"}, BLUESKY.options(handle="a.test"))
            for number in range(2)
        ]
        wires = [Wire("Bluesky", one, lambda error: TryLater(str(error))) for one in made]
        sessions = [SignedIn(one, wire, "a.test") for one, wire in zip(made, wires, strict=True)]
        found = await asyncio.gather(*(outcome(one.session) for one in sessions))
        assert "another worker renews the session" in found
        assert [(await one.session()).access for one in sessions] == ["new", "new"]
        assert len(server.requests) == 1
        for wire in wires:
            await wire.close()
