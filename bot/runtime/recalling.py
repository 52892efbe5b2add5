"""Taking back: one try to delete a post that a person recalled."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from bot.message import Channel, ChannelError, Deletes, LockedOut, Refused
from bot.runtime.delivery import MARGIN
from bot.runtime.outcomes import words_of
from bot.runtime.parts import Lane, Parts
from content_queue.item import Post
from content_queue.operations import recalling
from content_queue.operations.moves import LostRaceError

log = structlog.get_logger()


async def take_back(parts: Parts, lane: Lane, post: Post) -> None:
    """Delete a post, and write what came of it."""
    try:
        await _take_back(parts, lane, post)
    except LostRaceError as error:  # another worker is at it
        log.info("no longer ours", post=f"p{post.id}", why=str(error))


async def _take_back(parts: Parts, lane: Lane, post: Post) -> None:
    store = parts.store
    until = parts.clock.now() + lane.deadline + MARGIN + timedelta(minutes=1)
    taken = await asyncio.wrap_future(store.tell(recalling.take, post, parts.name, until))
    parts.crashpoint("K31")
    error = await _delete(lane, taken)
    now = parts.clock.now()
    parts.crashpoint("K32")
    if error is None:
        await asyncio.wrap_future(store.tell(recalling.gone, now, taken, lane.delete_cost))
    elif isinstance(error, (LockedOut, Refused)):
        await asyncio.wrap_future(store.tell(recalling.stays, now, taken, words_of(error)))
    else:
        after = getattr(error, "after", None) if isinstance(error, ChannelError) else None
        await asyncio.wrap_future(store.tell(recalling.again_later, now, taken, words_of(error), after))
    log.info("taken back" if error is None else "not taken back", post=f"p{post.id}", channel=lane.name)


async def _delete(lane: Lane, post: Post) -> BaseException | None:
    try:
        deletes = _deletes(lane.channel, post)
        async with asyncio.timeout((lane.deadline + MARGIN).total_seconds()):
            await deletes.delete(post.remote_id)
    except Exception as error:  # noqa: BLE001  whatever it was: the next try is harmless
        return error
    return None


def _deletes(channel: Channel, post: Post) -> Deletes:
    if not post.remote_id:
        raise Refused("the network's id of the post is not known")
    if not isinstance(channel, Deletes):
        raise Refused("this network takes nothing back")
    return channel
