"""Run as a program: a worker that dies at a named point. ``python -m tests.bot.runtime.dying FOLDER POINT``.

Every create request is appended to the file ``created`` before it is answered.
"""

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bot.message import Frozen, Receipt, Uncertain
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import MINUTE, lane, living


@dataclass(slots=True)
class Noting(Pretend):
    """Notes each create request in a file, where it outlives the process."""

    file: Path = field(default_factory=Path)

    async def publish(self, frozen: Frozen) -> Receipt:
        with self.file.open("ab") as out:
            out.write(frozen.body + b"\n")
        return await Pretend.publish(self, frozen)


async def live(folder: Path, point: str) -> None:
    def die(reached: str) -> None:
        if reached == point:
            os._exit(9)

    answers = [Uncertain("no answer")] if point == "K24a" else []
    one = Noting("one", answers=[*answers], file=folder / "created")
    async with living(folder, lane(one), crashpoint=die, name="the one that dies") as world:
        world.due("Bonjour")
        await world.go_on(5 * MINUTE)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
