"""Killed with SIGKILL at random moments and started again, until every post is decided."""

import asyncio
import json
import os
from pathlib import Path
from random import Random

import pytest

from tests.crash.counting import Counting, counting
from tests.crash.ledger import Ledger, faults, opened, read
from tests.crash.program import PATIENCE, Program, install

FIRST_SEED = int(os.environ.get("TECHNOPOLYS_SEED", "0")) or Random().randrange(10**6)
"""Set TECHNOPOLYS_SEED to repeat a run that failed."""


def stories(seed: int, number: int) -> list[str]:
    return [f"Nouvelle {seed:06d}-{index:03d}" for index in range(number)]


async def live_and_die(program: Program, server: Counting, random: Random) -> None:
    """Start the program and kill it: while it starts, after a while, or within a create request."""
    async with await program.start() as running:
        fate = random.random()
        if fate < 0.15:
            await asyncio.sleep(random.uniform(0, 1))
            return
        await running.ready()
        if fate < 0.5:
            await asyncio.sleep(random.uniform(0, 1.2))
            return
        await within_a_request(server, random)


async def within_a_request(server: Counting, random: Random) -> None:
    """Wait for one of the coming steps of create requests, and a moment more."""
    left, reached = random.randint(1, 6), asyncio.Event()

    def seen(_step: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            reached.set()

    server.seen = seen
    try:
        async with asyncio.timeout(2):  # nothing may be left to send
            await reached.wait()
        await asyncio.sleep(random.uniform(0, 0.03))
    except TimeoutError:
        pass
    finally:
        server.seen = lambda _step: None


async def until_decided(program: Program, expected: int) -> Ledger:
    """Let the program run until every post is decided."""
    with opened(program) as store:
        async with await program.start():
            async with asyncio.timeout(PATIENCE):
                while not (ledger := read(store)).complete(expected):  # noqa: ASYNC110  it is another process that decides
                    await asyncio.sleep(0.2)
    return ledger


async def survive(
    home: Path, seed: int, networks: dict[str, str], items: int, kills: int, *, forked: bool = True
) -> Ledger:
    """Post everything while being killed so often; return the ledger after holding it against the server."""
    random = Random(seed)
    async with counting(random, stories(seed, items)) as server:
        program = install(home, server, networks)
        program.forked = forked
        for _ in range(kills):
            await live_and_die(program, server, random)
        ledger = await until_decided(program, items * len(networks))
        told = f"TECHNOPOLYS_SEED={seed}: {ledger.states()} after {kills} kills"
        print(told)  # noqa: T201  the seed belongs to the run's output
        assert faults(ledger, server, program) == [], told
        assert len(ledger.of("uncertain")) <= kills * len(networks), told
        assert await listed(program) == {f"p{post.id}" for post in ledger.of("uncertain")}, told
    return ledger


async def listed(program: Program) -> set[str]:
    """What people are shown as uncertain, by both commands that show it."""
    status, out = await program.ask("posts", "--state", "uncertain", "--json")
    assert status == 0
    found = {post["id"] for post in json.loads(out)}
    _, screen = await program.ask("status", "--json")
    assert json.loads(screen)["posts"].get("uncertain", 0) == len(found)  # it names the newest, counts all
    assert not found or any(f'"{name} on ' in screen for name in found)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("run", range(3))
async def test_nothing_is_posted_twice_and_nothing_lost(run: int, tmp_path: Path) -> None:
    networks = {
        "x-one": "x",
        "x-two": "x",
        "mastodon": "mastodon",
        "telegram-one": "telegram",
        "telegram-two": "telegram",
    }
    await survive(tmp_path, FIRST_SEED + run, networks, items=6, kills=5)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("run", range(20))
async def test_a_hundred_posts_survive_many_kills(run: int, tmp_path: Path) -> None:
    networks = {"x-one": "x", "x-two": "x", "telegram-one": "telegram", "telegram-two": "telegram"}
    await survive(tmp_path, FIRST_SEED + 1000 + run, networks, items=25, kills=20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_a_stranger_kills_it_a_hundred_times(tmp_path: Path) -> None:
    networks = {"x": "x", "telegram": "telegram", "mastodon": "mastodon"}
    await survive(tmp_path, FIRST_SEED + 5000, networks, items=60, kills=100, forked=False)
