"""A WebSub hub that others wrote tells the bot of a new entry, at the desk's own door."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import aiohttp
import sqlalchemy as sa

from bot import assemble
from bot.clock import FakeClock
from bot.desk_door import DeskDoor
from content_queue.item import Item
from content_queue.operations import listing, subscriptions
from content_queue.store import tables as t
from content_queue.store.database import Store
from tests.bot.http_client.servers import answer, saying, serving
from tests.bot.runtime.sites import feed
from tests.servers.starting import free_port

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TOML = """
bot = {{ database = "sqlite:///queue.db" }}
desk = {{ listen = "127.0.0.1:{port}", public_url = "http://127.0.0.1:{port}" }}
fetch = {{ allow_private = ["127.0.0.1"], websub = {websub} }}
sources.news = {{ url = "{url}", language = "fr", every = "6h" }}
"""


@dataclass(slots=True)
class Publisher:
    """A feed that names the hub in its headers, and tells the hub when it has changed."""

    hub: str
    titles: list[str] = field(default_factory=lambda: ["Un"])
    url: str = ""
    read: int = 0

    async def serve(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.read += 1
        links = f'Link: <{self.hub}>; rel="hub", <{self.url}>; rel="self"'.encode()
        said = feed(*self.titles).replace(b"Connection: close", b"Connection: close\r\n" + links)
        await saying(said)(head, writer)

    async def publish(self, title: str) -> None:
        self.titles.append(title)
        form = {"hub.mode": "publish", "hub.topic": self.url}
        async with aiohttp.ClientSession() as session, session.post(self.hub, data=form) as told:
            assert told.status == 202, await told.text()


@asynccontextmanager
async def publisher(hub: str) -> AsyncIterator[Publisher]:
    made = Publisher(hub)
    async with serving(made.serve) as server:
        made.url = server.url("/feed")
        yield made


@dataclass(slots=True)
class Bot:
    """The worker with its desk, assembled as ``run`` does, on a clock that stands still."""

    made: assemble.Assembled
    store: Store
    clock: FakeClock

    async def step(self, later: timedelta = timedelta(0)) -> None:
        self.clock.advance(later)
        for _ in range(10):
            await self.made.worker.step(self.clock.now())
            await self.made.worker.settled()
            if not self.made.worker.poked.is_set():
                return

    def standing(self) -> str:
        with self.store.read() as tx:
            return str(subscriptions.standings(tx, self.clock.now()).get("news", ""))

    def items(self) -> list[str]:
        with self.store.read() as tx:
            return [item.versions[0].title for item in items(tx)]

    def told(self) -> list[str]:
        with self.store.read() as tx:
            return subscriptions.told_of(tx)

    def subscriptions(self) -> int:
        with self.store.read() as tx:
            return int(tx.execute(sa.select(sa.func.count()).select_from(t.subscription)).scalar_one())


def items(tx: sa.Connection) -> list[Item]:
    return listing.items(tx)


@asynccontextmanager
async def bot(folder: Path, url: str, clock: FakeClock, *, websub: str = "true") -> AsyncIterator[Bot]:
    file = folder / "technopolys.toml"
    file.write_text(TOML.format(port=free_port(), url=url, websub=websub), encoding="utf-8")
    given = assemble.settings(file, {"TECHNOPOLYS_KEY": "a-key-made-up-for-tests"})
    store = assemble.store(given)
    made = assemble.assemble(given, store, clock)
    door = DeskDoor(store, clock)
    await made.worker.start("test")
    try:
        door.show(given, made)
        await door.open(given)
        yield Bot(made, store, clock)
    finally:
        await door.close()
        await made.worker.stop(timedelta(seconds=1))
        await made.close()
        store.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  another process decides
            await asyncio.sleep(0.05)


async def test_a_new_entry_is_an_item_as_soon_as_the_hub_delivers(websub_hub: str, tmp_path: Path) -> None:
    async with publisher(websub_hub) as site, bot(tmp_path, site.url, FakeClock(NOW)) as made:
        await made.step()
        assert (site.read, made.items()) == (1, [])
        await made.step(MINUTE)
        await until(lambda: "tells of new entries at once, until" in made.standing())
        assert "2026-12-10 12:01" in made.standing()
        await made.step(MINUTE)
        assert site.read == 1
        await site.publish("Deux")
        await until(lambda: made.told() == ["news"])
        assert made.made.worker.poked.is_set()
        await made.step()
        assert made.items() == ["Deux"]


async def test_the_hub_is_asked_again_ahead_of_the_end_and_still_delivers(
    websub_hub: str, tmp_path: Path
) -> None:
    async with publisher(websub_hub) as site, bot(tmp_path, site.url, FakeClock(NOW)) as made:
        await made.step()
        await made.step(MINUTE)
        await until(lambda: "until 2026-12-10" in made.standing())
        await made.step(7 * DAY)
        await until(lambda: "until 2026-12-17" in made.standing())
        assert made.subscriptions() == 1
        await site.publish("Deux")
        await until(lambda: made.told() == ["news"])


async def test_switched_off_the_hub_stops_telling(websub_hub: str, tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    async with publisher(websub_hub) as site:
        async with bot(tmp_path, site.url, clock) as made:
            await made.step()
            await made.step(MINUTE)
            await until(lambda: "until" in made.standing())
        async with bot(tmp_path, site.url, clock, websub="false") as made:
            await made.step(MINUTE)
            await until(lambda: made.subscriptions() == 0)
            assert made.standing() == ""


async def test_a_delivery_that_the_hub_did_not_sign_changes_nothing(tmp_path: Path) -> None:
    accepts = saying(answer(status=b"202 Accepted"))
    async with (
        serving(accepts) as hub,
        publisher(hub.url("/hub")) as site,
        bot(tmp_path, site.url, FakeClock(NOW)) as made,
    ):
        await made.step()
        await made.step(MINUTE)
        assert len(hub.bodies) == 1
        callback = parse_qs(hub.bodies[0].decode())["hub.callback"][0]
        async with aiohttp.ClientSession() as session:
            for signature in ("", "sha512=" + "0" * 128):
                headers = {"X-Hub-Signature": signature}
                async with session.post(callback, data=feed("Forgé"), headers=headers) as told:
                    assert told.status == 202
        await made.step(MINUTE)
        assert (made.told(), made.items(), site.read) == ([], [], 1)
