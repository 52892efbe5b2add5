"""Answer fault x kill point x class of network: nothing twice, and a question only where nothing tells."""

import os
from pathlib import Path
from random import Random

import pytest

from tests.never_twice.classes import KINDS
from tests.never_twice.combinations import every, unknown_names
from tests.never_twice.rounds import Combination, Place, faults_of, round_at

SEED = int(os.environ.get("TECHNOPOLYS_SEED", "0")) or Random().randrange(10**6)
"""Set TECHNOPOLYS_SEED to repeat a run that failed."""
SAMPLE = 60


def test_there_are_two_thousand_combinations_and_every_fault_is_met() -> None:
    found = every()
    assert len(found) >= 2000
    assert unknown_names(found) == set()


async def judged(folder: Path, combinations: list[Combination]) -> list[str]:
    """Live through each of them, and name all that is not as it must be."""
    place, found = Place(folder), list[str]()
    for combination in combinations:
        found += faults_of(combination, await round_at(place, combination))
    if place.told_secrets():
        found.append("SECRET")
    place.store.close()
    return found


async def test_a_sample_of_the_combinations(tmp_path: Path) -> None:
    print(f"TECHNOPOLYS_SEED={SEED}")  # noqa: T201  the seed belongs to the run's output
    assert await judged(tmp_path, Random(SEED).sample(every(), SAMPLE)) == [], SEED


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_combination(kind: str, tmp_path: Path) -> None:
    mine = [combination for combination in every() if combination.kind == kind]
    print(f"{kind}: {len(mine)} combinations")  # noqa: T201  the count belongs to the run's output
    assert await judged(tmp_path, mine) == []
