"""The hostile cases that come by a fetch, a parse or an image, driven from the file where it stands.

Each builder returns the codes that fit what it met; the file's own must be among them. After each case the
worker is alive, reads its good feed on time, has reached nothing inside, and has its memory back.
"""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.hostile import answering, fetching, images, parsing, showing
from tests.bot.hostile.world import World, living, used

DOORS = ("fetch", "parse", "image")
ROOMS = (fetching, answering, parsing, showing, images)
BUILDERS = {case: builder for room in ROOMS for case, builder in room.BUILDERS.items()}
DECIDED = {
    "F20": ("HELD", "a downgrade is refused for good: no operator's yes opens it"),
    "F36": ("BACKOFF", "a second encoding is refused before a byte of it is decoded"),
    "F37": ("BACKOFF", "an encoding that was not asked for is refused before a byte of it is decoded"),
    "P07": ("OK", "the first 500 entries are read and a note counts the rest: nothing waits for a person"),
    "P08": ("OK_CLEAN", "an impossible reference is dropped and the feed is read"),
    "P09": ("OK_CLEAN", "an impossible reference is dropped and the feed is read"),
}
"""Where we do better than the file asks, and why."""
pytestmark = [pytest.mark.corpus, pytest.mark.asyncio(loop_scope="module")]


def cases(corpus: Path) -> dict[str, str]:
    """The code of each case by its id."""
    with (corpus / "hostile_cases.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, dialect="excel-tab", quoting=csv.QUOTE_NONE)
        return {row["id"]: row["code"] for row in rows if row["door"] in DOORS}


@pytest_asyncio.fixture(name="world", scope="module", loop_scope="module")
async def one_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with living(tmp_path_factory.mktemp("hostile")) as world:
        yield world


async def test_every_case_of_the_file_has_a_builder_and_every_builder_a_case(corpus: Path) -> None:
    assert set(cases(corpus)) == set(BUILDERS)
    assert len(BUILDERS) == sum(len(room.BUILDERS) for room in ROOMS)


@pytest.mark.parametrize("case", sorted(BUILDERS))
async def test_a_hostile_case_does_no_harm(case: str, world: World, corpus: Path) -> None:
    code = cases(corpus)[case]
    before = used()
    met = await BUILDERS[case](world)
    wanted = DECIDED[case][0] if case in DECIDED else code
    assert wanted in met
    await world.holds_after(before)
