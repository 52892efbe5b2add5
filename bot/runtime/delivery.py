"""One delivery pass: a channel's due posts, one after the other, each by the protocol.

    claim -> look where it leads -> prepare -> intend (durable) -> one request -> settle

Between intend and settle nothing else is written. An answer that cannot be written is kept and tried again
until it is: it is evidence. What stumbles before the request is left to the worker, which takes it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec

import structlog

from bot.message import ChannelError, Frozen, LockedOut, NotYet, Progress, Receipt, Refused
from bot.runtime.outcomes import outcome_of, words_of
from bot.runtime.parts import Lane, Parts, dying_within
from content_queue.item import Post, Reason, Scope
from content_queue.lifecycle import PostEvent
from content_queue.operations import channels, holds, publishing
from content_queue.operations.moves import LostRaceError
from content_queue.store.database import StoreError, Transaction, UnsureError

MARGIN = timedelta(seconds=5)
"""What our own deadline gives a channel beyond its own."""
WRITE_AGAIN = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=20)
"""Between the decision to send and the first byte; with a call's deadline and margin it ends within a lease.

A worker that was stopped for longer (a suspended machine, SIGSTOP) does not send: what it decided may have
been overtaken by a successor, by people, or by the time for which the network remembers our key.
"""
REMEMBERED = timedelta(hours=20)
"""Networks forget an upload that no post uses after a day; one that is older is made anew."""
_SINCE = "since"
WOKEN = publishing.Outcome(
    PostEvent.NOT_SENT, "the worker stood still before the request: it was not made", after=timedelta(0)
)
STOPPED = Reason("the worker was stopped before it could be sent")
log = structlog.get_logger()

A = ParamSpec("A")


async def drain(parts: Parts, lane: Lane, stopping: asyncio.Event) -> int:
    """Carry out the channel's due posts until none may go; return how many were handled."""
    handled = 0
    while not stopping.is_set():
        now = parts.clock.now()
        claim = await asyncio.wrap_future(parts.store.tell(publishing.claim, now, lane.pace(now), parts.name))
        if claim.post is None:
            break
        parts.crashpoint("K09")
        with parts.tending(claim.post.id):
            await deliver(parts, lane, claim.post, stopping)
        handled += 1
    return handled


async def deliver(parts: Parts, lane: Lane, post: Post, stopping: asyncio.Event) -> None:
    """Carry one claimed post through to what became of it; once ``stopping`` is set no request begins."""
    if parts.links is not None and (why := await parts.links.stands_against(post.id, stopping)):
        await _return(parts, post, why, timedelta(0))
        return
    lane = await _as_it_is_served(parts, lane, post)
    frozen = await _prepare(parts, lane, post)
    if frozen is None:
        return
    if stopping.is_set():
        await _return(parts, post, STOPPED, timedelta(0))
        return
    parts.crashpoint("K12")
    parts.presence()  # an intent in a file that nobody finds again would protect nothing
    now, decided = parts.clock.now(), parts.clock.since_start()
    intend = dying_within(parts.crashpoint, "K13", publishing.intend)
    intent = parts.store.tell(intend, now, post, frozen.body, frozen.key, lane.pace(now))
    try:
        sending = await _surely(parts, post, asyncio.wrap_future(intent))
    except LostRaceError as error:
        await _return(parts, post, Reason("%(what)s", {"what": str(error)}), timedelta(0))
        return
    await send(parts, lane, sending, decided)


async def _as_it_is_served(parts: Parts, lane: Lane, post: Post) -> Lane:
    """Return the lane, with people in the channel's place where it is locked out and they post meanwhile."""
    if lane.by_hand is None:
        return lane
    ask = parts.store.ask(holds.is_by_hand, parts.clock.now(), post.id)
    return replace(lane, channel=lane.by_hand) if await asyncio.wrap_future(ask) else lane


async def _surely(parts: Parts, post: Post, intent: asyncio.Future[Post]) -> Post:
    """Return the post that is intended; where the connection was lost in the commit, as it turns out to be.

    Nothing has been sent yet, and its row tells. Who reads it waits for its lock, and so for a commit that
    still goes on.
    """
    try:
        return await intent
    except UnsureError:
        return await _written(parts, publishing.intended, post)


async def send(parts: Parts, lane: Lane, post: Post, decided: timedelta) -> None:
    """Make the one request of a post that is intended, and write what came of it.

    ``decided`` is when it was decided to send, by the clock's ``since_start``.
    """
    parts.crashpoint("K14")
    if parts.clock.since_start() - decided > LONGEST_PAUSE:
        outcome = replace(WOKEN, look_after=lane.look_after)
    else:
        outcome = outcome_of(await _publish(lane, Frozen(post.frozen, post.key)), lane.look_after)
    outcome = replace(outcome, by_hand=lane.by_hand is not None)
    parts.crashpoint("K20")
    await write_until_written(parts, dying_within(parts.crashpoint, "K21", publishing.settle), post, outcome)
    parts.crashpoint("K22")
    log.info("sent", post=f"p{post.id}", channel=lane.name, outcome=outcome.event.value, note=outcome.note)


