"""The machine's clock is set while the bot runs: no burst, nothing spoiled, and people are told."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import FakeClock
from bot.runtime.worker import Worker
from bot.watch.facts import Facts
from bot.watch.trouble import Kind, Light, Trouble, troubles
from content_queue.item import Reason, Scope
from content_queue.operations import holds, jumps
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, MINUTE, NOW, World, lane, live, living, make_parts, with_slots

YEAR, DAY = timedelta(days=365), timedelta(days=1)
ITEMS = 4
HOURLY = "daily 00:00-24:00 every 1h"


def clock_troubles(world: World) -> list[Trouble]:
    with world.store.read() as tx:
        found = troubles(tx, world.clock.now(), Facts((), worker="worker"))
    return [trouble for trouble in found if trouble.kind in (Kind.CLOCK, Kind.CLOCK_SET)]


def resume(world: World) -> None:
    with world.store.write() as tx:
        assert holds.lift(tx, world.clock.now(), "ana", Scope.EVERYTHING, "")


def some(world: World) -> None:
    for number in range(ITEMS):
        world.item(f"Nouvelle {number}", expires_at=NOW + 10 * DAY)


@pytest.mark.parametrize("by", [YEAR, -YEAR, 25 * HOUR, -25 * HOUR])
async def test_a_jump_beyond_belief_stops_everything_until_the_clock_is_right(
    tmp_path: Path, by: timedelta
) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), HOURLY)) as world:
        some(world)
        await world.go_on(HOUR)
        sent, before = len(one.created), world.posts()
        world.clock.set(by)
        await live(world, 90 * MINUTE)
        assert len(one.created) == sent
        assert world.posts() == before, "nothing is missed, expired or planned by a wrong clock"
        (told,) = clock_troubles(world)
        assert (told.kind, told.severity, told.command) == (Kind.CLOCK, Light.RED, "technopolys resume")
        world.clock.set(-by)
        await live(world, 8 * HOUR)
        assert len(one.created) == ITEMS
        assert [trouble.severity for trouble in clock_troubles(world)] == []


@pytest.mark.parametrize("by", [YEAR, -YEAR])
async def test_a_person_may_say_that_the_clock_is_right_now(tmp_path: Path, by: timedelta) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), HOURLY)) as world:
        some(world)
        await world.go_on(HOUR)
        world.clock.set(by)
        await world.go_on(HOUR)
        resume(world)
        before = len(one.created)
        await world.quiet()
        assert len(one.created) <= before + 1, "no burst"
        world.item("Tout neuf")
        await live(world, 3 * HOUR)
        assert "Tout neuf" in one.texts or any(p.message.text == "Tout neuf" for p in world.posts())
        assert not [trouble for trouble in clock_troubles(world) if trouble.kind is Kind.CLOCK]


@pytest.mark.parametrize(("by", "words"), [(6 * HOUR, jumps.FORWARD), (-6 * HOUR, jumps.BACK)])
async def test_a_smaller_jump_is_reported_and_brings_no_burst(
    tmp_path: Path, by: timedelta, words: Reason
) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), HOURLY, min_gap=45 * MINUTE)) as world:
        some(world)
        await world.go_on(HOUR + MINUTE)
        sent = len(one.created)
        world.clock.set(by)
        await world.quiet()
        assert len(one.created) <= sent + 1
        (told,) = clock_troubles(world)
        assert (told.kind, told.severity) == (Kind.CLOCK_SET, Light.AMBER)
        assert told.what.text == words.text
        assert told.what.args == {"minutes": "360"}
        await world.go_on(44 * MINUTE)
        assert len(one.created) <= sent + 1, "one post for each gap"
        await live(world, 26 * HOUR, HOUR)
        assert sorted(one.texts) == sorted(f"Nouvelle {number}" for number in range(ITEMS))
        assert clock_troubles(world) == []


async def test_a_slow_correction_is_no_jump(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one"))) as world:
        world.clock.set(14 * MINUTE)
        await world.quiet()
        assert clock_troubles(world) == []


async def again(world: World, at: FakeClock) -> World:
    """Stop the worker and start another over its database, by another clock."""
    await world.worker.stop(timedelta(0))
    parts = make_parts(world.store, at, *world.parts.lanes.values())
    worker = Worker(parts)
    await worker.start("worker-2")
    return World(world.store, at, parts, worker, world.feed)


async def test_a_machine_that_starts_with_a_clock_of_long_ago_waits_until_it_is_right(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), HOURLY)) as world:
        some(world)
        await world.go_on(HOUR)
        sent = len(one.created)
        second = await again(world, FakeClock(NOW - YEAR))
        await live(second, 90 * MINUTE)
        assert len(one.created) == sent
        second.clock.set(NOW + 30 * HOUR - second.clock.now())
        await live(second, 8 * HOUR)
        assert sorted(one.texts) == sorted(f"Nouvelle {number}" for number in range(ITEMS))
        await second.worker.stop(timedelta(0))


async def test_a_restart_does_not_make_a_wrong_clock_right(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), HOURLY)) as world:
        some(world)
        await world.go_on(HOUR)
        world.clock.set(YEAR)
        await world.go_on(MINUTE)
        before = world.posts()
        second = await again(world, FakeClock(world.clock.now()))
        await live(second, 90 * MINUTE)
        assert second.posts() == before
        third = await again(second, FakeClock(NOW + HOUR + 2 * MINUTE))
        await live(third, 8 * HOUR)
        assert sorted(one.texts) == sorted(f"Nouvelle {number}" for number in range(ITEMS))
        await third.worker.stop(timedelta(0))
