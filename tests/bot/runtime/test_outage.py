"""A day and a week of outage, on a clock of our own: nothing twice, nothing lost, and no flood at the end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.clock import Clock, FakeClock
from bot.message import Frozen, LockedOut, Receipt, TryLater
from bot.runtime.parts import Lane
from bot.runtime.worker import PLAN_EVERY
from content_queue.item import Scope
from content_queue.lifecycle import UNDECIDED
from content_queue.operations import holds
from content_queue.operations.conditions import CATCH_UP_GAP
from tests.bot.runtime.pretend import Pretend, receipt
from tests.bot.runtime.world import HOUR, MINUTE, NOW, World, lane, live, living, with_slots

DAY = timedelta(days=1)
GAP = 45 * MINUTE
EVERY_TWO_HOURS = "daily 08:00-20:00 every 2h"
ITEMS = 12
OUTAGES = pytest.mark.parametrize("span", [DAY, 7 * DAY], ids=["a day", "a week"])


@dataclass(slots=True)
class Weather(Pretend):
    """A network that is out of order while ``down`` says how; it notes when each post came out."""

    down: Exception | None = None
    clock: Clock = field(default_factory=lambda: FakeClock(NOW))
    at: list[datetime] = field(default_factory=list)
    out: list[str] = field(default_factory=list)

    async def publish(self, frozen: Frozen) -> Receipt:
        if self.down is not None:
            raise self.down
        self.at.append(self.clock.now())
        self.out.append(frozen.body.decode())
        return receipt(len(self.out))


def slotted(channel: Weather) -> Lane:
    return with_slots(lane(channel), EVERY_TWO_HOURS, min_gap=GAP)


def fill(world: World) -> list[str]:
    titles = [f"Nouvelle {number}" for number in range(ITEMS)]
    for title in titles:
        world.item(title)
    return titles


def calm(channel: Weather, since: datetime) -> None:
    """What came out after an outage came one by one: never closer than the gap, one at a time."""
    after = [moment for moment in channel.at if moment >= since]
    assert after, "it goes on by itself"
    assert min(later - earlier for earlier, later in pairwise(after)) >= max(GAP, CATCH_UP_GAP)


async def go_on(world: World) -> None:
    """Live on for two days: in small steps while there is something to catch up with, then by the hour."""
    await live(world, 12 * HOUR, 20 * MINUTE)
    await live(world, 40 * HOUR, HOUR)


def whole(world: World, channel: Weather, titles: list[str]) -> None:
    """Each item went out once, or is still to go."""
    assert len(channel.out) == len(set(channel.out))
    waiting = {post.message.text for post in world.posts() if post.state in UNDECIDED}
    unplanned = {item.title for item in world.items()}
    assert set(titles) <= set(channel.out) | waiting | unplanned


@OUTAGES
async def test_networks_that_are_down(tmp_path: Path, span: timedelta) -> None:
    channel = Weather("one")
    async with living(tmp_path, slotted(channel)) as world:
        channel.clock = world.clock
        titles = fill(world)
        await live(world, 6 * HOUR)
        before = len(channel.out)
        assert before
        channel.down = TryLater("out of order")
        await live(world, span, 3 * HOUR)
        assert len(channel.out) == before
        channel.down = None
        back = world.clock.now()
        await live(world, 2 * HOUR + PLAN_EVERY)
        assert len(channel.out) > before, "within our own longest wait and a planning tick"
        await go_on(world)
        calm(channel, back)
        whole(world, channel, titles)
        assert sorted(channel.out) == sorted(titles), "all of them in the end"


@OUTAGES
async def test_a_machine_that_was_off(tmp_path: Path, span: timedelta) -> None:
    channel = Weather("one")
    async with living(tmp_path, slotted(channel)) as world:
        channel.clock = world.clock
        titles = fill(world)
        await live(world, 6 * HOUR)
        back = world.clock.now() + span
    async with living(tmp_path, slotted(channel), now=back) as world:
        channel.clock = world.clock
        await go_on(world)
        calm(channel, back)
        assert sorted(channel.out) == sorted(titles)


@OUTAGES
async def test_a_pause_for_so_long(tmp_path: Path, span: timedelta) -> None:
    channel = Weather("one")
    async with living(tmp_path, slotted(channel)) as world:
        channel.clock = world.clock
        titles = fill(world)
        await live(world, 6 * HOUR)
        before = len(channel.out)
        with world.store.write() as tx:
            holds.hold(tx, world.clock.now(), "anne", Scope.EVERYTHING, "", "holidays")
        await live(world, span, 3 * HOUR)
        assert len(channel.out) == before
        with world.store.write() as tx:
            holds.lift(tx, world.clock.now(), "anne", Scope.EVERYTHING, "")
        back = world.clock.now()
        await go_on(world)
        calm(channel, back)
        assert sorted(channel.out) == sorted(titles)


async def test_a_channel_that_was_locked_out_keeps_its_posts(tmp_path: Path) -> None:
    channel = Weather("one", down=LockedOut("401"))
    async with living(tmp_path, slotted(channel)) as world:
        channel.clock = world.clock
        titles = fill(world)
        await live(world, 2 * DAY, HOUR)
        assert channel.out == []
        channel.down = None
        with world.store.write() as tx:
            holds.lift(tx, world.clock.now(), "anne", Scope.CHANNEL, "one")
        back = world.clock.now()
        await go_on(world)
        calm(channel, back)
        assert sorted(channel.out) == sorted(titles)


async def test_a_network_that_loses_every_answer_for_a_week_asks_few_questions(
    tmp_path: Path,
) -> None:
    channel = Weather("one", down=TimeoutError())
    async with living(tmp_path, slotted(channel)) as world:
        channel.clock = world.clock
        fill(world)
        await live(world, 7 * DAY, HOUR)
        asked = world.states().count("uncertain")
        assert 5 <= asked <= 14
        channel.down = None
        world.item("Encore")
        await live(world, 2 * DAY, HOUR)
        assert "Encore" in channel.out
