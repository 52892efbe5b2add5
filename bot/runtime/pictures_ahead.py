"""Pictures for whoever judges: made when somebody looks, of the very bytes that an approval will send.

known already? -> its bytes; else fetched through the guarded door, or drawn -> made for the network -> kept
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.compose.render import Style
from bot.message import PictureLimits
from bot.runtime.gathering import NoPicture, limits_for, made_for
from bot.runtime.parts import MakePicture
from content_queue.item import Picture
from content_queue.operations import pictures
from content_queue.operations.pictures import Stored
from content_queue.store.database import Store, Transaction

AT_ONCE = 2
"""So many are made at a time: a page shows fifty items, and the worker has other duties."""
AGAIN = timedelta(minutes=2)
"""How long a picture that cannot be had is not asked for again."""
MOST_TROUBLES = 1000
log = structlog.get_logger()
_Asked = tuple[str, str]


@dataclass(slots=True)
class PicturesAhead:
    """Shows the pictures of messages that nobody has approved yet."""

    store: Store
    clock: Clock
    styles: dict[str, Style]
    make: MakePicture
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _making: dict[_Asked, asyncio.Task[Stored | None]] = field(default_factory=dict)
    _troubles: dict[_Asked, datetime] = field(default_factory=dict)

    async def __call__(self, picture: Picture, channel: str) -> Stored | None:
        """Return the picture as the channel would show it, None where it cannot be had now."""
        limits = limits_for(self.styles.get(channel), picture)
        if limits is None:
            return None
        asked = (picture.source, made_for(limits))
        if asked not in self._making:
            self._making[asked] = asyncio.create_task(self._found(asked, limits))
            self._making[asked].add_done_callback(lambda _done: self._making.pop(asked, None))
        return await asyncio.shield(self._making[asked])  # somebody else may wait for it, too

    async def _found(self, asked: _Asked, limits: PictureLimits) -> Stored | None:
        kept = await asyncio.wrap_future(self.store.ask(_kept, *asked))
        if kept is not None or self._left_alone(asked):
            return kept
        return await self._made(asked, limits)

    async def _made(self, asked: _Asked, limits: PictureLimits) -> Stored | None:
        source, bounds = asked
        try:
            async with self._turns:
                made = await self.make(source, limits)
        except NoPicture as error:
            log.info("no picture to show ahead", source=source, why=str(error))
            self._leave_alone(asked)
            return None
        await asyncio.wrap_future(self.store.tell(pictures.keep, self.clock.now(), source, bounds, made))
        return made

    def _left_alone(self, asked: _Asked) -> bool:
        until = self._troubles.get(asked)
        return until is not None and self.clock.now() < until

    def _leave_alone(self, asked: _Asked) -> None:
        if len(self._troubles) >= MOST_TROUBLES:
            self._troubles.clear()
        self._troubles[asked] = self.clock.now() + AGAIN


def _kept(tx: Transaction, source: str, bounds: str) -> Stored | None:
    digest = pictures.known(tx, source, bounds)
    return pictures.read(tx, digest) if digest else None
