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
from tests.postgresql import Postgres, name_of, running
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
    dead = asyncio.Event()

    async def dying(_frozen: object) -> object:
        await asyncio.to_thread(mortal.stop)
        dead.set()
        return replace(receipt(7), remote_id="seven")

    one = Pretend("one", answers=[dying])  # type: ignore[list-item]  # it returns a receipt
    async with living(tmp_path, lane(one, deadline=20 * SECOND), store=Store(mortal.fresh())) as world:
        world.due("Bonjour")
        step = asyncio.create_task(_step(world))
        await asyncio.wait_for(dead.wait(), 30)
        await asyncio.sleep(0.2)
        mortal.start()
        await step
        await _until_published(world)
        assert (one.texts, world.post().remote_id) == (["Bonjour"], "seven")


FALTERS = """
CREATE SEQUENCE falters;
CREATE FUNCTION falter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('falters') <= 4 THEN
    RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
  END IF;
  RETURN NEW; END $$;
CREATE TRIGGER falters BEFORE UPDATE ON post FOR EACH ROW EXECUTE FUNCTION falter()
"""
"""The first four changes of a post fail as two transactions do that get in each other's way."""


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("SET default_transaction_read_only = on", "RESET default_transaction_read_only"),
        ("SET statement_timeout = '1ms'", "RESET statement_timeout"),
        ("WITH ALLOW_CONNECTIONS false", "WITH ALLOW_CONNECTIONS true"),
    ],
    ids=["read-only", "too slow for its own limit", "it takes no connections"],
)
async def test_a_server_that_does_not_serve_is_waited_for(
    postgres: Postgres, tmp_path: Path, begins: str, ends: str
) -> None:
    one, server = Pretend("one"), postgres.fresh()
    async with living(tmp_path, lane(one), store=Store(server)) as world:
        world.due("Bonjour")
        _alter(postgres, server, begins)
        for _ in range(3):
            world.clock.advance(10 * SECOND)
            await _step(world)
        assert one.created == []
        assert world.worker.database or world.worker.trouble, "it says what is wrong"
        _alter(postgres, server, ends)
        await _until_published(world)
        assert world.worker.database == ""
    assert one.texts == ["Bonjour"]
    postgres.drop(server)


async def test_transactions_that_get_in_each_others_way_are_made_again(
    postgres: Postgres, tmp_path: Path
) -> None:
    one, server = Pretend("one"), postgres.fresh()
    async with living(tmp_path, lane(one), store=Store(server)) as world:
        world.due("Bonjour")
        with postgres.admin(name_of(server)) as connection:
            connection.execute(FALTERS)
        await _until_published(world)
    assert one.texts == ["Bonjour"]
    postgres.drop(server)


def _alter(postgres: Postgres, server: ServerAddress, how: str) -> None:
    """Change what a database does, for those too who are connected: they have to come again."""
    name = name_of(server)
    with postgres.admin() as connection:
        connection.execute(f"ALTER DATABASE {name} {how}".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )


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
