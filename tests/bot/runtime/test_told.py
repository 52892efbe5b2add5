"""What a hub has told of is read at once, by the usual rules, and is not lost while the source is away."""

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bot.clock import FakeClock
from bot.http_client import Answer
from bot.runtime.sealing import Seal
from bot.runtime.subscribing import Subscribing, Wanted
from bot.secret import Secret
from content_queue.operations import subscriptions
from content_queue.operations.subscriptions import Fresh
from content_queue.store import tables as t
from content_queue.store.database import Store
from tests.bot.http_client.servers import answer, saying, serving
from tests.bot.runtime.sites import Reading, feed, reading, sites
from tests.bot.runtime.world import HOUR, MINUTE, NOW

LINKS = b'Link: <https://hub.example/>; rel="hub", <https://news.example/feed>; rel="self"'


class Silent:
    """Nobody is asked."""

    async def post(self, url: str, form: object) -> Answer:
        raise AssertionError(url)


def listening(world: Reading) -> None:
    """Let a hub tell of the source."""
    hubs = Subscribing(world.store, world.clock, Silent(), Seal(Secret("key")), Wanted(""))
    world.parts = replace(world.parts, hubs=hubs)
    with world.store.write() as tx:
        keys = {"digest": "d", "sealed": "s", "source": "news", "asked_at": NOW}
        tx.execute(sa.insert(t.subscription).values(keys))


def tell(store: Store, now: datetime) -> None:
    with store.write() as tx:
        assert subscriptions.told(tx, now, "d")


def titles(world: Reading) -> list[str]:
    return sorted(item.versions[0].title for item in world.items())


async def test_a_poll_learns_the_hub_from_the_headers_and_forgets_it_with_them(tmp_path: Path) -> None:
    clock, links = FakeClock(NOW), [LINKS]

    def says(_path: str, _head: bytes) -> bytes:
        return feed("Un").replace(b"Connection: close", b"\r\n".join([b"Connection: close", *links]))

    async with sites(clock, says) as (site,), reading(tmp_path, clock, {"news": site.url("/")}) as world:
        await world.now()
        with world.store.write() as tx:
            subscriptions.settle(tx, NOW, "https://b/websub", lambda: Fresh("d", "s"), on=True)
            kept = subscriptions.by_digest(tx, "d")
        assert kept is not None
        assert (kept.hub, kept.topic) == ("https://hub.example/", "https://news.example/feed")
        links.clear()
        await world.live(HOUR)
        with world.store.read() as tx:
            assert not subscriptions.settled(tx, NOW, "https://b/websub", on=True)


async def test_a_source_that_was_told_of_is_read_at_once_and_by_the_usual_rules(tmp_path: Path) -> None:
    clock, news = FakeClock(NOW), ["Un"]

    async with (
        sites(clock, lambda _path, _head: feed(*news)) as (site,),
        reading(tmp_path, clock, {"news": {"url": site.url("/"), "exclude": ["Trois"]}}) as world,
    ):
        listening(world)
        await world.now()
        assert titles(world) == []  # the baseline
        clock.advance(2 * MINUTE)
        news += ["Deux", "Trois"]
        await world.now()
        assert len(site.log) == 1
        tell(world.store, clock.now())
        await world.now()
        assert titles(world) == ["Deux"]
        row = world.row("news")
        assert row.next_poll == clock.now() + 15 * MINUTE
        tell(world.store, clock.now())  # again at once: a minute passes between two
        await world.now()
        assert len(site.log) == 2
        clock.advance(MINUTE)
        await world.now()
        assert len(site.log) == 3


async def test_a_source_never_read_that_a_hub_tells_of_begins_with_its_baseline(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    async with (
        sites(clock, lambda _path, _head: feed("Un", "Deux")) as (site,),
        reading(tmp_path, clock, {"news": site.url("/")}) as world,
    ):
        listening(world)
        tell(world.store, clock.now())
        await world.now()
        assert titles(world) == []


async def test_what_is_told_while_the_source_is_read_is_not_lost(tmp_path: Path) -> None:
    clock, news = FakeClock(NOW), ["Un"]
    worlds: list[Reading] = []

    async def says(head: bytes, writer: asyncio.StreamWriter) -> None:
        said = feed(*news)
        if worlds and len(news) == 1:  # published, told of and seen, while the former document is on its way
            news.append("Deux")
            tell(worlds[0].store, clock.now())
            await worlds[0].polling.begin(worlds[0].parts, clock.now())
        await saying(said)(head, writer)

    async with serving(says) as site, reading(tmp_path, clock, {"news": site.url("/")}) as world:
        listening(world)
        await world.now()
        worlds.append(world)
        clock.advance(HOUR)
        await world.now()
        assert (len(site.requests), titles(world)) == (2, [])
        await world.now()  # the step that follows upon a poll
        clock.advance(MINUTE)
        await world.now()
        assert (len(site.requests), titles(world)) == (3, ["Deux"])


async def test_a_host_that_asked_us_to_wait_is_left_alone_whatever_a_hub_tells(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    busy = answer(b"", b"Retry-After: 3600", status=b"429 Too Many Requests")
    async with (
        sites(clock, lambda _path, _head: busy) as (site,),
        reading(tmp_path, clock, {"news": site.url("/")}) as world,
    ):
        listening(world)
        await world.now()
        for _ in range(10):
            clock.advance(5 * MINUTE)
            with world.store.write() as tx:
                subscriptions.told(tx, clock.now(), "d")
            await world.now()
        assert len(site.log) == 1
