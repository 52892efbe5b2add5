"""What one must do for all is done by one of two workers; the other takes it up when that one is gone."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.clock import FakeClock
from bot.http_client import Answer
from bot.runtime import planning, tenure
from bot.runtime.parts import Brought
from bot.runtime.sealing import Seal
from bot.runtime.subscribing import Subscribing, Wanted
from bot.runtime.worker import Worker
from bot.secret import Secret
from bot.sources.hub import Hub
from content_queue.operations import sources, subscriptions
from content_queue.operations.moves import LostRaceError
from content_queue.operations.sightings import Seen
from content_queue.store import tables as t
from content_queue.store.database import Store
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import (
    HOUR,
    MINUTE,
    NOW,
    Feed,
    World,
    lane,
    living,
    make_parts,
    new_item,
    source,
    until,
    with_slots,
)
from tests.postgresql import Postgres

pytestmark = pytest.mark.postgres
NEWS = source("news")


@dataclass(slots=True)
class Readable(Pretend):
    """A channel that lists its own posts, tells until when it may post, and says how often it was asked."""

    asked: int = 0
    asked_consent: int = 0

    async def recent(self, since: datetime) -> Sequence[Seen]:
        self.asked += 1
        return []

    async def consent_until(self) -> datetime | None:
        self.asked_consent += 1
        return None


@dataclass(slots=True)
class Told:
    """Counts how often people would be told."""

    looks: int = 0

    async def look(self, now: datetime) -> bool:
        self.looks += 1
        return False


@dataclass(slots=True)
class Asked:
    """Keeps what hubs would be asked."""

    forms: list[Mapping[str, str]] = field(default_factory=list)

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        self.forms.append(form)
        return Answer(202, {}, b"", url)


@dataclass(slots=True)
class Two:
    """Two workers of one database on one clock, each with a network connection of its own."""

    worlds: list[World] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    networks: list[Readable] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    async def step(self) -> None:
        for world in self.worlds:
            await world.quiet()

    async def go_on(self, span: timedelta) -> None:
        self.worlds[0].clock.advance(span)
        await self.step()

    def leading(self) -> list[bool]:
        return [world.worker.leads for world in self.worlds]


@asynccontextmanager
async def two(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Two]:
    monkeypatch.setattr(tenure, "BEAT", timedelta(seconds=0.1))
    server, made, clock = postgres.fresh(), Two(), FakeClock(NOW)
    for name in ("w1", "w2"):
        store, network, told, feed = Store(server), Readable("one"), Told(), Feed(clock=clock)
        with store.write() as tx:
            sources.register(tx, {"news": (str(NEWS.kind), NEWS.url)})
        parts = make_parts(store, clock, with_slots(lane(network)), of=(NEWS,), feed=feed, name=name)
        asked = Asked()
        hubs = Subscribing(store, clock, asked, Seal(Secret("key")), Wanted("https://b/websub"), heard=True)
        parts = replace(parts, alerts=told, hubs=hubs)  # type: ignore[arg-type]  # it only looks
        worker = Worker(parts)
        await worker.start(name)
        made.worlds.append(World(store, clock, parts, worker, feed))
        made.networks.append(network)
        made.told.append(told)
        made.asked.append(asked)
    try:
        yield made
    finally:
        for world in made.worlds:
            with suppress(Exception):
                await world.worker.stop(timedelta(seconds=0.1))
            world.store.close()
        postgres.drop(server)


async def test_one_leads_and_alone_plans_reads_compares_and_tells(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(postgres, monkeypatch) as made:
        for number in range(5):
            made.worlds[0].item(f"Nouvelle {number}")
        await made.step()
        await made.go_on(2 * HOUR)
        assert made.leading() == [True, False]
        assert [bool(world.feed.asked) for world in made.worlds] == [True, False]
        assert [network.asked > 0 for network in made.networks] == [True, False]
        assert [network.asked_consent for network in made.networks] == [1, 0]
        assert [told.looks > 0 for told in made.told] == [True, False]
        texts = [text for network in made.networks for text in network.texts]
        assert len(set(texts)) == len(texts) > 0


async def test_one_asks_the_hubs_and_takes_up_what_they_tell(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(postgres, monkeypatch) as made:
        named = Brought(entries=(), hub=Hub("https://hub.example/", NEWS.url))
        made.worlds[0].feed.says = {"news": [named]}
        await made.step()
        await made.go_on(2 * MINUTE)
        assert [len(asked.forms) for asked in made.asked] == [1, 0]
        reads = [len(world.feed.asked) for world in made.worlds]
        token = made.asked[0].forms[0]["hub.callback"].rpartition("/")[2]
        with made.worlds[1].store.write() as tx:  # the desk of the other one hears the hub
            assert subscriptions.told(tx, made.worlds[1].clock.now(), subscriptions.digest_of(token))
        await made.step()
        assert [len(world.feed.asked) for world in made.worlds] == [reads[0] + 1, reads[1]]


async def test_who_follows_goes_on_with_what_the_first_had_asked(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(postgres, monkeypatch) as made:
        first, second = made.worlds
        first.feed.says = {"news": [Brought(entries=(), hub=Hub("https://hub.example/", NEWS.url))]}
        await made.step()
        await made.go_on(MINUTE)
        await first.worker.stop(timedelta(0))
        await until(lambda: second.worker.leads)
        made.worlds = [second]
        await made.go_on(MINUTE)
        assert made.asked[1].forms == []
        await made.go_on(HOUR)  # no answer: the same question again
        assert made.asked[1].forms[0] == made.asked[0].forms[0]


async def test_the_other_takes_the_lead_when_the_first_one_goes(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(postgres, monkeypatch) as made:
        first, second = made.worlds
        await made.step()
        await first.worker.stop(timedelta(0))
        await until(lambda: second.worker.leads)
        made.worlds = [second]
        second.item("Bonjour")
        await made.go_on(HOUR)
        assert second.feed.asked
        assert made.told[1].looks
        assert second.posts()


async def test_who_stood_still_beyond_the_lease_of_the_lead_plans_nothing(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(postgres, monkeypatch) as made:
        first, second = made.worlds
        await first.worker._tenure.rest()  # noqa: SLF001  it stands still: no beat of its
        with second.store.write() as tx:
            tx.execute(sa.update(t.lease).where(t.lease.c.name == "leader").values(owner="w1", until=None))
        await until(lambda: second.worker.leads)
        first.item("Bonjour")
        with pytest.raises(LostRaceError):
            await planning.plan(first.parts, first.clock.now())
        assert first.posts() == []


async def test_who_changes_the_queue_wakes_the_others(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two(postgres, monkeypatch) as made:
        await made.step()
        second = made.worlds[1]
        await until(lambda: not second.worker.poked.is_set())
        with made.worlds[0].store.write() as tx:  # as a desk in another process does
            new_item(tx, made.worlds[0].parts, NOW, "Bonjour")
        async with asyncio.timeout(10):
            await second.worker.poked.wait()


async def test_a_worker_alone_on_sqlite_leads_from_its_start(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one"))) as world:
        assert world.worker.leads
        await world.go_on(MINUTE)
        assert world.worker.leads
