"""Telling people who are not looking: what is wrong, once, and that it is over, once.

    troubles -> rows (content_queue/operations/notices.py) -> each teller -> what was told, in the rows

Only the worker that leads calls this. A teller that fails is asked again, ever more seldom; whatever it
does, publishing goes on. Where the database itself cannot be written, that one trouble is told from memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.watch.facts import Facts
from bot.watch.telling import (
    ASKS,
    PASSING,
    NotToldError,
    Speech,
    Stage,
    Teller,
    Telling,
    begun,
    concerns,
    ended,
    together,
)
from bot.watch.trouble import WARNED_AHEAD, Kind, troubles
from content_queue.item import Post, Reason, parse_reference
from content_queue.operations import notices
from content_queue.operations.notices import Concern, Notice
from content_queue.operations.rows import UnknownError, post_by_id
from content_queue.store.database import Store, StoreError, Transaction
from content_queue.store.locks import BusyError

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)
TELL_WITHIN = timedelta(minutes=1)
"""The longest that one telling may take."""
END_TOLD = 1000
"""How often a teller has told of a notice whose end it has told: more often than any reminder comes."""
log = structlog.get_logger()


@dataclass(slots=True)
class _Patience:
    """How a teller that fails is spared: ``until`` when it rests, after so many ``failures`` in a row."""

    failures: int = 0
    until: datetime | None = None


@dataclass(slots=True)
class Alerts:
    """Watches and tells.

    ``facts`` says what is watched, ``language`` loads the words in which people are told when there is
    something to tell; ``desk`` is the desk's public address, if any.
    """

    store: Store
    facts: Callable[[Transaction], Facts]
    tellers: Sequence[Teller]
    language: Callable[[], Speech]
    desk: str = ""
    _patience: dict[str, _Patience] = field(default_factory=dict)
    _from_memory: dict[str, Notice] = field(default_factory=dict)

    async def look(self, now: datetime) -> bool:
        """Look once, and tell what has to be told; return whether anything was."""
        database = ""
        try:
            found, database = await asyncio.wrap_future(self.store.ask(_concerns, now, self.facts))
            await self._write_down(now, found)
        except (StoreError, BusyError) as error:
            return await self._tell_of_the_database(now, database or str(error))
        told = await self._tell_of_its_end(now)
        rows = await asyncio.wrap_future(self.store.ask(notices.open_ones))
        for teller in self.tellers:
            told |= await self._through(teller, now, rows)
        await self._close(now)
        return told

    async def _write_down(self, now: datetime, found: list[Concern]) -> None:
        rows = await asyncio.wrap_future(self.store.ask(notices.open_ones))
        going_on = {(row.kind, row.about) for row in rows if row.ended_at is None}
        if going_on != {(concern.kind, concern.about) for concern in found}:
            await asyncio.wrap_future(self.store.tell(notices.reconcile, now, found))

    async def _through(self, teller: Teller, now: datetime, rows: list[Notice]) -> bool:
        due = [row for row in rows if _due(row, teller.name, now)]
        passing = [[row for row in due if row.kind == kind] for kind in sorted(PASSING)]
        batches = [[row] for row in due if row.kind not in PASSING] + [rows for rows in passing if rows]
        for batch in batches:
            if not await self._say(teller, now, await self._telling(batch, teller.name)):
                return False
            for row in batch:
                times = _times_due(row, now)
                await asyncio.wrap_future(self.store.tell(notices.told, now, row.id, teller.name, times))
        return bool(batches)

    async def _telling(self, batch: list[Notice], teller: str) -> Telling:
        if len(batch) > 1:
            return together(batch, self.language(), self.desk)
        (row,) = batch
        if row.ended_at is not None:
            return ended(row, self.language())
        post = await asyncio.wrap_future(self.store.ask(_asking_post, row))
        stage = Stage.AGAIN if row.told.get(teller) else Stage.BEGUN
        return begun(row, stage, post, self.language(), self.desk)

    async def _say(self, teller: Teller, now: datetime, telling: Telling) -> bool:
        """Tell, unless the teller rests after a failure; whatever goes wrong is logged and harmless."""
        patience = self._patience.setdefault(teller.name, _Patience())
        if patience.until is not None and now < patience.until:
            return False
        try:
            async with asyncio.timeout(TELL_WITHIN.total_seconds()):
                await teller.tell(telling)
        except Exception as error:  # noqa: BLE001  nobody listening is no reason to stop
            patience.until = now + min(FIRST_REST * (1 << min(patience.failures, 10)), LONGEST_REST)
            patience.failures += 1
            # of a stranger's error its kind alone: a library's words may hold the address, a secret
            why = str(error) if isinstance(error, NotToldError) else type(error).__name__
            log.warning("people could not be told", teller=teller.name, why=why)
            return False
        self._patience[teller.name] = _Patience()
        return True

    async def _tell_of_the_database(self, now: datetime, why: str) -> bool:
        what = Reason("the database cannot be used: nothing goes out")
        words = Reason("%(words)s", {"words": why})
        row = Notice(0, Kind.DATABASE.value, "", what, words, now, now, None, None, {})
        told = False
        for teller in self.tellers:
            if teller.name not in self._from_memory:
                telling = begun(row, Stage.BEGUN, None, self.language(), self.desk)
                if await self._say(teller, now, telling):
                    self._from_memory[teller.name], told = row, True
        return told

    async def _tell_of_its_end(self, now: datetime) -> bool:
        told = False
        for teller in self.tellers:
            row = self._from_memory.get(teller.name)
            if row and await self._say(teller, now, ended(replace(row, ended_at=now), self.language())):
                del self._from_memory[teller.name]
                told = True
        return told

    async def _close(self, now: datetime) -> None:
        rows = await asyncio.wrap_future(self.store.ask(notices.open_ones))
        names = [teller.name for teller in self.tellers]
        over = [
            row.id for row in rows if _settled(row, now) and not any(_due(row, one, now) for one in names)
        ]
        if over:
            await asyncio.wrap_future(self.store.tell(notices.close, over))


def _concerns(
    tx: Transaction, now: datetime, facts: Callable[[Transaction], Facts]
) -> tuple[list[Concern], str]:
    """Return what is wrong, and why the database takes no writes."""
    watched = facts(tx)
    return concerns(troubles(tx, now, watched), now), watched.database


def _asking_post(tx: Transaction, row: Notice) -> Post | None:
    if row.kind not in ASKS:
        return None
    try:
        return post_by_id(tx, parse_reference(row.about)[1])
    except (UnknownError, ValueError):
        return None


def _settled(row: Notice, now: datetime) -> bool:
    return row.ended_at is not None and now - row.ended_at >= notices.SETTLED


def _times_due(row: Notice, now: datetime) -> int:
    if row.ended_at is not None:
        return END_TOLD
    if row.kind == Kind.CONSENT.value:
        ahead = WARNED_AHEAD[0]
        return sum(now >= row.since + ahead - warned for warned in WARNED_AHEAD)
    return notices.tellings_due(row, now, asks=row.kind in ASKS)


def _due(row: Notice, teller: str, now: datetime) -> bool:
    told = row.told.get(teller, 0)
    if row.ended_at is None:
        return told < _times_due(row, now)
    # what nobody was told of needs no end, and what merely happened has none
    return _settled(row, now) and 0 < told < END_TOLD and row.kind not in PASSING
