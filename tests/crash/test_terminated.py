"""SIGTERM at random moments: the request in flight is finished, nothing is left half said, exit status 0."""

import asyncio
import signal
import sys
from pathlib import Path
from random import Random
from typing import BinaryIO

from content_queue.item import Post
from tests.crash.counting import counting
from tests.crash.ledger import faults, opened, read
from tests.crash.program import PATIENCE, Program, install
from tests.crash.test_killed import FIRST_SEED, stories, until_decided


def half_said(program: Program) -> list[Post]:
    with opened(program) as store:
        ledger = read(store)
    return [post for state in ("claimed", "sending") for post in ledger.of(state)]


async def test_a_stop_finishes_the_request_in_flight_and_leaves_nothing_half_said(tmp_path: Path) -> None:
    random = Random(FIRST_SEED)
    networks = {"x": "x", "telegram": "telegram"}
    async with counting(random, stories(FIRST_SEED, 8)) as server:
        server.slowest = 0.2
        program = install(tmp_path, server, networks)
        for _ in range(3):
            async with await program.start() as running:
                await running.ready()
                await asyncio.sleep(random.uniform(0, 1))
                running.send(signal.SIGTERM)
                await asyncio.sleep(random.uniform(0, 0.1))
                running.send(signal.SIGTERM)  # whoever is impatient asks twice
                assert await running.over() == 0
            assert half_said(program) == []
        ledger = await until_decided(program, 16)
        assert faults(ledger, server, program) == []
        assert ledger.states() == {"published": 16}, f"TECHNOPOLYS_SEED={FIRST_SEED}"


async def test_a_stop_does_not_wait_for_a_server_that_hangs_beyond_the_deadline(tmp_path: Path) -> None:
    async with counting(Random(1), stories(1, 2)) as server:
        server.hangs = True
        program = install(tmp_path, server, {"x": "x", "telegram": "telegram"}, deadline="2s")
        asked = asyncio.Event()
        server.seen = lambda _step: asked.set()
        async with await program.start() as running, asyncio.timeout(20):
            await asked.wait()
            running.send(signal.SIGTERM)
            assert await running.over() == 0
        server.hangs, server.seen = False, lambda _step: None
        ledger = await until_decided(program, 4)
        assert faults(ledger, server, program) == []


def full_disk() -> BinaryIO:
    return Path("/dev/full").open("wb")


async def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    async with counting(Random(1), stories(1, 2)) as server:
        program = install(tmp_path, server, {"x": "x"})
        with full_disk() as full, opened(program) as store:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--no-desk"),
                cwd=program.home,
                env=program.surroundings,
                stderr=full,
            )
            async with asyncio.timeout(PATIENCE):
                while not read(store).complete(2):  # noqa: ASYNC110  it is another process that decides
                    await asyncio.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            await process.wait()
            assert faults(read(store), server, program) == []
            assert process.returncode == 0
