"""A post stopped, withdrawn or edited in the very second in which it is due: the screen keeps its word.

People act through a connection of their own while the worker prepares and sends, in real time. What the act's
transaction saw unsent the public must never see.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.clock import SystemClock
from bot.desk import operations as desk
from bot.message import Frozen, Message, NotYet, Progress, Receipt
from bot.runtime.clockwork import drive
from bot.runtime.worker import Worker
from content_queue.item import Post, Scope, Version
from content_queue.lifecycle import ENDED_WITHOUT_TRACE, UNSENT
from content_queue.operations import planning
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import post_by_id
from content_queue.people import local
from content_queue.store.database import Store, Transaction
from tests.bot.runtime.pretend import Pretend, frozen
from tests.bot.runtime.world import HOUR, lane, make_parts, new_item, open_store

SEED = int(os.environ.get("TECHNOPOLYS_SEED", "0")) or Random().randrange(10**6)
"""Set TECHNOPOLYS_SEED to repeat a run that failed."""
ANA = local("ana")
TOGETHER = 50
"""So many channels have a post due at one moment."""
CLOSE = 0.7
"""The share of acts that wait for their post to be claimed."""
PATIENCE = 20
SPREAD = timedelta(seconds=0.5)
Act = Callable[[Transaction, datetime, Post], object]


@dataclass(slots=True)
class Slow(Pretend):
    """Takes a moment over each step, in which people may act."""

    random: Random = field(default_factory=Random)
    claimed: asyncio.Event = field(default_factory=asyncio.Event)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        self.claimed.set()
        await asyncio.sleep(self.random.uniform(0, 0.02))
        return frozen(message, progress)

    async def publish(self, frozen: Frozen) -> Receipt:
        await asyncio.sleep(self.random.uniform(0, 0.01))
        return await Pretend.publish(self, frozen)


def _edit(tx: Transaction, now: datetime, post: Post) -> object:
    nobody = desk.Desk({}, {}, timedelta(0))
    return desk.edit(tx, nobody, now, ANA, post.item, [Version("fr", "Autrement")], approved=False)


ACTS: dict[str, Act] = {
    "withdraw": lambda tx, now, post: desk.withdraw(tx, now, ANA, post.item),
    "edit": _edit,
    "stop the item": lambda tx, now, post: desk.pause(tx, now, ANA, Scope.ITEM, str(post.item)),
    "stop the channel": lambda tx, now, post: desk.pause(tx, now, ANA, Scope.CHANNEL, post.channel),
    "stop the post": lambda tx, now, post: desk.pause(tx, now, ANA, Scope.POST, str(post.id)),
    "cancel": lambda tx, now, post: desk.cancel(tx, now, ANA, post.id),
    "skip": lambda tx, now, post: desk.skip(tx, now, ANA, post.id),
}


def promise(people: Store, post: Post, act: Act) -> bool:
    """Do it; say whether the screen may say that the post will not be sent."""
    now = datetime.now(UTC)
    with suppress(LostRaceError, ValueError), people.write() as tx:
        act(tx, now, post)
        state = post_by_id(tx, post.id).state
        return state in (*UNSENT, *ENDED_WITHOUT_TRACE)
    return False


@dataclass(slots=True)
class Tally:
    """What was promised, what was sent, and every promise that was not kept."""

    promised: int = 0
    sent: int = 0
    broken: list[str] = field(default_factory=list)


async def one_second(folder: Path, random: Random, tally: Tally) -> None:
    """Let posts fall due on many channels at one moment, and act on each of them about then."""
    channels = {f"c{number}": Slow(f"c{number}", random=random) for number in range(TOGETHER)}
    store, clock, stop = open_store(folder / "queue.db"), SystemClock(), asyncio.Event()
    people = Store(folder / "queue.db")
    parts = make_parts(store, clock, *(lane(one) for one in channels.values()))
    due = clock.now() + SPREAD * 2
    with store.write() as tx:
        items = {name: new_item(tx, parts, clock.now(), name) for name in channels}
        posts = [planning.post_now(tx, due, "ana", item.id, name, HOUR) for name, item in items.items()]
    worker = Worker(parts)
    await worker.start("test")
    driving = asyncio.create_task(drive(worker, clock, stop))
    acting = [_act(people, post, channels[post.channel], due) for post in posts]
    promised = await asyncio.gather(*acting)
    await clock.sleep_until(due + SPREAD)
    await worker.settled()
    stop.set()
    await driving
    await worker.stop(timedelta(seconds=5))
    for post, (what, kept) in zip(posts, promised, strict=True):
        sent = len(channels[post.channel].created)
        tally.promised, tally.sent = tally.promised + kept, tally.sent + sent
        if sent > 1 or (sent and kept):
            tally.broken.append(f"p{post.id}: {what}, and it was sent {sent} times")
    people.close()
    store.close()


async def _act(people: Store, post: Post, channel: Slow, due: datetime) -> tuple[str, bool]:
    """Act a little before or after it is due, or a little after it was claimed."""
    random = channel.random
    what = random.choice(sorted(ACTS))
    if random.random() < CLOSE:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await channel.claimed.wait()
        await asyncio.sleep(random.uniform(0, 0.03))
    else:
        await SystemClock().sleep_until(due + random.uniform(-1, 1) * SPREAD)
    return what, await asyncio.to_thread(promise, people, post, ACTS[what])


async def seconds(folder: Path, number: int) -> None:
    random, tally = Random(SEED), Tally()
    for place in range(number):
        (folder / str(place)).mkdir()
        await one_second(folder / str(place), random, tally)
    told = f"TECHNOPOLYS_SEED={SEED}: {tally.promised} promised, {tally.sent} sent"
    print(told)  # noqa: T201  the seed belongs to the run's output
    assert tally.broken == [], told
    assert tally.promised, told
    assert tally.sent, told


async def test_what_the_screen_says_will_not_be_sent_is_not_sent(tmp_path: Path) -> None:
    await seconds(tmp_path, 4)


@pytest.mark.slow
@pytest.mark.timeout(3000)
async def test_ten_thousand_times(tmp_path: Path) -> None:
    await seconds(tmp_path, 10_000 // TOGETHER)
