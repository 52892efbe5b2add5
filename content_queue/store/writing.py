"""Writes that wait at the same time are committed together: one wait for the disk, however many they are.

    waiting calls -> one transaction -> commit -> each caller gets its result

Nobody gets a result before it is durable. Where one of them fails, all are undone and each is made again by
itself, so that no call is touched by another's trouble. Where the connection was lost inside the commit,
nobody knows whether it is written, and each caller is told so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy.engine import Connection

from content_queue.store.errors import UnsureError

R = TypeVar("R")
Opener = Callable[[], AbstractContextManager[Connection]]
TOGETHER = 50
"""So many at most, or the first would wait long for the last."""


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """An operation that waits for its transaction, and the future that its result comes in.

    It may be made twice: what it changes, it changes in the database alone. ``beside`` says that others may
    write meanwhile.
    """

    operation: Callable[[Connection], R]
    beside: bool = False
    future: Future[R] = field(default_factory=Future)


class Writing:
    """The calls that wait for the writer's thread. Any thread adds; only the writer's commits."""

    def __init__(self, alone: Opener, beside: Opener | None = None) -> None:
        """Take what opens a write transaction, alone or beside others, and commits it at its end."""
        self._alone = alone
        self._beside = beside or alone
        self._waiting: deque[Call[Any]] = deque()

    def add(self, call: Call[R]) -> Future[R]:
        """Let a call wait for the next commit."""
        self._waiting.append(call)
        return call.future

    def commit(self) -> None:
        """Make the calls that wait now; those that an earlier commit took along are done already."""
        calls = [call for call in self._taken() if call.future.set_running_or_notify_cancel()]
        if len(calls) > 1 and self._made_together(calls):
            return
        for call in calls:
            self._make(call)

    def _transaction(self, *, beside: bool) -> AbstractContextManager[Connection]:
        return self._beside() if beside else self._alone()

    def _taken(self) -> list[Call[Any]]:
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), TOGETHER))]

    def _made_together(self, calls: list[Call[Any]]) -> bool:
        beside = all(call.beside for call in calls)
        try:
            with self._transaction(beside=beside) as connection:
                results = [call.operation(connection) for call in calls]
        except UnsureError as error:  # it may be written: who repeats it must know how
            for call in calls:
                call.future.set_exception(error)
            return True
        except BaseException:  # noqa: BLE001  whose trouble it is shows when each is made by itself
            return False
        for call, result in zip(calls, results, strict=True):
            call.future.set_result(result)
        return True

    def _make(self, call: Call[R]) -> None:
        try:
            with self._transaction(beside=call.beside) as connection:
                result = call.operation(connection)
        except BaseException as error:  # noqa: BLE001  whatever it was, the caller gets it
            call.future.set_exception(error)
        else:
            call.future.set_result(result)
