"""A worker that reads a good feed on time while hostile ones come and go, and what must hold after each."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
import sqlalchemy as sa
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import ValidationError

from bot.clock import FakeClock
from bot.http_client import (
    BadAnswer,
    FetchError,
    HttpClient,
    RefusedAddress,
    RefusedUrl,
    TooBig,
    TooSlow,
    Unreachable,
)
from bot.runtime.parts import Intake, Parts
from bot.runtime.reading import SourceReader
from bot.runtime.worker import Worker
from bot.settings import SourceSettings
from bot.sources.cage import Cage
from bot.sources.sift import Sift
from content_queue.item import Item
from content_queue.operations import holds, listing, sources
from content_queue.operations.listing import EntryRow, SourceRow
from content_queue.operations.rows import items_by_id
from content_queue.store import tables as t
from content_queue.store.database import Store
from tests.bot.http_client.servers import Script, Server, answer, saying, serving
from tests.bot.runtime.sites import by_tag
from tests.bot.runtime.world import NOW, make_parts, open_store

GOOD, HOSTILE = "good.example", "hostile.example"
MAX_BYTES = 2_000_000
QUARTER = timedelta(minutes=15)
CODES: Mapping[type[FetchError], frozenset[str]] = {
    RefusedUrl: frozenset({"REFUSED_URL"}),
    RefusedAddress: frozenset({"REFUSED_ADDR"}),
    TooBig: frozenset({"TOO_BIG"}),
    TooSlow: frozenset({"TOO_SLOW"}),
    BadAnswer: frozenset({"BAD_FEED", "BACKOFF"}),
    Unreachable: frozenset({"BACKOFF"}),
}
TAKEN = frozenset({"OK", "OK_CLEAN"})
Codes = frozenset[str]
Builder = Callable[["World"], Awaitable[Codes]]
"""Meets one case in the world; returns the codes that fit what came of it."""


class Names(AbstractResolver):
    """Some names have the answers given; every other is asked of the system."""

    def __init__(self) -> None:
        self.known: dict[str, list[list[str]]] = {GOOD: [["127.0.0.1"]], HOSTILE: [["127.0.0.1"]]}
        self.asked: list[str] = []
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.known:
            return await self._system.resolve(host, port, family)
        answers = self.known[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in found
        ]

    async def close(self) -> None:
        self.known.clear()


@dataclass(frozen=True)
class Met:
    """What became of a source: the codes that fit, its row, its items and entries."""

    codes: frozenset[str]
    row: SourceRow
    items: list[Item]
    entries: list[EntryRow]

    @property
    def titles(self) -> list[str]:
        return [item.title for item in self.items]


@dataclass
class World:
    """All that a case touches; ``inside`` must never be reached."""

    folder: Path
    clock: FakeClock
    store: Store
    parts: Parts
    worker: Worker
    names: Names
    http: HttpClient
    inside: Server
    good: Server
    intakes: dict[str, Intake] = field(default_factory=dict)
    number: int = 0

    def source(self, url: str, **more: object) -> str:
        """Add a source; returns its name."""
        self.number += 1
        name = f"case-{self.number}"
        table = {"name": name, "url": url, "language": "fr", "backlog": 900, **more}
        settings = SourceSettings.model_validate(table)  # refuses what is no web address
        with self.store.write() as tx:
            sources.add(tx, self.clock.now(), "test", name, {"url": url, "kind": "article"})
        self.intakes[name] = Intake(settings, Sift.from_settings(settings.include, settings.exclude))
        return name

    def forget(self, name: str) -> None:
        del self.intakes[name]
        with self.store.write() as tx:
            sources.remove(tx, self.clock.now(), "test", name)
            mine = sa.select(t.entry.c.id).where(t.entry.c.source == name)
            tx.execute(sa.delete(t.flood).where(t.flood.c.entry.in_(mine)))
            tx.execute(sa.delete(t.entry).where(t.entry.c.source == name))

    async def quiet(self) -> None:
        """Step until nothing is under way."""
        for _ in range(30):
            await self.worker.step(self.clock.now())
            await self.worker.settled()
            if not self.worker.poked.is_set():
                return
        raise AssertionError("the worker never rests")

    async def polled(self, name: str) -> Met:
        """Poll what is due now and say what became of a source."""
        await self.quiet()
        return self.met(name)

    async def again(self, name: str, after: timedelta = QUARTER * 3) -> Met:
        """Poll a source once more, ``after`` that long."""
        self.clock.advance(after)
        return await self.polled(name)

    def met(self, name: str) -> Met:
        with self.store.read() as tx:
            row = listing.source(tx, name)
            assert row is not None
            mine = sa.select(t.item.c.id).where(t.item.c.source == name).order_by(t.item.c.id.desc())
            ours = items_by_id(tx, list(tx.execute(mine).scalars()))
            entries = listing.entries(tx, name, 10_000)
            held = any(hold.target == name for hold in holds.active(tx, self.clock.now()))
        codes = TAKEN | {"HELD"} if held else TAKEN
        if row.gone:
            codes = frozenset({"GONE"})
        elif row.error:
            codes = frozenset({"BACKOFF", "BAD_FEED"})
        return Met(codes, row, ours, entries)

    async def document(self, body: bytes, *headers: bytes, **more: object) -> Met:
        """Let a hostile site serve a document, and poll it."""
        async with self.site(saying(answer(body, *headers))) as site:
            return await self.polled(self.source(self.at(site), **more))

    @asynccontextmanager
    async def site(self, script: Script) -> AsyncIterator[Server]:
        async with serving(script) as server:
            yield server

    @staticmethod
    def at(site: Server, path: str = "/feed", host: str = HOSTILE) -> str:
        return f"http://{host}:{site.port}{path}"

    async def refused(self, url: str, http: HttpClient | None = None) -> frozenset[str]:
        """Ask for an address, and poll it; both fail with one line and the same reason.

        One that no web address could be is refused where it is entered, and again at the door.
        """
        error = await self.error(url, http)
        assert "\n" not in str(error)
        try:
            name = self.source(url)
        except ValidationError:
            return CODES[type(error)]
        met = await self.polled(name)
        assert met.row.error, url
        assert type(error) is TooSlow or met.row.error == str(error)
        assert met.row.next_poll is not None
        assert met.row.next_poll > self.clock.now()
        assert not met.items
        assert not met.entries
        return CODES[type(error)]

    async def error(self, url: str, http: HttpClient | None = None) -> FetchError:
        try:
            await (http or self.http).get(url)
        except FetchError as error:
            return error
        raise AssertionError(f"{url} was read")

    async def holds_after(self, memory: int) -> None:
        """What RELIABILITY asks for after every case; ``memory`` was used before, in bytes."""
        for name in list(self.intakes):
            if name != "good":
                self.forget(name)
        before = len(self.good.requests)
        self.clock.advance(QUARTER * 2)
        await self.quiet()
        assert len(self.good.requests) == before + 1, "the good feed was not polled on time"
        assert self.met("good").row.error == ""
        assert self.worker.trouble == ""
        assert self.inside.requests == [], "something inside was reached"
        gc.collect()
        assert used() - memory < 80_000_000, "memory did not come back"


def used() -> int:
    """Bytes that this process holds in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


