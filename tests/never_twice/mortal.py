"""Dying without a process: from one moment on nothing of a worker reaches the database or the network.

What is left is what SIGKILL leaves: the commits that were made, the bytes that were sent, no lock. The named
points are met by a real ``kill -9`` as well (``tests/never_twice/killed``); this is for thousands of
combinations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from content_queue.store.database import Store, Transaction
from content_queue.store.locks import WorkerLock
from content_queue.store.writing import Writing

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
    """Commits nothing and tells nothing once its worker is dead.

    ``after`` is the store of an earlier life, whose engines and threads it takes over with fresh connections:
    statements are compiled once for each engine, which takes longer than all else in a round.
    """

    def __init__(self, path: Path, death: Death, after: MortalStore | None = None) -> None:
        if after is None:
            super().__init__(path)
        else:
            after.leave()
            self.__dict__.update(after.__dict__)
            self.worker_lock = WorkerLock(path.with_name(path.name + ".worker"))
            self._writing = Writing(self.write)
        self._death = death

    def leave(self) -> None:
        """Let go of lock and connections once what is queued has come to nothing."""
        self.worker_lock.release()
        self._write_thread.submit(int).result()
        for reading in [self._read_threads.submit(int) for _ in range(2)]:
            reading.result()
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with super().write() as connection:
            yield connection
            if self._death.dead:
                raise Killed

    def tell(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        return _dead() if self._death.dead else super().tell(operation, *args, **kwargs)

    def ask(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        return _dead() if self._death.dead else super().ask(operation, *args, **kwargs)


def _dead() -> Future[R]:
    future: Future[R] = Future()
    future.set_exception(Killed())
    return future


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
