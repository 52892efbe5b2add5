"""A database that refuses what the test says."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from content_queue.store.database import Store, Transaction
from content_queue.store.schema import upgrade
from tests.bot.runtime.world import SECOND

A = ParamSpec("A")
R = TypeVar("R")


class FailingStore(Store):
    """Refuses the operations named in ``refuses``, as a full disk does."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, patience=2 * SECOND)
        upgrade(self)
        self.refuses: set[str] = set()
        self.refused: list[str] = []
        self.refusal: Callable[[], Exception] = OSError  # without a word, which is the worst that may come

    def tell(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        if operation.__name__ not in self.refuses:
            return super().tell(operation, *args, **kwargs)
        self.refused.append(operation.__name__)
        refusal: Future[R] = Future()
        refusal.set_exception(self.refusal())
        return refusal
