"""The server itself dies in the middle of a post, or the connection breaks inside a commit."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from content_queue.store.database import ServerAddress, Store
from tests.bot.runtime.pretend import Pretend, receipt
from tests.bot.runtime.world import MINUTE, SECOND, World, lane, living
from tests.postgresql import Postgres, running
from tests.several.proxy import Proxy

pytestmark = pytest.mark.postgres


@pytest.fixture(name="mortal", scope="module")
def mortal_server() -> Iterator[Postgres]:
    """A server of our own: other tests have the run's server open."""
    with running() as server:
        yield server


SLOW = [pytest.param(point, marks=pytest.mark.slow) for point in ("K09", "K12", "K14", "K20", "K22")]


@pytest.mark.parametrize("point", ["K13", "K21", *SLOW])
async def test_a_server_that_is_killed_in_mid_flight_costs_time_and_no_post(
    mortal: Postgres, tmp_path: Path, point: str
) -> None:
    one, die = Pretend("one"), _Once(point, mortal.stop)
    async with living(tmp_path, lane(one), store=Store(mortal.fresh()), crashpoint=die) as world:
        world.due("Bonjour")
        step = asyncio.create_task(_step(world))
        await asyncio.wait_for(_happened(die), 30)
        await asyncio.sleep(0.2)
        mortal.start()
        await step
        await _until_published(world)
        assert one.texts == ["Bonjour"]


@pytest.mark.parametrize("arrives", [True, False], ids=["written", "not written"])
@pytest.mark.parametrize("point", ["K13", "K21"], ids=["intent", "receipt"])
async def test_a_connection_cut_inside_the_commit_is_a_question_to_the_database(
    postgres: Postgres, tmp_path: Path, point: str, *, arrives: bool
) -> None:
    one, server = Pretend("one"), postgres.fresh()
    with Proxy(postgres.port, arrives) as proxy:
        cut = _Once(point, proxy.cut)
        through = ServerAddress(server.address.replace(f":{postgres.port}/", f":{proxy.port}/"))
        async with living(tmp_path, lane(one), store=Store(through), crashpoint=cut) as world:
            world.due("Bonjour")
            await _step(world)
            await _until_published(world)
        assert proxy.cuts == 1
    assert one.texts == ["Bonjour"]
    postgres.drop(server)


async def test_an_answer_is_kept_while_the_server_is_gone(mortal: Postgres, tmp_path: Path) -> None:
    async def dying(_frozen: object) -> object:
        await asyncio.to_thread(mortal.stop)
        return replace(receipt(7), remote_id="seven")

    one = Pretend("one", answers=[dying])  # type: ignore[list-item]  # it returns a receipt
    async with living(tmp_path, lane(one, deadline=20 * SECOND), store=Store(mortal.fresh())) as world:
        world.due("Bonjour")
        step = asyncio.create_task(_step(world))
        await asyncio.sleep(0.5)
        mortal.start()
        await step
        await _until_published(world)
        assert (one.texts, world.post().remote_id) == (["Bonjour"], "seven")


class _Once:
    """A crash point at which something happens, the first time that it is reached."""

    def __init__(self, point: str, happens: Callable[[], None]) -> None:
        self._point, self._happens, self.happened = point, happens, False

    def __call__(self, point: str) -> None:
        if point == self._point and not self.happened:
            self.happened = True
            self._happens()


async def _happened(once: _Once) -> None:
    while not once.happened:  # noqa: ASYNC110  it may happen on another thread
        await asyncio.sleep(0.01)


async def _step(world: World) -> None:
    with suppress(Exception):  # whoever drives it steps again
        await world.step()
    await world.worker.settled()


async def _until_published(world: World) -> None:
    """Go on as whoever drives the worker does, whatever a step raises."""
    for _ in range(60):
        world.clock.advance(10 * SECOND)
        await _step(world)
        with suppress(Exception):
            if world.states() == ["published"]:
                await world.go_on(MINUTE)
                return
        await asyncio.sleep(0.05)
    raise AssertionError(world.states())
