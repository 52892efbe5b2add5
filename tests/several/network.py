"""A network that many processes post to: one file for each account, a line for each post the public sees.

A keyed one shows one post for each key, however often it is asked; any other shows every create request. Some
answers are lost on the way, some requests never arrive; which, the seed says.
"""

import asyncio
import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from bot.message import Account, Frozen, Limits, Message, NotYet, Progress, Receipt, TryLater, Uncertain

LIMITS = Limits(maximum=280, measure=len, escape=str, templates={"default": "{title}"})
LOST, REFUSED_TO_SERVE = 0.02, 0.02
SLOWEST = 0.02
"""Seconds."""


@dataclass(slots=True)
class Counting:
    """One account."""

    name: str
    folder: Path
    chance: Random
    keyed: bool
    limits: Limits = LIMITS

    async def check(self) -> Account:
        return Account("1", self.name)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        await asyncio.sleep(self.chance.random() * SLOWEST)
        return Frozen(message.text.encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        if self.chance.random() < REFUSED_TO_SERVE:
            raise TryLater("not now")
        await asyncio.sleep(self.chance.random() * SLOWEST)
        number = self._create(frozen)
        await asyncio.sleep(self.chance.random() * SLOWEST)
        if self.chance.random() < LOST:
            raise Uncertain("the answer was lost")
        return Receipt(f"{self.name}-{number}")

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        text = frozen.body.decode()
        seen = [number for number, (_, shown) in enumerate(shown_on(self.folder, self.name)) if shown == text]
        return Receipt(f"{self.name}-{seen[0]}") if seen else None

    async def close(self) -> None:
        """Nothing is open."""

    def _create(self, frozen: Frozen) -> int:
        with _alone(self.folder / self.name) as file:
            shown = _lines(file)
            if self.keyed and frozen.key in (keys := [key for key, _ in shown]):
                return keys.index(frozen.key)
            os.write(file, f"{frozen.key} {frozen.body.decode()}\n".encode())
            return len(shown)


def shown_on(folder: Path, account: str) -> list[tuple[str, str]]:
    """The account's posts as the public sees them, oldest first: key and text."""
    with _alone(folder / account) as file:
        return _lines(file)


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _lines(file: int) -> list[tuple[str, str]]:
    text = os.pread(file, os.fstat(file).st_size, 0).decode()
    return [(key, shown) for key, _, shown in (line.partition(" ") for line in text.splitlines())]