async def _publish(lane: Lane, frozen: Frozen) -> Receipt | BaseException:
    try:
        async with asyncio.timeout((lane.deadline + MARGIN).total_seconds()):
            return await lane.channel.publish(frozen)
    except Exception as error:  # noqa: BLE001  whatever is not a receipt may be out
        return error


async def _prepare(parts: Parts, lane: Lane, post: Post) -> Frozen | None:
    progress = _progress(parts, post, parts.clock.now())
    try:
        async with asyncio.timeout((lane.deadline + MARGIN).total_seconds()):
            ready = await lane.channel.prepare(post.message, progress, parts.clock.now())
    except LostRaceError as error:
        _lost(post, error)
        return None
    except Exception as error:  # noqa: BLE001  nothing public was sent: any trouble gives the post back
        await _cannot_prepare(parts, lane, post, error)
        return None
    if isinstance(ready, NotYet):
        await _return(parts, post, Reason("the network is still preparing it"), ready.after)
        return None
    return ready


def _progress(parts: Parts, post: Post, now: datetime) -> Progress:
    """Return what the network gave us for a later step, nothing of it once it may have been forgotten."""
    since = post.progress.get(_SINCE, "")
    good = bool(since) and now - datetime.fromisoformat(since) <= REMEMBERED
    known = {name: value for name, value in post.progress.items() if name != _SINCE} if good else {}
    saved = {**known, _SINCE: since if good else now.isoformat()}
    return Progress(post.key, known, _saver(parts, post, saved))


def _saver(parts: Parts, post: Post, known: dict[str, str]) -> Callable[[Mapping[str, str]], Awaitable[None]]:
    async def save(pairs: Mapping[str, str]) -> None:
        known.update(pairs)
        parts.crashpoint("K11")
        await asyncio.wrap_future(parts.store.tell(publishing.save_progress, post, dict(known)))

    return save


async def _cannot_prepare(parts: Parts, lane: Lane, post: Post, error: Exception) -> None:
    what = words_of(error)
    log.warning("cannot prepare", post=f"p{post.id}", channel=lane.name, what=what)
    now = parts.clock.now()
    if isinstance(error, Refused):
        await _cannot(parts, post, what)
        return
    after = getattr(error, "after", None) if isinstance(error, ChannelError) else None
    if isinstance(error, LockedOut):
        who = publishing.WORKER if lane.by_hand is None else holds.BY_HAND
        held = (who, Scope.CHANNEL, lane.name, what)
        await asyncio.wrap_future(parts.store.tell(holds.hold, now, *held))
        after = timedelta(0)  # the hold is the wait: who lifts it has set things right
    until = await asyncio.wrap_future(parts.store.tell(channels.trouble, now, lane.name, what, after))
    await _return(parts, post, Reason("%(what)s", {"what": what}), until - now)


async def _return(parts: Parts, post: Post, why: Reason, after: timedelta) -> None:
    now = parts.clock.now()
    try:
        await asyncio.wrap_future(parts.store.tell(publishing.give_back, now, post, why, now + after))
    except LostRaceError as error:
        _lost(post, error)


async def _cannot(parts: Parts, post: Post, what: str) -> None:
    try:
        await asyncio.wrap_future(parts.store.tell(publishing.cannot, parts.clock.now(), post, what))
    except LostRaceError as error:
        _lost(post, error)


def _lost(post: Post, error: LostRaceError) -> None:
    log.info("no longer ours", post=f"p{post.id}", why=str(error))  # stopped, withdrawn or found meanwhile


async def write_until_written(
    parts: Parts,
    operation: Callable[Concatenate[Transaction, datetime, A], None],
    *args: A.args,
    **more: A.kwargs,
) -> None:
    """Carry out an operation of the queue, again and again until the database takes it."""
    while True:
        try:
            await asyncio.wrap_future(parts.store.tell(operation, parts.clock.now(), *args, **more))
        except Exception as error:  # a full or busy disk: the answer is kept until it can be written
            if parts.store.broken:
                raise  # the process ends, and the next start reads the post back
            log.error("cannot write it yet", what=operation.__name__, kind=type(error).__name__)
            await asyncio.sleep(WRITE_AGAIN.total_seconds())
        else:
            return


async def _written(parts: Parts, operation: Callable[[Transaction, Post], Post], post: Post) -> Post:
    """Ask a row under its lock, again and again until the database answers."""
    while True:
        try:
            return await asyncio.wrap_future(parts.store.tell(operation, post))
        except StoreError as error:
            log.error("cannot see what is written", post=f"p{post.id}", kind=type(error).__name__)
            await asyncio.sleep(WRITE_AGAIN.total_seconds())
