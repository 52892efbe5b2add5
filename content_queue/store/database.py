"""One open database, on SQLite or PostgreSQL, and the threads that use it.

Every write is one transaction that is durable when :meth:`Store.write` returns. The bot calls through
:meth:`Store.ask` and :meth:`Store.tell`, which run on the store's own threads (one writer, two readers),
never on its event loop.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

from sqlalchemy.engine import Connection

from content_queue.store import postgresql, sqlite
from content_queue.store.beside import is_beside_others
from content_queue.store.errors import BrokenDiskError, StoreError, UnsureError
from content_queue.store.postgresql import PostgreSql, ServerAddress
from content_queue.store.sqlite import SAFE_SQLITE, Sqlite, best_sqlite
from content_queue.store.writing import Call, Writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from content_queue.store.locks import WorkerLock

__all__ = [
    "SAFE_SQLITE",
    "BrokenDiskError",
    "Place",
    "ServerAddress",
    "Store",
    "StoreError",
    "Transaction",
    "UnsureError",
    "best_sqlite",
    "looked_at",
]

Transaction: TypeAlias = Connection
"""An open transaction, as rooms above the queue see it: something to hand to an operation."""
Place: TypeAlias = Path | ServerAddress
"""Where a database is: a file, or a server's address."""

A = ParamSpec("A")
R = TypeVar("R")


class Engine(Protocol):
    """What the two engines have in common. ``several`` says whether several workers may share it."""

    place: str
    several: bool
    broken: bool

    @property
    def path(self) -> Path:
        """The database's file; a server raises :class:`StoreError`."""

    def write(self, *, beside: bool) -> AbstractContextManager[Connection]:
        """Open a write transaction, alone or beside others."""

    def read(self) -> AbstractContextManager[Connection]:
        """Open a read transaction."""

    def others_wrote(self) -> int:
        """Return a number that changes whenever somebody else has written."""

    def listen(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` when others have written, where the engine tells."""

    def running(self, tx: Connection) -> str | None:
        """Return who works on this database now."""

    def trouble(self) -> str:
        """Say why it could not be written now, as far as looking from outside tells; "" if it could."""

    def still_there(self) -> None:
        """Raise :class:`StoreError` where what we hold open is no longer what its place leads to."""

    def close(self) -> None:
        """Close it."""


class Store:
    """An open database."""

    def __init__(self, place: Place, *, patience: timedelta = timedelta(seconds=30)) -> None:
        """Open a file, creating it if it is missing, or connect to a server.

        We wait ``patience`` for our turn to write. Raises :class:`StoreError` if it cannot be opened.
        """
        made = Sqlite(place, patience) if isinstance(place, Path) else PostgreSql(place, patience)
        self._engine: Engine = made
        self._writing = Writing(partial(made.write, beside=False), partial(made.write, beside=True))
        self._write_thread = ThreadPoolExecutor(1, "store-writer")
        self._read_threads = ThreadPoolExecutor(2, "store-reader")

    @property
    def place(self) -> str:
        """Where it is, for people: the file, or the address without its password."""
        return self._engine.place

    @property
    def path(self) -> Path:
        """The file; raises :class:`StoreError` where it is a server."""
        return self._engine.path

    @property
    def broken(self) -> bool:
        """Whether the disk failed under a write: whoever drives the work ends the process."""
        return self._engine.broken

    @property
    def several(self) -> bool:
        """Whether several workers may share it: then leases say who does what, else the worker's lock."""
        return self._engine.several

    @property
    def worker_lock(self) -> WorkerLock:
        """The lock of the only worker; raises :class:`StoreError` where several may share the database."""
        if isinstance(self._engine, Sqlite):
            return self._engine.worker_lock
        raise StoreError(f"several workers may share {self.place}: there is no lock of the only one")

    @property
    def sqlite(self) -> ModuleType:
        """The module that speaks to SQLite files."""
        return best_sqlite()

    def write(self) -> AbstractContextManager[Connection]:
        """Open one write transaction; it is committed durably at the end, or rolled back on an error.

        Nobody else writes meanwhile. A disk that is full, or a database that is damaged or gone, raises
        :class:`StoreError`.
        """
        return self._engine.write(beside=False)

    def read(self) -> AbstractContextManager[Connection]:
        """Open one read transaction: a consistent picture, never waiting for a writer."""
        return self._engine.read()

    def tell(
        self, operation: Callable[Concatenate[Connection, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        """Run ``operation`` on the writer's thread; its result comes once it is durable.

        Operations that wait at the same time share one transaction (see :mod:`content_queue.store.writing`).
        Raises :class:`UnsureError` when the connection was lost in the commit.
        """

        def work(connection: Connection) -> R:
            return operation(connection, *args, **kwargs)

        result = self._writing.add(Call(work, beside=is_beside_others(operation)))
        self._write_thread.submit(self._writing.commit)
        return result

    def ask(
        self, operation: Callable[Concatenate[Connection, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> Future[R]:
        """Run ``operation`` in a read transaction on a reader's thread."""

        def work() -> R:
            with self.read() as connection:
                return operation(connection, *args, **kwargs)

        return self._read_threads.submit(work)

    def others_wrote(self) -> Future[int]:
        """Return a number that changes whenever another connection has written."""
        return self._write_thread.submit(self._engine.others_wrote)

    def listen(self, wake: Callable[[], None]) -> None:
        """Call ``wake``, from any thread, as soon as others have written, where the database tells."""
        self._engine.listen(wake)

    def running(self, tx: Connection) -> str | None:
        """Return who works on this database now, or None where nobody does."""
        return self._engine.running(tx)

    def trouble(self) -> str:
        """Say why it could not be written now, as far as looking from outside tells; "" if it could."""
        return self._engine.trouble()

    def still_there(self) -> None:
        """Raise :class:`StoreError` while its file is gone, :class:`BrokenDiskError` if it was replaced."""
        self._engine.still_there()

    def close(self) -> None:
        """Finish what runs, and close. Harmless when closed."""
        self._write_thread.shutdown()
        self._read_threads.shutdown()
        self._engine.close()


def looked_at(place: Place) -> AbstractContextManager[Connection]:
    """Open a database for one look that changes nothing; raise :class:`StoreError` if it cannot be."""
    return sqlite.looked_at(place) if isinstance(place, Path) else postgresql.looked_at(place)
