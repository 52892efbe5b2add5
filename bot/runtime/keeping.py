"""What networks renew (sessions, tokens), kept in the database from one start to the next, sealed by our key.

Whoever has the database alone can read none of it. With another key it counts as lost, and the channel signs
in anew. Where several workers share the database one of them renews, by a lease, and the others read what it
has saved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.runtime.sealing import Seal
from bot.secret import Secret
from content_queue.operations import leases, meta
from content_queue.store.database import Store, Transaction


class Sealed:
    """Keeps one channel's values."""

    def __init__(self, store: Store, channel: str, key: Secret, worker: str) -> None:
        """Take the key that ``init`` made; any other secret will do as well. ``worker`` is our own name."""
        self._store = store
        self._name = f"kept {channel}"
        self._renewal = f"renewal of {channel}"
        self._seal = Seal(key)
        self._worker = worker

    async def load(self) -> Mapping[str, str]:
        """Return what was kept last; nothing where it cannot be opened."""
        sealed = await asyncio.wrap_future(self._store.ask(meta.read, self._name))
        return self._seal.open(sealed) if sealed else {}

    async def save(self, values: Mapping[str, str]) -> None:
        """Keep these values instead of the former ones."""
        await asyncio.wrap_future(self._store.tell(self._write, self._seal.close(values)))

    async def ours(self) -> bool:
        """Take the lease on renewing; the only worker of a SQLite file needs none."""
        if not self._store.several:
            return True
        return await asyncio.wrap_future(self._store.tell(leases.take, self._renewal, self._worker))

    def _write(self, tx: Transaction, sealed: str) -> None:
        meta.write(tx, self._name, sealed)
        leases.give_up(tx, self._renewal, self._worker)
