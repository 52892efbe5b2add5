"""Reading the sources that are due: host by host, a request at a time to each, and written together.

    due sources -> a lane for each host -> read -> as it was: one statement for all that wait
                                                -> changed, failed: stored, those of one moment in one commit

A source is away from the moment it is due until what came of it is durable: nobody reads it twice meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from bot.runtime import intake
from bot.runtime.intake import Polled
from bot.runtime.parts import Brought, Parts
from bot.runtime.tasks import Tasks
from bot.sources.pace import host_of
from content_queue.operations import intake as queue
from content_queue.operations import listing, subscriptions
from content_queue.operations.listing import SourceRow

AT_ONCE = 40
"""So many hosts at once."""
TOGETHER = timedelta(seconds=0.5)
"""How long what is as it was waits for more of its kind to be written with."""
GATHERED = timedelta(seconds=0.2)
"""How long what was read waits for others that are still being read, to be stored in one commit with them."""
SOURCE = "source "
_WRITES = "writes of polls"
_Lane = deque[SourceRow]


class Polling:
    """Reads sources for a worker; ``found`` is called when one has brought something new."""

    def __init__(self, parts: Parts, tasks: Tasks, found: Callable[[], None]) -> None:
        self._parts = parts
        self._tasks = tasks
        self._found = found
        self._lanes: dict[str, _Lane] = {}
        self._away: set[str] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._still = asyncio.Event()
        self._reading = 0
        self._gate: asyncio.Event | None = None
        self._ended: list[tuple[str, str, datetime | None]] = []
        self._writing = False

    async def begin(self, parts: Parts, now: datetime) -> None:
        """Begin to read what is due and not away; ``parts`` may know more sources than the last ones."""
        self._parts = parts
        if parts.hubs is not None:
            await self._hurry(now)
        due = await asyncio.wrap_future(parts.store.ask(listing.due_sources, now))
        names = [name for name in due if self._may_begin(parts, name)]
        if not names:
            return
        for row in await asyncio.wrap_future(parts.store.ask(listing.sources_named, names)):
            self._away.add(row.name)
            self._queue(row)

    async def _hurry(self, now: datetime) -> None:
        """Let what hubs have told of be due; what is away may have been read before that, and waits."""
        store = self._parts.store
        told = await asyncio.wrap_future(store.ask(subscriptions.told_of))
        here = [name for name in told if name not in self._away]
        if here:
            await asyncio.wrap_future(store.tell(subscriptions.hurry, now, here))

    def _may_begin(self, parts: Parts, name: str) -> bool:
        return name in parts.intakes and name not in self._away and not self._tasks.rests_now(SOURCE + name)

    def _queue(self, row: SourceRow) -> None:
        lane = _lane(row)
        if lane in self._lanes:
            self._lanes[lane].append(row)
            return
        self._still.clear()
        self._lanes[lane] = deque([row])
        self._tasks.begin(SOURCE + lane, self._serve(lane))

    async def _serve(self, lane: str) -> bool:
        """Read a host's sources one after the other; once it asks us to wait the rest are left alone."""
        rows = self._lanes[lane]
        try:
            while rows:
                async with self._turns:
                    await self._one(rows)
        finally:
            self._leave(rows)
            del self._lanes[lane]
            if not self._lanes:
                self._still.set()
        return False

    async def _one(self, rows: _Lane) -> None:
        row, parts = rows.popleft(), self._parts
        given = parts.intakes.get(row.name)
        if given is None:  # removed since
            self._away.discard(row.name)
            return
        try:
            brought = await self._read(parts, row)
            if intake.is_as_it_was(row, brought):
                self._end(row, intake.next_poll(given, row, brought, parts.clock.now()))
                return
            await self._others()
            polled = await intake.store(parts, row, brought)
        except Exception as error:  # noqa: BLE001  one source's trouble is its own
            self._away.discard(row.name)
            self._tasks.failed(SOURCE + row.name, error, given.settings.interval)
            return
        if polled.taken.new or polled.taken.changed:
            self._found()
        if _waits(brought):
            self._leave(rows)
        self._end(row, None)

    async def _read(self, parts: Parts, row: SourceRow) -> Brought:
        self._reading += 1
        try:
            return await intake.read(parts, row)
        finally:
            self._reading -= 1

    async def _others(self) -> None:
        """Wait a moment for others that are being read: each commit writes the same pages anew."""
        if self._gate is None:
            self._gate = asyncio.Event()
            asyncio.get_running_loop().call_later(GATHERED.total_seconds(), self._open)
        gate = self._gate
        if not self._reading:
            self._open()
        await gate.wait()

    def _open(self) -> None:
        """Let on who waits; the timer of a gate that was opened before may open the next one early."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.set()

    def _leave(self, rows: _Lane) -> None:
        self._away.difference_update(row.name for row in rows)
        rows.clear()

    def _end(self, row: SourceRow, then: datetime | None) -> None:
        """Let what came of a source be written with others', or only told, where it is stored already."""
        self._ended.append((row.name, row.url, then))
        if not self._writing:
            self._writing = True
            self._tasks.begin(_WRITES, self._write())

    async def _write(self) -> bool:
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._still.wait(), TOGETHER.total_seconds())
            while self._ended:
                await self._write_ended()
        finally:
            self._writing = False
        return True

    async def _write_ended(self) -> None:
        parts, ended, self._ended = self._parts, self._ended, []
        as_they_were = [(name, url, then) for name, url, then in ended if then is not None]
        try:
            if as_they_were:
                write = parts.store.tell(queue.unchanged, parts.clock.now(), as_they_were)
                await asyncio.wrap_future(write)
        except Exception as error:  # noqa: BLE001  the disk's trouble: they are read again after a rest
            for name, _, _ in as_they_were:
                self._tasks.failed(SOURCE + name, error, parts.intakes[name].settings.interval)
        finally:
            self._away.difference_update(name for name, _, _ in ended)


async def by_hand(parts: Parts, rows: Sequence[SourceRow]) -> list[Polled]:
    """Read sources now, due or not, and return what came of each, in their order.

    Only a host that asked us to wait is not asked before.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    lanes: dict[str, _Lane] = {}
    for row in rows:
        lanes.setdefault(_lane(row), deque()).append(row)
    served = await asyncio.gather(*[_by_hand(parts, turns, lane) for lane in lanes.values()])
    found = {polled.name: polled for lane in served for polled in lane}
    return [found[row.name] for row in rows]


async def _by_hand(parts: Parts, turns: asyncio.Semaphore, rows: _Lane) -> list[Polled]:
    polled: list[Polled] = []
    until = max((row.wait_until for row in rows if row.wait_until), default=None)
    for row in rows:
        if until is not None and until > parts.clock.now():
            why = f"its host asks not to be asked before {until:%Y-%m-%d %H:%M} UTC"
            polled.append(Polled(row.name, error=why))
            continue
        async with turns:
            brought = await intake.read(parts, row)
            polled.append(await intake.store(parts, row, brought))
        if _waits(brought) and brought.wait is not None:
            until = parts.clock.now() + brought.wait
    return polled


def _waits(brought: Brought) -> bool:
    return bool(brought.error and brought.wait)


def _lane(row: SourceRow) -> str:
    """Return what one request at a time goes to; a pack has no host and a lane of its own."""
    url = row.address or row.url
    return host_of(url) if url else row.name
