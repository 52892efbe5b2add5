"""A thread of its own for a network library that blocks, so that a hung call holds nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class NotStartedError(TimeoutError):
    """The deadline passed while the call still waited for its turn: it never ran and never will."""


def forget(_result: object) -> None:
    """Drop a late result."""


@dataclass(frozen=True, slots=True)
class _Call(Generic[Result]):
    """A call on its way to the thread, and the future that its result comes in."""

    make: Callable[[], Result]
    future: Future[Result]

    def carry_out(self) -> None:
        """Make the call, unless nobody waits for it any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.make())
        except BaseException as error:  # noqa: BLE001  whatever it was, the waiting coroutine gets it
            self.future.set_exception(error)


_Calls = SimpleQueue[_Call[Any] | None]


def _serve(calls: _Calls) -> None:
    """Make one call after the other, until told to leave."""
    while (call := calls.get()) is not None:
        call.carry_out()


class CallThread:
    """One daemon thread that makes a channel's blocking calls in turn.

    A thread whose call outlives its deadline is left to it, and another takes its place. Being a daemon
    it does not hold up the exit either (those of ThreadPoolExecutor are joined there).
    """

    def __init__(self, name: str) -> None:
        """Take the name that the thread is to carry; it starts with the first call."""
        self._name = name
        self._calls: _Calls | None = None

    async def run(
        self, call: Callable[[], Result], deadline: timedelta, late: Callable[[Result], None] = forget
    ) -> Result:
        """Make ``call`` in the thread and return its result.

        Raises TimeoutError at ``deadline`` while the call goes on, and its result, if it comes, is handed
        to ``late`` in the thread; so it is when the waiting coroutine is cancelled. Raises
        :class:`NotStartedError` for a call whose turn had not come: that one is never made.
        """
        future: Future[Result] = Future()
        self._queue().put(_Call(call, future))
        answered = asyncio.wrap_future(future)
        try:
            await asyncio.wait({answered}, timeout=deadline.total_seconds())
        except asyncio.CancelledError:
            self._leave(future, answered, late)
            raise
        if answered.done():
            return answered.result()
        raise TimeoutError if self._leave(future, answered, late) else NotStartedError

    def close(self) -> None:
        """Let the thread go once its present call is over; waits for nothing."""
        if self._calls is not None:
            self._calls.put(None)
            self._calls = None

    def _queue(self) -> _Calls:
        """Return the queue of a living thread."""
        if self._calls is None:
            self._calls = SimpleQueue()
            Thread(target=_serve, args=(self._calls,), name=self._name, daemon=True).start()
        return self._calls

    def _leave(
        self, future: Future[Result], answered: asyncio.Future[Result], late: Callable[[Result], None]
    ) -> bool:
        """Stop waiting for a call; return whether it had started."""
        dropped = future.cancel()
        answered.cancel()
        if not dropped:
            future.add_done_callback(lambda done: None if done.exception() else late(done.result()))
            self._replace()
        return not dropped

    def _replace(self) -> None:
        """Leave the hung thread to its call and hand the calls behind it to another."""
        hung, self._calls = self._calls, None
        if hung is None:
            return
        for call in _rest_of(hung):
            self._queue().put(call)
        hung.put(None)


def _rest_of(calls: _Calls) -> list[_Call[Any] | None]:
    """Take what still waits in a queue."""
    rest = []
    while True:
        try:
            rest.append(calls.get_nowait())
        except Empty:
            return rest
