"""Dying without a process: from one moment on nothing of a worker reaches the database or the network.

What is left is what SIGKILL leaves: the commits that were made, the bytes that were sent, no lock. The named
points are met by a real ``kill -9`` as well (``tests/never_twice/killed``); this is for thousands of
combinations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from content_queue.store.database import Store, Transaction

A = ParamSpec("A")
R = TypeVar("R")


class Killed(BaseException):
    """The worker is dead."""


class Death:
    """Comes at a named point, or never; from then on every point is the last."""

    def __init__(self, point: str = "") -> None:
        self._point = point
        self.came = asyncio.Event()
        self._dead = False

    @property
    def dead(self) -> bool:
        return self._dead

    def __call__(self, reached: str) -> None:
        """Die if this is the point; any thread may come here."""
        if reached == self._point and not self._dead:
            self._dead = True
            self.came.set()
        if self._dead:
            raise Killed(reached)

    def on_the_wire(self, reached: str) -> None:
        """Die at a point that only the network sees: it goes on, its client is gone."""
        if reached == self._point and not self._dead:
            self._dead = True
            self.came.set()
            raise ConnectionResetError(reached)


class MortalStore(Store):
    """One worker's view of an open database: nothing that it does once it is dead is committed."""

    def __init__(self, opened: Store, death: Death) -> None:
        self.__dict__.update(opened.__dict__)
        self._death = death

    def tell(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        return super().tell(self._while_alive(operation), *args, **kwargs)

    def ask(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        return super().ask(self._while_alive(operation), *args, **kwargs)

    def _while_alive(
        self, operation: Callable[Concatenate[Transaction, A], R]
    ) -> Callable[Concatenate[Transaction, A], R]:
        @wraps(operation)
        def work(tx: Transaction, /, *args: A.args, **kwargs: A.kwargs) -> R:
            result = operation(tx, *args, **kwargs)
            if self._death.dead:
                raise Killed  # before the commit
            return result

        return work


def unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Let nobody hear of the tasks of the dead; whatever else goes wrong is told as ever."""
    if not isinstance(context.get("exception"), Killed):
        loop.default_exception_handler(context)


async def abandon(before: set[asyncio.Task[object]]) -> None:
    """Drop all that a dead worker had begun, as the kernel would; what the network does goes on."""
    ours = {task for task in asyncio.all_tasks() - before if task.get_name() != "network"}
    ours.discard(asyncio.current_task())
    for task in ours:
        task.cancel()
    await asyncio.gather(*ours, return_exceptions=True)