@asynccontextmanager
async def living(folder: Path) -> AsyncIterator[World]:
    """Start the worker with its good feed beside a listener that nobody may reach."""
    clock, names = FakeClock(NOW), Names()
    http = HttpClient(
        user_agent="test",
        allow_private=[GOOD, HOSTILE],
        max_bytes=MAX_BYTES,
        deadline=timedelta(seconds=2),
        resolver=names,
    )
    cage = Cage(workers=1)
    store = open_store(folder / "queue.db")
    parts = make_parts(store, clock, feed=SourceReader(http, cage, clock, folder, "fr", pauses=()))
    intakes: dict[str, Intake] = {}
    object.__setattr__(parts, "intakes", intakes)
    worker = Worker(parts)
    secret = saying(answer(b"secret"))
    async with serving(secret) as inside, serving(_conditional(by_tag("Bonne nouvelle"))) as good:
        world = World(folder, clock, store, parts, worker, names, http, inside, good, intakes)
        await worker.start("test")
        url = World.at(good, host=GOOD)
        with store.write() as tx:
            sources.add(tx, clock.now(), "test", "good", {"url": url, "kind": "article"})
        intakes["good"] = Intake(SourceSettings(name="good", url=url), Sift.from_settings((), ()))
        await world.quiet()
        try:
            yield world
        finally:
            await worker.stop(timedelta(seconds=0.1))
            await cage.close()
            await http.close()
            store.close()


def _conditional(says: Callable[[str, bytes], bytes]) -> Script:
    async def script(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(says("/", head))
        await writer.drain()

    return script
