"""The worker carries out what people take back: once it is gone it stays gone, whatever dies."""

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.message import LockedOut, Refused, TryLater
from content_queue.operations import recalling
from content_queue.operations.rows import item_by_id
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, MINUTE, World, lane, living


@dataclass(slots=True)
class Deleting(Pretend):
    """A channel whose network takes posts back. ``refusals`` are used up in turn, then all goes well."""

    refusals: list[Exception] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    async def delete(self, remote_id: str) -> None:
        self.deleted.append(remote_id)
        if self.refusals:
            raise self.refusals.pop(0)


async def taken_back(world: World) -> None:
    """Post something, and take it back."""
    world.due("Bonjour")
    await world.quiet()
    with world.store.write() as tx:
        recalling.recall(tx, world.clock.now(), "ana", item_by_id(tx, 1), "faux")


async def test_a_post_is_deleted_and_nothing_more_of_its_item_goes_out(tmp_path: Path) -> None:
    one, two = Deleting("one"), Deleting("two")
    async with living(tmp_path, lane(one), lane(two)) as world:
        await taken_back(world)
        await world.go_on(HOUR)
        assert world.states() == ["recalled"]
    assert one.deleted == ["1"]
    assert two.created == []


async def test_a_network_that_is_out_of_order_is_asked_again_and_never_sooner_than_it_says(
    tmp_path: Path,
) -> None:
    one = Deleting("one", refusals=[TryLater("busy", timedelta(minutes=7)), TryLater("down")])
    async with living(tmp_path, lane(one)) as world:
        await taken_back(world)
        await world.go_on(6 * MINUTE)
        assert one.deleted == ["1"]
        await world.go_on(6 * MINUTE)
        assert one.deleted == ["1", "1", "1"]
        assert world.states() == ["recalled"]


@pytest.mark.parametrize("refusal", [Refused("older than 48 hours"), LockedOut("revoked")])
async def test_what_a_network_will_not_let_go_is_left_to_a_person(tmp_path: Path, refusal: Exception) -> None:
    async with living(tmp_path, lane(Deleting("one", refusals=[refusal]))) as world:
        await taken_back(world)
        await world.go_on(HOUR)
        assert world.states() == ["published"]
        assert world.post().error == f"delete it by hand: {refusal}"


async def test_a_network_that_takes_nothing_back_says_so(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one"))) as world:
        await taken_back(world)
        await world.quiet()
        assert world.post().error == "delete it by hand: this network takes nothing back"


@pytest.mark.parametrize("point", ["K31", "K32"])
async def test_who_dies_while_deleting_leaves_a_further_try(tmp_path: Path, point: str) -> None:
    program = f"""
import asyncio, os
from pathlib import Path
from tests.bot.runtime.test_recalling import Deleting, taken_back
from tests.bot.runtime.world import lane, living

def die(reached):
    if reached == {point!r}:
        os._exit(9)

async def live():
    async with living(Path({str(tmp_path)!r}), lane(Deleting("one")), crashpoint=die) as world:
        await taken_back(world)
        await world.quiet()

asyncio.run(live())
"""
    died = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await died.wait() == 9
    one = Deleting("one")
    async with living(tmp_path, lane(one)) as world:
        assert world.states() == ["recalling"]
        await world.go_on(5 * MINUTE)
        assert world.states() == ["recalled"]
    assert one.deleted == ["1"]
    assert one.created == []
