"""The two locks of a SQLite database, both ``flock`` on files beside it.

``worker`` is held for life and names its holder; ``turn`` is taken around each write transaction,
checkpoint and last close by every process: two writers at ``synchronous=FULL`` would otherwise
starve each other, and SQLite before 3.51.3 may corrupt a WAL that two connections reset at once.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

_PAUSE = 0.001
_CLOSED = -1
_GLANCES = 20
BUSY = "the database is busy with another process; try again in a moment"


class BusyError(RuntimeError):
    """The database is busy with another process for longer than we wait."""


class WorkerRunningError(RuntimeError):
    """Another worker holds the lock; the message names it."""


class WorkerLock:
    """Held from start to end of a worker; the kernel lets go of it however the process dies."""

    def __init__(self, path: Path) -> None:
        """Prepare the lock file's path; nothing is opened yet."""
        self._path = path
        self._fd: int | None = None

    def take(self, holder: str) -> None:
        """Take the lock and write ``holder`` into it; raise :class:`WorkerRunningError` if it is taken.

        Harmless where we hold it: a worker may follow another one in the same process.
        """
        if self._fd is not None:
            return
        fd = _open(self._path)
        if not any(_locked(fd) for _ in range(_GLANCES)):
            os.close(fd)
            message = f"another worker runs on this database: {self.holder() or 'it did not leave its name'}"
            raise WorkerRunningError(message)
        os.ftruncate(fd, 0)
        os.pwrite(fd, holder.encode(), 0)
        self._fd = fd

    def holder(self) -> str:
        """Return who wrote its name last, or ""."""
        try:
            return self._path.read_text(errors="replace").strip()
        except FileNotFoundError:
            return ""

    def taken(self) -> bool:
        """Say whether some process holds the lock now."""
        fd = _open(self._path)
        try:
            return not _locked(fd)
        finally:
            os.close(fd)

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Turn:
    """One writer at a time, over all processes and this one's threads."""

    def __init__(self, path: Path, patience: timedelta) -> None:
        """Open the lock file; wait at most ``patience`` for each turn."""
        self._fd = _open(path)
        self._mine = threading.Lock()  # flock lets every thread of a process in
        self._patience = patience.total_seconds()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn; raise :class:`BusyError` when it does not come."""
        end = time.monotonic() + self._patience
        if not self._mine.acquire(timeout=self._patience):
            raise BusyError(BUSY)
        try:
            self._take(end)
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            self._mine.release()

    @property
    def closed(self) -> bool:
        """Say whether the lock file is closed."""
        return self._fd == _CLOSED

    def close(self) -> None:
        """Close the lock file; its number may belong to another file from then on."""
        os.close(self._fd)
        self._fd = _CLOSED

    def _take(self, end: float) -> None:
        # flock has no time-out of its own; a short pause keeps a stopped holder from stopping us for ever
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise BusyError(BUSY) from None
                time.sleep(_PAUSE)
            else:
                return


def _locked(fd: int) -> bool:
    """Try to take the lock, for a moment: another process may only be asking whether it is taken."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_PAUSE)
        return False
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
