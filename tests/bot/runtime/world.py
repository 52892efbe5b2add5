"""A worker on a real database with pretend channels, driven by a clock that stands until it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.clock import Clock, FakeClock
from bot.compose.render import Style
from bot.compose.spread import spread
from bot.desk.operations import Desk
from bot.runtime.parts import Brought, Intake, Lane, Parts, Reader, no_crash
from bot.runtime.worker import Worker
from bot.settings import SourceSettings
from bot.sources.sift import Sift
from content_queue.calendar import Calendar, parse_slots
from content_queue.item import Item, Kind, Post, Version
from content_queue.lifecycle import PENDING_ITEM
from content_queue.operations import judgement, listing, planning, sources
from content_queue.operations.looks import LookRules
from content_queue.operations.rows import item_by_id
from content_queue.planner import Rules
from content_queue.store.database import Store, Transaction
from content_queue.store.epoch import EpochFile
from content_queue.store.schema import upgrade
from tests.bot.runtime.pretend import Pretend

NOW = datetime(2026, 6, 3, 14, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MONTREAL = ZoneInfo("America/Toronto")
EVERY_MINUTE = ("daily 00:00-24:00 every 1m",)
MOST_STEPS = 30
"""So often a worker may be poked at one moment; more is a loop that never rests."""


@dataclass(slots=True)
class Feed:
    """What each source says next, in turn; then it says that nothing has changed."""

    says: dict[str, Sequence[Brought | Exception | Callable[[], Brought]]] = field(default_factory=dict)
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    clock: Clock = field(default_factory=lambda: FakeClock(NOW))

    async def __call__(self, source: SourceSettings, etag: str, last_modified: str) -> Brought:
        self.asked.append((source.name, self.clock.now()))
        said = self.says.get(source.name)
        if not said:
            return Brought(etag=etag, last_modified=last_modified)
        brought, self.says[source.name] = said[0], said[1:]
        if isinstance(brought, Exception):
            raise brought
        return brought if isinstance(brought, Brought) else brought()


@dataclass(slots=True)
class World:
    """All that a test touches."""

    store: Store
    clock: FakeClock
    parts: Parts
    worker: Worker
    feed: Feed

    async def step(self) -> datetime:
        return await self.worker.step(self.clock.now())

    async def go_on(self, span: timedelta) -> None:
        """Live through ``span``: step at each moment that the worker asked for."""
        end = self.clock.now() + span
        while True:
            wake = await self.quiet()
            if wake > end:
                self.clock.advance(end - self.clock.now())
                return
            self.clock.advance(wake - self.clock.now())

    async def quiet(self) -> datetime:
        """Step at this moment until nothing pokes the worker any more; return its next wake."""
        for _ in range(MOST_STEPS):
            wake = await self.step()
            await self.worker.settled()
            if not self.worker.poked.is_set():
                return wake
        raise AssertionError("the worker never rests")

    def item(self, title: str, **more: object) -> Item:
        with self.store.write() as tx:
            return new_item(tx, self.parts, self.clock.now(), title, **more)

    def due(self, title: str, channel: str = "one") -> Post:
        """Plan an approved item on a channel for now."""
        item = self.item(title)
        with self.store.write() as tx:
            return planning.post_now(tx, self.clock.now(), "ana", item.id, channel, HOUR)

    def posts(self, state: str | None = None) -> list[Post]:
        with self.store.read() as tx:
            return sorted(listing.posts(tx, state), key=lambda post: post.id)

    def post(self) -> Post:
        (post,) = self.posts()
        return post

    def states(self) -> list[str]:
        return [post.state.value for post in self.posts()]

    def items(self) -> list[Item]:
        with self.store.read() as tx:
            return listing.items(tx)[::-1]

    @property
    def desk(self) -> Desk:
        return Desk(self.parts.styles, {}, timedelta(0))


def new_item(tx: Transaction, parts: Parts, now: datetime, title: str, **more: object) -> Item:
    """Put an approved item into the queue."""
    plain = Item(0, Kind.ARTICLE, PENDING_ITEM, "", 1, (Version("fr", title),), now, published_at=now)
    number = judgement.insert_item(tx, now, replace(plain, **more), "ana")  # type: ignore[arg-type]  # fields by name
    item = item_by_id(tx, number)
    made = spread(item, parts.styles)
    judgement.approve(tx, now, "ana", item, made.messages, not_before=now)
    return item_by_id(tx, number)


def lane(channel: Pretend, **more: object) -> Lane:
    """A channel without slots of its own that looks twice, ten seconds apart."""
    calendar = Calendar(MONTREAL, ())
    rules = Rules(channel.name, frozenset({"fr"}), calendar, timedelta(0), None, {}, timedelta(0), 6 * HOUR)
    plain = Lane(
        channel=channel,
        rules=rules,
        style=style(channel),
        looks=LookRules(looks=2, between=10 * SECOND),
        look_after=30 * SECOND,
        deadline=SECOND,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def with_slots(made: Lane, *slots: str, **more: object) -> Lane:
    calendar = Calendar(MONTREAL, parse_slots(slots or EVERY_MINUTE))
    return replace(made, rules=replace(made.rules, calendar=calendar, **more))  # type: ignore[arg-type]  # by name


def style(channel: Pretend, template: str = "{title}") -> Style:
    return Style(channel.name, "pretend", ("fr",), channel.limits, {"default": template})


def source(name: str, **more: object) -> SourceSettings:
    plain = {"name": name, "url": f"https://{name}.example/feed", "language": "fr", "approval": "trusted"}
    return SourceSettings.model_validate({**plain, **more})


def open_store(path: Path, of: tuple[SourceSettings, ...] = ()) -> Store:
    store = Store(path, patience=2 * SECOND)
    upgrade(store)
    with store.write() as tx:
        sources.register(tx, {one.name: (str(one.kind), one.url) for one in of})
    return store


def make_parts(
    store: Store,
    clock: Clock,
    *lanes: Lane,
    of: tuple[SourceSettings, ...] = (),
    feed: Reader | None = None,
    crashpoint: Callable[[str], None] = no_crash,
    name: str = "worker-1",
    styles: Mapping[str, Style] | None = None,
) -> Parts:
    return Parts(
        name=name,
        store=store,
        clock=clock,
        lanes={one.name: one for one in lanes},
        intakes={one.name: Intake(one, Sift.from_settings(one.include, one.exclude)) for one in of},
        read=feed or Feed(),
        styles=styles or {one.name: one.style for one in lanes},
        commit_ahead=24 * HOUR,
        grace=timedelta(0),
        crashpoint=crashpoint,
        epoch=None if store.several else EpochFile(store.path),
    )


@asynccontextmanager
async def living(
    folder: Path,
    *lanes: Lane,
    of: tuple[SourceSettings, ...] = (),
    now: datetime = NOW,
    crashpoint: Callable[[str], None] = no_crash,
    name: str = "worker-1",
    styles: Mapping[str, Style] | None = None,
    store: Store | None = None,
) -> AsyncIterator[World]:
    """Start a worker over the folder's database; stop it in the end."""
    opened = store or open_store(folder / "queue.db", of)
    clock = FakeClock(now)
    feed = Feed(clock=clock)
    parts = make_parts(
        opened, clock, *lanes, of=of, feed=feed, crashpoint=crashpoint, name=name, styles=styles
    )
    worker = Worker(parts)
    try:
        await worker.start(name)
        yield World(opened, clock, parts, worker, feed)
    finally:
        with suppress(Exception):
            await worker.stop(timedelta(seconds=0.1))
        opened.close()


async def live(world: World, span: timedelta, by: timedelta = 15 * MINUTE) -> None:
    """Live through ``span``, looking what there is to do every so often."""
    end = world.clock.now() + span
    while world.clock.now() < end:
        world.clock.advance(by)
        await world.quiet()


async def until(holds: Callable[[], bool]) -> None:
    """Wait in real time until something holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  whatever it is, it tells nobody
            await asyncio.sleep(0.005)
