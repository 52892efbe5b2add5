"""The worker: ``step(now) -> next wake``.

    step: is the clock right? does the database take writes? -> what others wrote -> what stumbled
          -> housekeeping -> begin polls -> plan -> begin pictures, deliveries, looks, recalls,
          the telling of people

A step decides and begins; it never waits for a network. What it begins runs on beside it, one task for each
source, channel and look; when one ends the worker is poked, so that whoever drives it steps again.
``settled`` waits for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from bot.message import Frozen, Receipt
from bot.runtime import delivery, gathering, housekeeping, looking, planning, recalling
from bot.runtime.consents import Consents
from bot.runtime.parts import Lane, Parts, dying_within
from bot.runtime.polling import SOURCE, Polling
from bot.runtime.recents import Recents
from bot.runtime.tasks import Tasks
from bot.runtime.tenure import tenure
from bot.runtime.tidying import Tidying
from bot.runtime.wall import Wall
from content_queue.item import Post
from content_queue.operations import (
    epochs,
    leases,
    listing,
    looks,
    overview,
    pictures,
    publishing,
    pulse,
    stumbles,
)
from content_queue.operations import recalling as recalls
from content_queue.store.database import BrokenDiskError, StoreError, Transaction
from content_queue.store.locks import BusyError

PLAN_EVERY = timedelta(minutes=5)
IDLE = timedelta(minutes=1)
BLOCKED = timedelta(seconds=15)
"""How soon we look again at a due post that something stands against."""
PULSE = timedelta(minutes=1)
"""How often the database is tried, and people are told what is wrong."""
UNWELL = timedelta(seconds=5)
"""How soon a database that took no write is tried again."""
_CHANNEL, _LOOK, _PICTURES, _LINKS, _HUBS = "channel ", "look ", "pictures", "links", "hubs"
_PAGES, _PREMIERES = "pages", "premieres"
log = structlog.get_logger()

A = ParamSpec("A")
R = TypeVar("R")


class Worker:
    """Drives everything that happens in time. From ``start`` to ``stop`` it has a place on the database."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stopping = asyncio.Event()
        self._plan_at: datetime | None = None
        self._seen = -1
        self.poked = asyncio.Event()
        self._tasks = Tasks(parts.clock, self.poked.set)
        self._polling = Polling(parts, self._tasks, self._plan_anew)
        self._stumbled: set[str] = set()
        self._tenure = tenure(parts, lambda _left: self.poked.set())
        self.stepped: timedelta | None = None
        """When the last step ended, by the clock's ``since_start``."""
        self.trouble = ""
        self.database = ""
        """Why the database takes no writes, "" while it does."""
        self._pulse_at: datetime | None = None
        self._epoch = ""
        self._recents = Recents(parts)
        self._consents = Consents(parts)
        self._tidying = Tidying(parts)
        self._wall = Wall(parts, self._reckon_anew)

    async def start(self, holder: str) -> None:
        """Take a place on the database, take over what the dead have left there, and settle in.

        Raises ``WorkerRunningError`` naming the holder when another worker runs.
        """
        self._loop = asyncio.get_running_loop()
        await self._tenure.begin(holder)
        self._parts.store.listen(self._hear)
        now = self._parts.clock.now()
        await self._wall.begin(now)
        look_after = {name: lane.look_after for name, lane in self._parts.lanes.items()}
        end_leases = dying_within(self._parts.crashpoint, "K27", leases.end_leases)
        left = await self._tell(end_leases, now, self._parts.name, look_after)
        await self._tell(housekeeping.settle_in, self._parts, now)
        await self._settle_epoch(now)
        log.info("started", took_over=len(left))

    async def step(self, now: datetime) -> datetime:
        """Begin all that is due at ``now``; return when to step again unless poked before."""
        self.poked.clear()
        if not await self._fit_for_work(now):
            self._begin_telling(now)
            self.stepped, self.trouble = self._parts.clock.since_start(), self.database
            return now + (UNWELL if self.database else IDLE)
        await self._notice_others()
        await self._take_back(now)
        if self.leads:
            await self._lead(now)
        self._parts.crashpoint("K08")
        due, looked, recalled = await self._ask(_due, now)
        self._begin_deliveries(due)
        self._begin_looks(looked)
        self._begin_recalls(recalled)
        wake = await self._next_wake(now, due)
        self.stepped = self._parts.clock.since_start()
        self.trouble = self._tasks.trouble if self._tasks.rests() else ""
        if self._tasks.rests():
            self._pulse_at = None  # it may have been the database
        return wake

    @property
    def leads(self) -> bool:
        """Whether this worker does what one must do for all: on SQLite the only one, else the leader."""
        return self._tenure.leads

    async def _lead(self, now: datetime) -> None:
        if await self._ask(housekeeping.over, now, self._parts.waits):
            await self._tell(housekeeping.keep_house, now, self._parts.waits)
            self._plan_at = None
        if self._parts.hubs is not None and self._parts.hubs.due(now):
            self._tasks.begin(_HUBS, self._parts.hubs.keep())
        if self._parts.pages is not None and self._parts.pages.due(now, self._parts.intakes):
            self._tasks.begin(_PAGES, self._parts.pages.complete(self._parts.intakes))
        if self._parts.premieres is not None and self._parts.premieres.due(now):
            self._tasks.begin(_PREMIERES, self._parts.premieres.tell_apart())
        await self._polling.begin(self._parts, now)
        await self._plan_if_due(now)
        await self._begin_gathering(now)
        self._begin_looking_ahead(now)
        self._begin_comparing(now)
        if self._tidying.due(now):
            self._tasks.begin("tidying", self._tidying.tidy())

    async def settled(self) -> None:
        """Wait until nothing that was begun is still under way."""
        await self._tasks.settled()

    @property
    def busy(self) -> bool:
        """Whether something that was begun is still under way."""
        return bool(self._tasks.names())

    async def stop(self, grace: timedelta) -> None:
        """Rest, and let go of the lock."""
        await self.rest(grace)
        self._tenure.end()

    async def rest(self, grace: timedelta) -> None:
        """Begin nothing more, and wait ``grace`` for the requests in flight; the lock stays taken.

        A request that is still in flight then is left to the next start, which reads it back. Polls,
        pictures and links are not waited for: what they would bring is still there later.
        """
        self._stopping.set()
        self._parts.crashpoint("K30")
        self._tasks.cancel(SOURCE)
        self._tasks.cancel(_PICTURES)
        self._tasks.cancel(_LINKS)
        self._tasks.cancel(_HUBS)
        self._tasks.cancel(_PAGES)
        self._tasks.cancel(_PREMIERES)
        await self._tasks.end(grace)
        closing = [lane.channel.close() for lane in self._parts.lanes.values()]
        await asyncio.gather(*closing, return_exceptions=True)
        await self._tenure.rest()

    def late_receipt(self, frozen: Frozen, receipt: Receipt) -> None:
        """Write a receipt that came after its deadline; may be called from any thread."""
        with suppress(RuntimeError):  # the loop is closed: the next start reads the post back
            self._loop.call_soon_threadsafe(self._keep, frozen, receipt)

    def _hear(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self.poked.set)

    def _keep(self, frozen: Frozen, receipt: Receipt) -> None:
        work = self._write_late(frozen.key, receipt.remote_id, receipt.remote_url)
        self._tasks.begin(f"late receipt {frozen.key}", work)

    async def _write_late(self, key: str, remote_id: str, remote_url: str) -> bool:
        proof = (key, remote_id, remote_url)
        await delivery.write_until_written(self._parts, publishing.late_receipt, *proof)
        return True

    def take_up(self) -> None:
        """Step soon and plan anew: someone beside us has changed the queue through our own store."""
        self._plan_anew()
        self.poked.set()

    def heard(self) -> None:
        """Hubs may tell us of new entries from now on: a desk is served beside us."""
        if self._parts.hubs is not None:
            self._parts.hubs.heard = True

    def _reckon_anew(self) -> None:
        self._plan_at = self._pulse_at = None

    def _plan_anew(self) -> None:
        self._plan_at = None

    async def _tell(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> R:
        return await asyncio.wrap_future(self._parts.store.tell(operation, *args, **kwargs))

    async def _ask(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> R:
        return await asyncio.wrap_future(self._parts.store.ask(operation, *args, **kwargs))

    async def _fit_for_work(self, now: datetime) -> bool:
        """Say whether the clock can be believed and the database takes writes."""
        try:
            return await self._wall.stands(now) and await self._database_takes_writes(now)
        except BrokenDiskError:
            raise
        except (StoreError, BusyError) as error:
            self.database = str(error)
            return False

    async def _database_takes_writes(self, now: datetime) -> bool:
        """Try the database now and then; where it takes no writes nothing is begun, and nothing lost."""
        if self._parts.store.broken:
            raise BrokenDiskError(self.database or self._tasks.trouble)
        if self._pulse_at is not None and now < self._pulse_at:
            return True
        self._parts.presence()
        await self._tell(self._beat, now)
        await self._write_epoch()
        self.database, self._pulse_at = "", now + PULSE
        self._begin_telling(now)
        return True

    async def _settle_epoch(self, now: datetime) -> None:
        """See whether the database is the one that we left; from an older one nothing goes out unread."""
        if self._parts.epoch is None:
            return
        filed = await asyncio.to_thread(self._parts.epoch.read)
        self._epoch = token_hex(16)
        held = await self._tell(epochs.begin, now, filed, self._epoch, list(self._parts.lanes))
        await self._write_epoch()
        if held:
            log.error("the database is older than what was posted", held=held)

    def _beat(self, tx: Transaction, now: datetime) -> None:
        pulse.beat(tx, now)
        if self._parts.epoch is not None:
            self._epoch = token_hex(16)
            epochs.advance(tx, self._epoch)

    async def _write_epoch(self) -> None:
        if self._parts.epoch is not None:
            await asyncio.to_thread(self._parts.epoch.write, self._epoch)

    def _begin_comparing(self, now: datetime) -> None:
        for name in self._recents.due(now):
            self._tasks.begin(f"compare {name}", self._recents.compare(self._parts.lanes[name]))
        for name in self._consents.due(now):
            self._tasks.begin(f"consent {name}", self._consents.ask(self._parts.lanes[name]))

    def _begin_telling(self, now: datetime) -> None:
        if self._parts.alerts is not None and self.leads:
            self._tasks.begin("alerts", self._parts.alerts.look(now))

    async def _notice_others(self) -> None:
        seen = await asyncio.wrap_future(self._parts.store.others_wrote())
        if seen == self._seen:
            return
        self._seen, self._plan_at = seen, None
        if self._parts.learn is not None:
            self._parts = replace(self._parts, intakes=await self._ask(self._parts.learn))

    async def others_wrote(self) -> bool:
        """Say whether another process has written since the last step."""
        return await asyncio.wrap_future(self._parts.store.others_wrote()) != self._seen

    async def _take_back(self, now: datetime) -> None:
        """Free what a failed task of ours left on the wire, once none is at work on its channel."""
        for name in [name for name in self._stumbled if not self._at_work(name)]:
            lane = self._parts.lanes[name]
            await self._tell(stumbles.take_back, now, self._parts.name, name, lane.look_after)
            self._stumbled.discard(name)

    def _at_work(self, channel: str) -> bool:
        own = (_CHANNEL + channel, f"{_LOOK}{channel} ")
        return any(name == own[0] or name.startswith(own[1]) for name in self._tasks.names())

    @contextmanager
    def _noting(self, channel: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            self._stumbled.add(channel)
            raise

    async def _plan_if_due(self, now: datetime) -> None:
        if self._plan_at is not None and now < self._plan_at:
            return
        self._plan_at = now + PLAN_EVERY
        await planning.plan(self._parts, now)

    async def _begin_gathering(self, now: datetime) -> None:
        wanted = await self._ask(pictures.missing)
        if wanted:
            self._tasks.begin(_PICTURES, gathering.gather(self._parts, wanted, now))

    def _begin_looking_ahead(self, now: datetime) -> None:
        links = self._parts.links
        if links is not None and links.due(now):
            self._tasks.begin(_LINKS, links.look_ahead(now))

    def _begin_deliveries(self, due: set[str]) -> None:
        for name in due & set(self._parts.lanes):
            self._tasks.begin(_CHANNEL + name, self._drain(name))

    async def _drain(self, name: str) -> bool:
        with self._noting(name):
            return await delivery.drain(self._parts, self._parts.lanes[name], self._stopping) > 0

    def _begin_looks(self, due: list[Post]) -> None:
        for post in due:
            lane = self._parts.lanes.get(post.channel)
            if lane is not None:
                self._tasks.begin(f"{_LOOK}{lane.name} p{post.id}", self._look(lane, post))

    def _begin_recalls(self, due: list[Post]) -> None:
        for post in due:
            lane = self._parts.lanes.get(post.channel)
            if lane is not None:
                self._tasks.begin(f"recall p{post.id}", self._recall(lane, post))

    async def _recall(self, lane: Lane, post: Post) -> bool:
        await recalling.take_back(self._parts, lane, post)
        return True

    async def _look(self, lane: Lane, post: Post) -> bool:
        with self._noting(lane.name):
            await looking.look(self._parts, lane, post)
        return True

    async def _next_wake(self, now: datetime, blocked: set[str]) -> datetime:
        gaps = {name: self._gap(name) for name in blocked}
        ahead = (*await self._ask(_ahead, now, gaps), *self._tasks.rests())
        moments = [now + IDLE, *(moment for moment in ahead if moment is not None and moment > now)]
        if blocked:
            moments.append(now + BLOCKED)
        return min(moments)

    def _gap(self, name: str) -> timedelta:
        lane = self._parts.lanes.get(name)
        return lane.rules.min_gap if lane is not None else BLOCKED


def _due(tx: Transaction, now: datetime) -> tuple[set[str], list[Post], list[Post]]:
    """Return the channels with a post due, and the posts to look for and to delete: one picture of all."""
    return publishing.due_channels(tx, now), looks.due(tx, now), recalls.due(tx, now)


def _ahead(tx: Transaction, now: datetime, gaps: Mapping[str, timedelta]) -> list[datetime | None]:
    """Return when something falls due, a source is polled, a post deleted, or a channel's gap is over."""
    over = [overview.gap_over(tx, name, gap) for name, gap in gaps.items()]
    return [publishing.next_due(tx, now), listing.next_poll(tx, now), recalls.next_due(tx), *over]
