"""Dead at each named point, then started again: no second create request, nothing lost."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.bot.runtime.pretend import Pretend, receipt
from tests.bot.runtime.world import MINUTE, NOW, SECOND, lane, living
from tests.surroundings import ROOT


async def die_at(folder: Path, point: str) -> list[str]:
    """Let a worker die there; return the create requests it had made."""
    words = (sys.executable, "-m", "tests.bot.runtime.dying", str(folder), point)
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 9, "it reached the point"
    created = folder / "created"
    return created.read_text().splitlines() if created.exists() else []


@pytest.mark.parametrize(
    ("point", "before", "after", "state"),
    [
        ("K09", 0, 1, "published"),  # the claim is committed
        ("K12", 0, 1, "published"),  # prepared, not intended
        ("K14", 0, 0, "uncertain"),  # intended, not sent: nobody can know that it never left
        (
            "K20",
            1,
            0,
            "published",
        ),  # the answer was read, the receipt is not committed: reading back finds it
        ("K22", 1, 0, "published"),  # the receipt is committed
        ("K24a", 1, 0, "published"),  # within a look
    ],
)
async def test_a_network_that_can_be_read(
    tmp_path: Path, point: str, before: int, after: int, state: str
) -> None:
    created = await die_at(tmp_path, point)
    assert len(created) == before
    one = Pretend("one", timeline={text: receipt(1) for text in created})
    async with living(tmp_path, lane(one), now=NOW + 10 * SECOND, name="the next") as world:
        await world.go_on(10 * MINUTE)
        assert world.states() == [state]
        assert len(one.created) == after


@pytest.mark.parametrize("point", ["K14", "K20", "K24a"])
async def test_a_network_that_shows_nothing_leaves_a_question_and_no_second_request(
    tmp_path: Path, point: str
) -> None:
    await die_at(tmp_path, point)
    one = Pretend("one")
    async with living(tmp_path, lane(one), now=NOW + 10 * SECOND, name="the next") as world:
        await world.go_on(10 * MINUTE)
        assert world.states() == ["uncertain"]
        assert one.created == []


async def test_after_a_death_on_the_wire_the_first_look_waits_as_long_as_after_any_lost_answer(
    tmp_path: Path,
) -> None:
    await die_at(tmp_path, "K14")
    one = Pretend("one")
    async with living(tmp_path, lane(one), now=NOW + 10 * SECOND, name="the next") as world:
        await world.go_on(19 * SECOND)
        assert one.looked == []
        await world.go_on(2 * SECOND)
        assert len(one.looked) == 1
