"""What stands behind a worker's channels: the database, where pictures, sessions and charges are kept."""

from __future__ import annotations

import asyncio

from bot.channels.network import InMemory, Kept
from bot.clock import Clock
from bot.message import Image
from bot.runtime.keeping import Sealed
from bot.secret import Secret
from content_queue.operations import pictures, spending
from content_queue.store.database import Store


class Backing:
    """Gives channels what they need of the database."""

    def __init__(self, store: Store, clock: Clock, key: Secret | None, worker: str) -> None:
        """``key`` seals what networks renew; without one that is kept only while the program runs.

        ``worker`` is this worker's own name.
        """
        self._store = store
        self._clock = clock
        self._key = key
        self._worker = worker

    def kept(self, channel: str) -> Kept:
        """Return where a channel keeps what its network renews."""
        if self._key is None:
            return InMemory()
        return Sealed(self._store, channel, self._key, self._worker)

    async def picture(self, digest: str) -> Image | None:
        """Return a picture's bytes by their digest; None where they are gone."""
        stored = await asyncio.wrap_future(self._store.ask(pictures.read, digest))
        return None if stored is None else Image(stored.content, stored.kind, stored.width, stored.height)

    def spent(self, channel: str, cost: int) -> None:
        """Note what an act that is no post's has cost, in millionths of a US dollar; from any thread.

        Nobody waits for it: a disk that does not take it stops the posts as well, and with them the cost.
        """
        self._store.tell(spending.charge, self._clock.now(), channel, cost)
