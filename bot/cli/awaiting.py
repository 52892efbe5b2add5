"""Waiting for what becomes of posts: the worker that runs carries it out, or we do if none does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.cli.stopping import Stop

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.item import Post
    from content_queue.store.database import Store, Transaction

LOOK_EVERY = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True)
class Awaited:
    """The posts whose outcome is waited for."""

    settings: Settings
    store: Store
    numbers: tuple[int, ...]
    moving: Callable[[Post], bool]
    """Says whether a post is still on its way to what is waited for."""
    holdable: bool = True
    """Whether holds, gaps and budgets stand against it."""

    def read(self) -> list[tuple[Post, str]]:
        """Return each post, and what keeps it from going out for longer than anyone would wait."""
        from content_queue.operations.rows import post_by_id

        now = datetime.now(UTC)
        with self.store.read() as tx:
            posts = [post_by_id(tx, number) for number in self.numbers]
            return [(post, self._against(tx, now, post)) for post in posts]

    def somebody_works(self) -> bool:
        """Say whether a worker runs that will carry it out."""
        with self.store.read() as tx:
            return self.store.running(tx) is not None

    def over(self) -> bool:
        """Say whether waiting makes no more sense."""
        return all(why or not self.moving(post) for post, why in self.read())

    def _against(self, tx: Transaction, now: datetime, post: Post) -> str:
        from bot.watch.facts import channel_facts
        from content_queue.operations.publishing import lasting

        if post.channel not in self.settings.channels:
            return "the channel is not in the configuration"
        if not self.holdable:
            return ""
        facts = next(one for one in channel_facts(self.settings.channels) if one.name == post.channel)
        return str(lasting(tx, now, post, facts.pace(now)) or "")


async def carried_out(awaited: Awaited, stop: Stop) -> list[tuple[Post, str]]:
    """Wait for the outcome: carried out by the worker that runs, or by ourselves if none does."""
    while not (stop.asked or awaited.over()):
        if not awaited.somebody_works():
            await _by_ourselves(awaited, stop)
            break
        await asyncio.sleep(LOOK_EVERY.total_seconds())  # another process decides; nothing to wait on
    return awaited.read()


async def _by_ourselves(awaited: Awaited, stop: Stop) -> None:
    from bot import assemble
    from bot.cli.beginning import STOP_WITHIN, begin
    from bot.clock import SystemClock

    clock = SystemClock()
    served = {post.channel for post, _ in awaited.read()} & set(awaited.settings.channels)
    made = assemble.assemble(awaited.settings, awaited.store, clock, serve=served, poll=False)
    await begin(made.worker)
    try:
        while not (stop.asked or awaited.over()):
            await made.worker.step(clock.now())
            await made.worker.settled()
            if not awaited.over():
                await asyncio.sleep(LOOK_EVERY.total_seconds())
    finally:
        await made.worker.stop(STOP_WITHIN)
        await made.close()
