"""A sync that the disk refuses: the worker ends and says why; the next one loses and repeats nothing."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from tests.crash.counting import counting
from tests.crash.ledger import faults
from tests.crash.program import PATIENCE, Program, Running, install
from tests.crash.test_killed import FIRST_SEED, stories, until_decided

pytestmark = [pytest.mark.strace, pytest.mark.timeout(300)]
SYNCS = "fsync,fdatasync"


async def refuse_syncs(running: Running) -> asyncio.subprocess.Process:
    """Let every sync of a process fail from now on, as that of a broken disk does."""
    rule = ("-e", f"trace={SYNCS}", "-e", f"inject={SYNCS}:error=EIO")
    words = ("strace", "-f", "-p", str(running.pid), *rule)
    tracer = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    assert tracer.stderr is not None
    assert b"attached" in await tracer.stderr.readline()
    return tracer


async def ends_of_it(program: Program) -> int:
    """Start the program with its posts held, break its disk, let them go; return its status once it left."""
    assert (await program.ask("pause", "--why", "the disk is looked at"))[0] == 0
    async with await program.start() as running:
        await running.ready()
        tracer = await refuse_syncs(running)
        assert (await program.ask("resume", "--yes"))[0] == 0
        async with asyncio.timeout(2 * PATIENCE):  # what has nothing to do writes once a minute
            status = await running.over()
        await tracer.communicate()
    return status


async def test_a_worker_whose_syncs_fail_ends_and_says_why(tmp_path: Path) -> None:
    networks = {"x": "x", "telegram": "telegram", "mastodon": "mastodon"}
    async with counting(Random(FIRST_SEED), stories(FIRST_SEED, 8)) as server:
        program = install(tmp_path, server, networks)
        assert await ends_of_it(program) == 1
        assert [line for line in program.said if "the disk under" in line and "look at the disk" in line]
        assert not [line for line in program.said if "Traceback" in line]
        ledger = await until_decided(program, 8 * len(networks))
        assert faults(ledger, server, program) == []
