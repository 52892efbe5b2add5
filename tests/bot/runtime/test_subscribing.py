"""Hubs are asked as the sources want it, politely and through the guard, whatever they answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa

from bot.clock import FakeClock
from bot.http_client import HttpClient
from bot.runtime.sealing import Seal
from bot.runtime.subscribing import Subscribing, Wanted, random_text
from bot.secret import Secret
from content_queue.operations import sources, subscriptions
from content_queue.operations.subscriptions import Subscription, digest_of
from content_queue.store import tables as t
from content_queue.store.database import Store
from tests.bot.http_client.servers import Server, answer, redirect, saying, serving
from tests.bot.runtime.world import HOUR, MINUTE, NOW, open_store

HOME = "https://bot.example/websub"
KEY = Secret("a-key-made-up-for-tests")
DAY = timedelta(days=1)


@dataclass(slots=True)
class Asking:
    """Sources that name a hub, and what asks it."""

    store: Store
    clock: FakeClock
    subscribing: Subscribing
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def name(self, hub: str, source: str = "") -> None:
        """Let one more source name a hub."""
        name = source or f"s{self.numbers()}"
        with self.store.write() as tx:
            sources.add(tx, NOW, "ana", name, {"kind": "article", "url": f"https://{name}.example/feed"})
            named = {"hub": hub, "topic": f"https://{name}.example/feed"}
            tx.execute(sa.update(t.source).where(t.source.c.name == name).values(named))

    async def go_on(self, span: timedelta) -> None:
        """Live through ``span``."""
        end = self.clock.now() + span
        while self.clock.now() <= end:
            if self.subscribing.due(self.clock.now()):
                await self.subscribing.keep()
            self.clock.advance(MINUTE)

    def kept(self) -> list[Subscription]:
        with self.store.read() as tx:
            digests = tx.execute(
                sa.select(t.subscription.c.digest).order_by(t.subscription.c.source)
            ).scalars()
            found = [subscriptions.by_digest(tx, digest) for digest in digests.all()]
        return [one for one in found if one is not None]

    def confirm(self, topic: str, token: str, lease: timedelta = 10 * DAY) -> None:
        with self.store.write() as tx:
            assert subscriptions.confirmed(tx, self.clock.now(), digest_of(token), topic, lease)


@asynccontextmanager
async def asking(folder: Path, wanted: Wanted | None = None, key: Secret = KEY) -> AsyncIterator[Asking]:
    store, clock = open_store(folder / "queue.db"), FakeClock(NOW)
    http = HttpClient(user_agent="test", allow_private=["127.0.0.1"], deadline=timedelta(seconds=1))
    made = Subscribing(store, clock, http, Seal(key), wanted or Wanted(HOME), heard=True)
    try:
        yield Asking(store, clock, made)
    finally:
        await http.close()
        store.close()


ACCEPTED = answer(status=b"202 Accepted")


def form(server: Server, number: int = 0) -> dict[str, str]:
    """What a hub was asked."""
    return {name: value for name, (value,) in parse_qs(server.bodies[number].decode()).items()}


async def test_a_hub_is_asked_once_with_all_that_it_needs(tmp_path: Path) -> None:
    async with serving(saying(ACCEPTED)) as hub, asking(tmp_path) as world:
        world.name(hub.url("/hub"), "news")
        await world.go_on(5 * MINUTE)
        asked = form(hub)
        assert len(hub.bodies) == 1
    token = asked["hub.callback"].removeprefix(f"{HOME}/")
    assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", "https://news.example/feed")
    assert asked["hub.lease_seconds"] == "864000"
    assert len(asked["hub.secret"]) >= 43  # 32 random bytes
    assert len(asked["hub.secret"]) < 200  # section 5.1
    assert len(token) >= 43
    assert token != asked["hub.secret"]
    (kept,) = world.kept()
    assert kept.digest == digest_of(token)
    assert Seal(KEY).open(kept.sealed) == {"token": token, "secret": asked["hub.secret"]}


async def test_it_is_written_that_a_hub_is_asked_before_it_can_answer(tmp_path: Path) -> None:
    seen: list[Subscription] = []
    async with asking(tmp_path) as world:

        async def look(head: bytes, writer: asyncio.StreamWriter) -> None:
            seen.extend(world.kept())
            await saying(ACCEPTED)(head, writer)

        async with serving(look) as hub:
            world.name(hub.url())
            await world.subscribing.keep()
    assert [one.asked_at for one in seen] == [NOW]


async def test_a_confirmed_one_is_renewed_ahead_of_its_end_under_the_same_address(tmp_path: Path) -> None:
    async with serving(saying(ACCEPTED)) as hub, asking(tmp_path) as world:
        world.name(hub.url(), "news")
        await world.subscribing.keep()
        first = form(hub)
        world.confirm(first["hub.topic"], first["hub.callback"].rpartition("/")[2], 3 * HOUR)
        await world.go_on(2 * HOUR - MINUTE)
        assert len(hub.bodies) == 1
        await world.go_on(2 * MINUTE)
        assert len(hub.bodies) == 2
        assert form(hub, 1) == first


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (answer(b"<html>no", status=b"500 Oh"), "it answered 500"),
        (answer(b"<html>gone", status=b"404 Not Found"), "it answered 404"),
        (redirect("/other"), "it redirects (302), where a form is not sent on"),
        (b"HTTP/1.1 oh\r\n\r\n", "the answer ends too early or is not valid HTTP"),
        (b"", "the connection was lost before the answer"),
    ],
)
async def test_people_read_why_a_hub_fails(tmp_path: Path, said: bytes, why: str) -> None:
    async with serving(saying(said)) as hub, asking(tmp_path) as world:
        world.name(hub.url())
        await world.go_on(HOUR)
        assert [one.error for one in world.kept()] == [why]
        assert len(hub.requests) == 3  # after ten minutes and twenty more
        with world.store.read() as tx:
            assert str(subscriptions.standings(tx, NOW)["s1"]) == f"its hub tells of nothing: {why}"


async def test_a_hub_that_fails_is_asked_later_and_later(tmp_path: Path) -> None:
    async with serving(saying(answer(b"no", status=b"500 Oh"))) as hub, asking(tmp_path) as world:
        world.name(hub.url())
        await world.go_on(DAY)
        assert 6 <= len(hub.requests) <= 9  # 10, 20, 40 minutes, ... after the first


async def test_a_hub_that_hangs_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    async with (
        serving(saying(then_wait=True)) as slow,
        serving(saying(ACCEPTED)) as quick,
        asking(tmp_path) as world,
    ):
        for _ in range(20):
            world.name(slow.url())
        world.name(quick.url())
        async with asyncio.timeout(10):
            await world.subscribing.keep()
        assert (len(slow.bodies), len(quick.bodies)) == (1, 1)
    errors = sorted(one.error for one in world.kept() if one.error)
    assert errors == ["no complete answer within 1 s"]


@pytest.mark.parametrize("inside", ["http://127.0.0.2:{}/", "http://[::1]:{}/", "http://2130706433:{}/"])
async def test_a_hub_inside_is_never_reached(tmp_path: Path, inside: str) -> None:
    async with serving(saying(ACCEPTED), "127.0.0.2") as hidden, asking(tmp_path) as world:
        world.name(inside.format(hidden.port))
        world.name("file:///etc/passwd")
        await world.subscribing.keep()
        assert hidden.requests == []
    first, second = world.kept()
    assert first.error
    assert second.error.startswith("only http and https addresses are read")


async def test_a_source_that_goes_is_told_to_its_hub(tmp_path: Path) -> None:
    async with serving(saying(ACCEPTED)) as hub, asking(tmp_path) as world:
        world.name(hub.url(), "news")
        await world.subscribing.keep()
        with world.store.write() as tx:
            sources.remove(tx, NOW, "ana", "news")
        await world.go_on(2 * MINUTE)
        first, goodbye = form(hub), form(hub, 1)
    assert goodbye == {
        "hub.mode": "unsubscribe",
        "hub.topic": first["hub.topic"],
        "hub.callback": first["hub.callback"],
    }


async def test_switched_off_no_hub_is_asked_but_to_stop(tmp_path: Path) -> None:
    async with serving(saying(ACCEPTED)) as hub:
        async with asking(tmp_path, Wanted(HOME, on=False)) as off:
            off.name(hub.url(), "news")
            await off.go_on(HOUR)
            assert hub.bodies == []
        async with asking(tmp_path) as on:
            await on.subscribing.keep()
        async with asking(tmp_path, Wanted(HOME, on=False)) as off:
            await off.subscribing.keep()
        assert [form(hub, number)["hub.mode"] for number in range(2)] == ["subscribe", "unsubscribe"]


async def test_without_an_address_for_hubs_or_a_desk_nobody_is_asked(tmp_path: Path) -> None:
    async with serving(saying(ACCEPTED)) as hub, asking(tmp_path, Wanted("")) as world:
        world.name(hub.url())
        await world.go_on(HOUR)
        world.subscribing.wanted = Wanted(HOME)
        world.subscribing.heard = False
        assert not world.subscribing.due(world.clock.now() + DAY)
        await world.go_on(HOUR)
        assert hub.requests == []


async def test_under_another_key_all_is_asked_for_anew(tmp_path: Path) -> None:
    async with serving(saying(ACCEPTED)) as hub:
        async with asking(tmp_path) as world:
            world.name(hub.url(), "news")
            await world.subscribing.keep()
        async with asking(tmp_path, key=Secret("another")) as world:
            world.clock.advance(DAY)
            await world.go_on(2 * MINUTE)
            assert len(world.kept()) == 1
        callbacks = {form(hub, number)["hub.callback"] for number in range(len(hub.bodies))}
        assert len(callbacks) == len(hub.bodies) == 2


def test_no_two_are_alike() -> None:
    assert len({random_text() for _ in range(1000)}) == 1000
