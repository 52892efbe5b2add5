"""Asking daily until when a channel's consent lasts, where its network tells: people are warned ahead.

What is told is kept in the database: the warnings and ``status`` read it there.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from bot.message import Consent
from bot.runtime.outcomes import words_of
from bot.runtime.parts import Lane, Parts
from content_queue.operations import consents

DAILY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""How soon a network that gave no answer is asked again."""
log = structlog.get_logger()


class Consents:
    """Says which channels are to be asked now, and asks them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: dict[str, datetime] = {}

    def due(self, now: datetime) -> list[str]:
        """Return the channels that can tell and whose turn it is."""
        return [
            name
            for name, lane in self._parts.lanes.items()
            if isinstance(lane.channel, Consent) and now >= self._next.get(name, now)
        ]

    async def ask(self, lane: Lane) -> bool:
        """Ask one channel and keep what it says; one that gives no answer keeps what was known.

        Returns False: nothing that goes out depends on it.
        """
        now, channel = self._parts.clock.now(), lane.channel
        self._next[lane.name] = now + AGAIN
        if not isinstance(channel, Consent):
            return False
        try:
            async with asyncio.timeout(lane.deadline.total_seconds()):
                until = await channel.consent_until()
        except Exception as error:  # noqa: BLE001  whatever it is: nothing hangs on it but a warning
            log.warning("cannot ask until when the consent lasts", channel=lane.name, what=words_of(error))
            return False
        await asyncio.wrap_future(self._parts.store.tell(consents.keep, lane.name, until))
        self._next[lane.name] = now + DAILY
        return False
