"""SQLite: one file, one worker, and the turn that lets one process write at a time."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

from content_queue.store.errors import BrokenDiskError, DamagedError, StoreError
from content_queue.store.locks import BusyError, Turn, WorkerLock
from content_queue.store.presence import Presence, disk_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta
    from pathlib import Path
    from types import ModuleType

    from sqlalchemy.engine import Connection, Dialect, Engine

SAFE_SQLITE = (3, 51, 3)
"""From here on two connections may reset a WAL at once without corrupting it."""
_STATEMENTS = 1000
"""So many are kept worded: more than there are."""
_WAY_OUT = "restore a backup: technopolys restore FILE"


class Sqlite:
    """An open SQLite database. Every write transaction has it alone, so ``beside`` makes no difference."""

    several = False

    def __init__(self, path: Path, patience: timedelta) -> None:
        """Open ``path``, creating it if it is missing; raise :class:`StoreError` if that cannot be."""
        self.path = path
        self.place = str(path)
        self.broken = False
        self.module = best_sqlite()
        self.worker_lock = WorkerLock(path.with_name(path.name + ".worker"))
        try:
            _make_private(path)
            self._turn = Turn(path.with_name(path.name + ".turn"), patience)
        except OSError as error:
            raise StoreError(_cannot_open(path, error)) from None
        self._writer = _engine(self.module, path, "BEGIN IMMEDIATE", connections=1)
        self._reader = _engine(self.module, path, "BEGIN", connections=2)
        try:
            with self._turn.taken(), self._writer.connect():
                pass
        except (OSError, BusyError, sa.exc.DBAPIError) as error:
            self._turn.close()
            raise StoreError(_cannot_open(path, error)) from None
        self._presence = Presence(path)

    @contextmanager
    def write(self, *, beside: bool) -> Iterator[Connection]:
        """Open one write transaction under the turn."""
        del beside
        with self._one_line(), self._turn.taken(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open one read transaction."""
        with self._one_line(), self._reader.begin() as connection:
            yield connection

    def others_wrote(self) -> int:
        """Ask on the writer's own connection, where the number counts the others' commits only."""
        raw = self._writer.raw_connection()
        try:
            row = raw.cursor().execute("PRAGMA data_version").fetchone()
            return int(row[0])
        finally:
            raw.close()

    def listen(self, wake: Callable[[], None]) -> None:
        """Nothing tells: who wants to know asks :meth:`others_wrote`."""

    def running(self, _tx: Connection) -> str | None:
        """Return who holds the worker's lock, or None where nobody does."""
        return self.worker_lock.holder() if self.worker_lock.taken() else None

    def trouble(self) -> str:
        """Look at the file and its disk."""
        return disk_trouble(self.path)

    def still_there(self) -> None:
        """Look whether the file is still the one that was opened."""
        self._presence.check()

    def close(self) -> None:
        """Close under the turn: the last close checkpoints. Harmless when closed."""
        if self._turn.closed:
            return
        with self._turn.taken():
            self._reader.dispose()
            self._writer.dispose()
        self._turn.close()

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        """Turn what the disk or the file refuses into one line for people."""
        try:
            yield
        except sa.exc.DatabaseError as error:
            said = str(error.orig)
            if not (isinstance(error, sa.exc.OperationalError) or _is_damage(said)):
                raise  # a rule of the tables: a fault of ours, not of the file
            trouble = what_failed(self.path, said)
            self.broken = self.broken or isinstance(trouble, BrokenDiskError)
            raise trouble from error


@contextmanager
def looked_at(path: Path) -> Iterator[Connection]:
    """Open a file for one look that changes nothing; raise :class:`StoreError` if it cannot be."""
    module = best_sqlite()
    address = f"{path.absolute().as_uri()}?mode=ro"
    engine = sa.create_engine("sqlite://", module=module, creator=lambda: module.connect(address, uri=True))
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        raise StoreError(_cannot_open(path, error)) from None
    finally:
        engine.dispose()


def best_sqlite() -> ModuleType:
    """Return the ``pysqlite3`` wheel's module where the interpreter's SQLite has the WAL-reset bug."""
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return sqlite3
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2  # type: ignore[no-any-return]  # the wheel has no types


def _engine(module: ModuleType, path: Path, begin: str, *, connections: int) -> Engine:
    dialect, worded = _speech(module)
    engine = sa.create_engine(
        "sqlite://",
        module=module,
        creator=lambda: _connect(module, path),
        poolclass=sa.pool.QueuePool,
        pool_size=connections,
        max_overflow=0,
        execution_options={"compiled_cache": worded},
    )
    engine.dialect = dialect

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@cache
def _speech(module: ModuleType) -> tuple[Dialect, LRUCache[Any, Any]]:
    """Return what words statements, for every engine: each statement is worded once, not by each anew."""
    engine = sa.create_engine(
        "sqlite://",
        module=module,
        json_serializer=partial(json.dumps, ensure_ascii=False),  # so that a topic's accents can be searched
    )
    with engine.connect() as connection:  # it learns at the first what this SQLite can do
        return connection.dialect, LRUCache(_STATEMENTS)


def _connect(module: ModuleType, path: Path) -> sa.engine.interfaces.DBAPIConnection:
    # isolation_level None: the driver begins nothing by itself, our "begin" event does
    connection: sqlite3.Connection = module.connect(
        str(path), timeout=30, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
    except Exception:
        connection.close()
        raise
    return cast(sa.engine.interfaces.DBAPIConnection, connection)


def _make_private(path: Path) -> None:
    """Make a missing database file for its owner alone, whatever the umask."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))


def what_failed(path: Path, said: str) -> StoreError:
    """Return what SQLite's words mean for whoever uses the database at ``path``.

    "disk I/O error" is all that it says of a disk that is full by quota, read-only or broken, so we try
    the folder ourselves: where that has a plain reason the trouble passes, else the disk is broken.
    """
    if _is_damage(said):
        return DamagedError(damaged(path, said))
    if "disk I/O error" not in said:
        return StoreError(f"the database {path} cannot be used: {said}")
    try:
        _write_beside(path)
    except OSError as error:
        if error.errno != errno.EIO:
            return StoreError(f"the database {path} cannot be used: {error.strerror}")
    return BrokenDiskError(f"the disk under {path} failed ({said}): the worker ends; look at the disk")


def _write_beside(path: Path) -> None:
    trial = path.with_name(f"{path.name}.trial")
    fd = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(fd, bytes(4096))
        os.fsync(fd)
    finally:
        os.close(fd)
        trial.unlink(missing_ok=True)


def damage(tx: Connection) -> str:
    """Return what SQLite finds wrong with the file, "" where all is well; it reads all of it."""
    found = [str(row[0]) for row in tx.exec_driver_sql("PRAGMA integrity_check(1)")]
    return "" if found == ["ok"] else " ".join(found).replace("\n", " ")


def _is_damage(said: str) -> bool:
    return "malformed" in said or "not a database" in said


def damaged(path: Path, said: str) -> str:
    """Say what to do about a damaged file."""
    return f"the database {path} is damaged ({said}): {_WAY_OUT}"


def _cannot_open(path: Path, error: Exception) -> str:
    cause = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
    way_out = "check that its folder exists and can be written"
    if _is_damage(str(cause)):
        way_out = f"it is damaged: {_WAY_OUT}"
    return f"the database {path} cannot be opened: {cause}; {way_out}"
