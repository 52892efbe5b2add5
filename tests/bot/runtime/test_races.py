"""People act at any moment while posts are prepared and sent, and networks answer as they like.

Transactions are serial, so the history tells in which order they took effect. It must never show an intent
after a stop, and no network may see a post more often than people asked for.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from bot.desk import operations as desk
from bot.message import Frozen, LockedOut, Message, NotYet, Progress, Receipt, Refused, TryLater, Uncertain
from content_queue.item import Happening, Scope, Version
from content_queue.operations import history
from content_queue.operations.moves import LostRaceError
from content_queue.people import local
from content_queue.store.database import Transaction
from tests.bot.runtime.pretend import Pretend, frozen, receipt
from tests.bot.runtime.world import MINUTE, SECOND, World, lane, living, with_slots

ITEMS = 6
OFTEN = ["approve", "publish", "reopen", "repeat", "resend", "resume", "retry", "unlock"] * 2
STOPS = {"withdraw", "change", "expire", "reject", "pair", "reopen"}
SENT_AGAIN = ("not sent", "locked out", "resend", "retry")


@dataclass(slots=True)
class Moody(Pretend):
    """Takes its time, and answers as chance has it; ``visible`` is what the public sees."""

    random: Random = field(default_factory=Random)
    visible: Counter[str] = field(default_factory=Counter)
    meanwhile: Callable[[str], Awaitable[None]] | None = None

    async def prepare(self, message: Message, progress: Progress, now: object) -> Frozen | NotYet:
        await self.dawdle(message.text)
        if self.random.random() < 0.1:
            raise self.random.choice([TryLater("busy", SECOND), Refused("no"), ValueError("odd")])
        return NotYet(SECOND) if self.random.random() < 0.1 else frozen(message, progress)

    async def publish(self, frozen: Frozen) -> Receipt:
        self.created.append(frozen)
        text = frozen.body.decode()
        await self.dawdle(text)
        kind = self.random.random()
        if kind < 0.15:
            raise self.random.choice([Refused("no"), LockedOut("out"), TryLater("busy", SECOND)])
        if kind < 0.25:
            raise Uncertain("lost on the way there")
        self.visible[text] += 1
        self.timeline = {**self.shown(), text: receipt(len(self.created))}
        if kind < 0.45:
            raise Uncertain("lost on the way back")
        return self.shown()[text]

    def shown(self) -> dict[str, Receipt]:
        return self.timeline if isinstance(self.timeline, dict) else {}

    async def dawdle(self, text: str) -> None:
        """Take a while, in which people may act, often on just this item."""
        if self.meanwhile is not None and self.random.random() < 0.5:
            await self.meanwhile(text)
        await asyncio.sleep(self.random.choice([0, 0, 0.001]))


Act = Callable[[Transaction], object]
ANA = local("ana")


@dataclass(slots=True)
class People:
    """Someone who does whatever can be done, again and again."""

    world: World
    random: Random

    async def act(self, text: str = "") -> None:
        """Do something to the item of this text, or to any."""
        acts = self.acts(_number_in(text) or self.random.randint(1, ITEMS))
        with suppress(ValueError, LostRaceError, LookupError):
            await asyncio.wrap_future(
                self.world.store.tell(acts[self.random.choice([*sorted(acts), *OFTEN])])
            )

    def acts(self, item: int) -> dict[str, Act]:
        now = self.world.clock.now()
        known = [post.id for post in self.world.posts() if post.item == item]
        post = self.random.choice(known) if known else 0
        of_desk = self.world.desk
        later = now + self.random.randint(1, 90) * SECOND
        return {
            "withdraw": lambda tx: desk.withdraw(tx, now, ANA, item),
            "reopen": lambda tx: desk.reopen(tx, now, ANA, item),
            "approve": lambda tx: desk.approve(tx, of_desk, now, ANA, item),
            "repeat": lambda tx: desk.repeat(tx, now, ANA, item),
            "edit": lambda tx: desk.edit(tx, of_desk, now, ANA, item, [_again(tx, item)]),
            "hold": lambda tx: desk.pause(tx, now, ANA, Scope.ITEM, str(item)),
            "resume": lambda tx: desk.resume(tx, now, ANA, Scope.ITEM, str(item)),
            "unlock": lambda tx: desk.resume(tx, now, ANA, Scope.CHANNEL, self.random.choice(["one", "two"])),
            "publish": lambda tx: desk.publish_now(tx, of_desk, now, ANA, item),
            "move": lambda tx: desk.move(tx, of_desk, now, ANA, post, later),
            "skip": lambda tx: desk.skip(tx, now, ANA, post),
            "cancel": lambda tx: desk.cancel(tx, now, ANA, post),
            "retry": lambda tx: desk.retry(tx, now, ANA, post),
            "resend": lambda tx: desk.resolve_resend(tx, now, ANA, post),
            "drop": lambda tx: desk.resolve_drop(tx, now, ANA, post),
        }


def _number_in(text: str) -> int:
    """The items' texts begin with their ids: "3, encore"."""
    digits = text.split(",", maxsplit=1)[0]
    return int(digits) if digits.isdigit() else 0


