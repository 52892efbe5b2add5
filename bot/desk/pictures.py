"""Pictures that people look at before they go out, and those that they bring themselves.

What is brought is decoded in a process of its own, made anew, and kept by its digest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.compose.picture_cage import BadPicture, Bounds, cleaned
from bot.message import PictureLimits
from content_queue.item import Picture
from content_queue.operations import pictures
from content_queue.operations.pictures import Stored
from content_queue.store.database import Store

ShowPicture = Callable[[Picture, str], Awaitable[Stored | None]]
"""Called with a picture and a channel: returns it as it would look there, None where it cannot be had."""
MOST = PictureLimits()
"""What is kept of a picture: each network's own limits come after."""


async def bring(store: Store, now: datetime, raw: bytes) -> str:
    """Keep a picture and return the source that an item names it by; raise ValueError with one line."""
    try:
        made = await cleaned(raw, Bounds(max_side=MOST.side, max_bytes=MOST.maximum))
    except BadPicture as error:
        raise ValueError(f"the picture cannot be used: {error}") from None
    stored = Stored(made.digest, made.media_type, made.width, made.height, made.data)
    return await asyncio.wrap_future(store.tell(pictures.put, now, stored))
