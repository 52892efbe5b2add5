"""Sites on loopback that log who asks for what and when, and a reading of them by a clock of its own."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import FakeClock
from bot.http_client import HttpClient
from bot.runtime.parts import Parts
from bot.runtime.polling import Polling
from bot.runtime.reading import SourceReader
from bot.runtime.tasks import Tasks
from bot.settings import SourceSettings
from bot.sources.cage import Cage
from content_queue.item import Item
from content_queue.operations import listing
from content_queue.operations.listing import SourceRow
from content_queue.store.database import Store
from tests.bot.http_client.servers import Server, answer, serving
from tests.bot.runtime.world import make_parts, open_store
from tests.bot.sources.documents import rss

Answer = Callable[[str, bytes], bytes]
"""From a path and a request's head to the whole answer."""
UNCHANGED = answer(status=b"304 Not Modified")


@dataclass
class Site:
    """One host: what it answers, and its log of moments and paths."""

    clock: FakeClock
    says: Answer
    server: Server = field(default_factory=Server)
    log: list[tuple[datetime, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def url(self, path: str) -> str:
        return self.server.url(path)

    def moments(self, path: str) -> list[datetime]:
        return [at for at, asked in self.log if asked == path]

    async def serve(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        path = head.split(b" ")[1].decode()
        self.log.append((self.clock.now(), path))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.001)  # long enough for another request, were there one
        self.at_once -= 1
        writer.write(self.says(path, head))
        await writer.drain()


@dataclass
class Reading:
    """Sources that are read as a worker does, at each moment that one is due."""

    clock: FakeClock
    store: Store
    parts: Parts
    tasks: Tasks
    polling: Polling
    http: HttpClient

    async def now(self) -> None:
        """Read what is due at this moment."""
        await self.polling.begin(self.parts, self.clock.now())
        await self.tasks.settled()

    async def live(self, span: timedelta) -> None:
        """Live through ``span``."""
        end = self.clock.now() + span
        while True:
            await self.now()
            with self.store.read() as tx:
                due = listing.next_poll(tx, self.clock.now())
            if due is None or due > end:
                self.clock.advance(end - self.clock.now())
                return
            self.clock.advance(due - self.clock.now())

    def row(self, name: str) -> SourceRow:
        with self.store.read() as tx:
            found = listing.source(tx, name)
        assert found is not None
        return found

    def items(self) -> list[Item]:
        with self.store.read() as tx:
            return listing.items(tx)

    def histories(self) -> list[str]:
        with self.store.read() as tx:
            return [str(row[0]) for row in tx.exec_driver_sql("SELECT what FROM history ORDER BY id")]


def feed(*titles: str, tag: str = "") -> bytes:
    """An answer with a feed of these titles, and its ETag."""
    document = rss(
        *[f"<title>{t}</title><link>https://site.example/{t}</link><guid>{t}</guid>" for t in titles]
    )
    return answer(
        document, b"Content-Type: application/rss+xml", *([f'ETag: "{tag}"'.encode()] if tag else [])
    )


def by_tag(*titles: str) -> Answer:
    """Answer with one feed, and 304 to whoever has it."""

    def says(_path: str, head: bytes) -> bytes:
        return UNCHANGED if b"if-none-match" in head.lower() else feed(*titles, tag="1")

    return says


@asynccontextmanager
async def sites(clock: FakeClock, *says: Answer) -> AsyncIterator[list[Site]]:
    """Serve sites, each at a port of its own: what one request at a time goes to is host and port."""
    made = [Site(clock, one) for one in says]
    async with AsyncExitStack() as stack:
        for site in made:
            site.server = await stack.enter_async_context(serving(site.serve))
        yield made


@asynccontextmanager
async def reading(
    folder: Path,
    clock: FakeClock,
    sources: Mapping[str, str | Mapping[str, object]],
    *,
    cage: Cage | None = None,
    http: HttpClient | None = None,
    store: Store | None = None,
) -> AsyncIterator[Reading]:
    """Read ``sources``, by name an address or settings, with the real client and cage."""
    given = [_settings(name, one) for name, one in sources.items()]
    opened = store or open_store(folder / "queue.db", tuple(given))
    client = http or HttpClient(
        user_agent="test", allow_private=["127.0.0.1"], deadline=timedelta(seconds=2), max_bytes=2_000_000
    )
    kept = cage or Cage(workers=1)
    reader = SourceReader(client, kept, clock, folder, "fr", pauses=())
    parts = make_parts(opened, clock, of=tuple(given), feed=reader)
    tasks = Tasks(clock, lambda: None)
    try:
        yield Reading(clock, opened, parts, tasks, Polling(parts, tasks, lambda: None), client)
    finally:
        await tasks.end(timedelta(0))
        await kept.close()
        await client.close()
        if store is None:
            opened.close()


def _settings(name: str, one: str | Mapping[str, object]) -> SourceSettings:
    table = {"url": one} if isinstance(one, str) else dict(one)
    return SourceSettings.model_validate({"name": name, "language": "fr", **table})


def gaps(moments: Sequence[datetime]) -> list[timedelta]:
    return [later - at for at, later in itertools.pairwise(moments)]