def _again(tx: Transaction, number: int) -> Version:
    version = desk.show(tx, desk.Desk({}, {}, timedelta(0)), number).item.versions[0]
    return Version("fr", f"{version.title}, encore")


async def live(world: World, random: Random, people: People) -> None:
    """Let the worker and the people go about it side by side."""

    async def moderate() -> None:
        for _ in range(150):
            await people.act()
            await asyncio.sleep(random.choice([0, 0.002]))

    moderating = asyncio.create_task(moderate())
    while not moderating.done():
        await world.step()
        await asyncio.sleep(random.choice([0, 0.001, 0.002]))
        world.clock.advance(random.choice([0, 1, 20, 60]) * SECOND)
    await moderating
    await world.go_on(3 * MINUTE)


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_people_do_at_whatever_moment(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    channels = Moody("one", random=random), Moody("two", random=random)
    async with living(tmp_path, *(with_slots(lane(each, look_after=SECOND)) for each in channels)) as world:
        for number in range(1, ITEMS + 1):
            world.item(str(number))
        people = People(world, random)
        for each in channels:
            each.meanwhile = people.act
        await live(world, random, people)
        assert stopped_yet_sent(world) == []
        assert sent_too_often(world, channels) == []
        assert world.states()
        assert not {"claimed", "sending"} & set(world.states())


def stopped_yet_sent(world: World) -> list[str]:
    """Find intents that follow a stop of their item."""
    found = []
    with world.store.read() as tx:
        for item in world.items():
            found += list(_stopped_yet_sent(history.of_item(tx, item.id)))
    return found


def _stopped_yet_sent(lines: list[Happening]) -> list[str]:
    approved, held, found = False, False, []
    for line in lines:
        if line.post is None and line.what in {"approve", *STOPS}:
            approved = line.what == "approve"
        if line.post is None and line.what in {"hold", "resume"}:
            held = line.what == "hold"
        if line.what == "intend" and (held or not approved):
            found.append(f"p{line.post} of i{line.item} was sent though {'held' if held else 'stopped'}")
    return found


def sent_too_often(world: World, channels: tuple[Moody, ...]) -> list[str]:
    """Find posts with more requests, and rounds with more posts before the public, than were asked for."""
    found = []
    keys = Counter(frozen.key for channel in channels for frozen in channel.created)
    found += [f"the key {key} went out {often} times" for key, often in keys.items() if often > 1]
    with world.store.read() as tx:
        for post in world.posts():
            lines = Counter(line.what for line in history.of_post(tx, post.id))
            if lines["intend"] > 1 + sum(lines[again] for again in SENT_AGAIN):
                found.append(f"p{post.id}: {lines}")
    for channel in channels:
        for item in world.items():
            mine = [post for post in world.posts() if (post.item, post.channel) == (item.id, channel.name)]
            asked = item.rounds + _resends(world, [post.id for post in mine])
            seen = sum(often for text, often in channel.visible.items() if _number_in(text) == item.id)
            if seen > asked:
                found.append(f"i{item.id} stands {seen} times on {channel.name}, asked for {asked} times")
    return found


def _resends(world: World, posts: list[int]) -> int:
    with world.store.read() as tx:
        return sum(line.what == "resend" for post in posts for line in history.of_post(tx, post))
