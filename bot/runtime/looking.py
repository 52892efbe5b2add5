"""Reading back: one look for a post of unknown fate. A look never sends; only the queue may say "again"."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.message import Frozen, LockedOut, Receipt, Refused
from bot.runtime.delivery import MARGIN, send
from bot.runtime.outcomes import words_of
from bot.runtime.parts import Lane, Parts, dying_within
from content_queue.item import Post
from content_queue.operations import looks
from content_queue.operations.looks import LookRules
from content_queue.operations.moves import LostRaceError

log = structlog.get_logger()


async def look(parts: Parts, lane: Lane, post: Post) -> None:
    """Look once, and tell the queue what was seen."""
    try:
        await _look(parts, lane, post)
    except LostRaceError as error:  # its receipt came late, or a person answered meanwhile
        log.info("no longer ours", post=f"p{post.id}", why=str(error))


async def _look(parts: Parts, lane: Lane, post: Post) -> None:
    store, now = parts.store, parts.clock.now()
    until = now + lane.deadline + MARGIN + timedelta(minutes=1)
    taken = await asyncio.wrap_future(store.tell(looks.take, post, parts.name, until))
    with parts.tending(post.id):
        await _look_at(parts, lane, taken)


async def _look_at(parts: Parts, lane: Lane, taken: Post) -> None:
    store, now = parts.store, parts.clock.now()
    if lane.looks.looks == 0 or taken.to_post_by_hand:
        await asyncio.wrap_future(store.tell(looks.cannot_tell, now, taken, _rules(lane, taken)))
        return
    known = await asyncio.wrap_future(store.ask(looks.known_ids, taken))
    parts.crashpoint("K24a")
    seen = await _find(lane, taken, known)
    parts.crashpoint("K24b")
    await _judge(parts, lane, taken, seen)


def _rules(lane: Lane, post: Post) -> LookRules:
    """Return the channel's rules; of what a person is to post, only a person says what became of it."""
    return replace(lane.looks, on_uncertain="ask") if post.to_post_by_hand else lane.looks


async def _find(lane: Lane, post: Post, known: frozenset[str]) -> Receipt | BaseException | None:
    since = post.first_sent_at or post.due_at
    try:
        async with asyncio.timeout((lane.deadline + MARGIN).total_seconds()):
            return await lane.channel.find(Frozen(post.frozen, post.key), since, known)
    except Exception as error:  # noqa: BLE001  a network that cannot be asked proves nothing
        return error


async def _judge(parts: Parts, lane: Lane, post: Post, seen: Receipt | BaseException | None) -> None:
    store, now, decided = parts.store, parts.clock.now(), parts.clock.since_start()
    if isinstance(seen, Receipt):
        write = dying_within(parts.crashpoint, "K24c", looks.found)
        await asyncio.wrap_future(store.tell(write, now, post, seen.remote_id, seen.remote_url))
    elif seen is None:
        note = dying_within(parts.crashpoint, "K24c", looks.not_found)
        again = await asyncio.wrap_future(store.tell(note, now, post, lane.looks))
        if again is not None:
            await send(parts, lane, again, decided)
    else:
        await _in_vain(parts, lane, post, seen)


async def _in_vain(parts: Parts, lane: Lane, post: Post, error: BaseException) -> None:
    """A network that will not be read is no reason to stop posting: the next create tells what is wrong."""
    now, what = parts.clock.now(), words_of(error)
    log.warning("cannot look", post=f"p{post.id}", channel=lane.name, what=what)
    noted = looks.unreadable if isinstance(error, (LockedOut, Refused)) else looks.blind
    await asyncio.wrap_future(parts.store.tell(noted, now, post, lane.looks, what))
