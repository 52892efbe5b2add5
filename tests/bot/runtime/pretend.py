"""A pretend channel: it does what the test says, and keeps every create request that reached it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from bot.message import Account, Frozen, Limits, Message, NotYet, Progress, Receipt

LIMITS = Limits(maximum=280, measure=len, escape=str, templates={"default": "{title}"})

Answer = Receipt | Exception | Callable[[Frozen], Awaitable[Receipt]]
Preparing = NotYet | Exception | Callable[[Message, Progress], Awaitable[Frozen | NotYet]]


@dataclass(slots=True)
class Pretend:
    """One account. ``answers`` and ``preparing`` are used up in turn, then all goes well.

    ``timeline`` is what a look finds: the text of a post -> its receipt, or an error for every look.
    """

    name: str
    limits: Limits = LIMITS
    answers: list[Answer] = field(default_factory=list)
    preparing: list[Preparing] = field(default_factory=list)
    timeline: dict[str, Receipt] | Exception = field(default_factory=dict)
    created: list[Frozen] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    looked: list[Collection[str]] = field(default_factory=list)
    closed: bool = False

    @property
    def texts(self) -> list[str]:
        return [frozen.body.decode() for frozen in self.created]

    async def check(self) -> Account:
        return Account("1", self.name)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        self.prepared.append(message.text)
        step = self.preparing.pop(0) if self.preparing else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, NotYet):
            return step
        return frozen(message, progress) if step is None else await step(message, progress)

    async def publish(self, frozen: Frozen) -> Receipt:
        self.created.append(frozen)
        answer = self.answers.pop(0) if self.answers else receipt(len(self.created))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Receipt) else await answer(frozen)

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        self.looked.append(known)
        if isinstance(self.timeline, Exception):
            raise self.timeline
        return self.timeline.get(frozen.body.decode())

    async def close(self) -> None:
        self.closed = True


def frozen(message: Message, progress: Progress) -> Frozen:
    return Frozen(message.text.encode(), progress.key)


def receipt(number: int) -> Receipt:
    return Receipt(str(number), f"https://pretend.example/{number}")


async def hang(_frozen: Frozen) -> Receipt:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError
