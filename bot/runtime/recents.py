"""Comparing what an account shows with what we know: at the start and daily, and after a restore.

A channel whose network lists the account's own posts keeps ``bot.message.Recent``; the others are left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from bot.message import Recent, Seen
from bot.runtime.outcomes import words_of
from bot.runtime.parts import Lane, Parts
from content_queue.operations import epochs, restored, spending, twins
from content_queue.store.database import Transaction

DAILY = timedelta(days=1)
LOOK_BACK = timedelta(days=2)
"""How far back the daily comparison goes: a day missed leaves no gap."""
AGAIN = timedelta(minutes=5)
"""How soon an account that could not be read is tried again."""
_PAGES = 10
log = structlog.get_logger()


class Recents:
    """Says which channels are to be compared now, and compares them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: dict[str, datetime] = {}

    def due(self, now: datetime) -> list[str]:
        """Return the readable channels whose comparison is due."""
        return [
            name
            for name, lane in self._parts.lanes.items()
            if isinstance(lane.channel, Recent) and now >= self._next.get(name, now)
        ]

    async def compare(self, lane: Lane) -> bool:
        """Compare one channel; return whether anything changed. An account that cannot be read waits."""
        now = self._parts.clock.now()
        self._next[lane.name] = now + AGAIN
        since, old, affordable = await asyncio.wrap_future(self._parts.store.ask(_window, now, lane))
        if not affordable:
            self._next[lane.name] = now + DAILY
            log.info(
                "not compared: the budget of the month is used up, and nothing goes out", channel=lane.name
            )
            return False
        try:
            seen = await _read(lane, since)
        except Exception as error:  # noqa: BLE001  whatever it is: an account that is not read proves nothing
            log.warning("cannot compare", channel=lane.name, what=words_of(error))
            return False
        operation = restored.read_back if old else twins.compare
        said = self._parts.store.tell(operation, self._parts.clock.now(), lane.name, seen)
        found = await asyncio.wrap_future(said)
        self._next[lane.name] = now + DAILY
        log.info("compared", channel=lane.name, seen=len(seen), restored=old)
        return old or bool(found)


async def _read(lane: Lane, since: datetime) -> Sequence[Seen]:
    channel = lane.channel
    if not isinstance(channel, Recent):
        return ()
    async with asyncio.timeout((lane.deadline * _PAGES).total_seconds()):
        return await channel.recent(since)


class _Window(NamedTuple):
    """From when on to read, whether that is owed after a restore, whether the month's budget pays for it."""

    since: datetime
    old: bool
    affordable: bool


def _window(tx: Transaction, now: datetime, lane: Lane) -> _Window:
    since = restored.window(tx)
    old = since is not None and lane.name in restored.awaiting(tx, now)
    if since is None or not old:
        since = max(epochs.born(tx) or now, now - LOOK_BACK)
    return _Window(since, old, spending.may_read(tx, now, since, lane.rules))
