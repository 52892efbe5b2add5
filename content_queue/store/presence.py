"""Whether the file that we have open is still the one that its name leads to.

A database that was deleted or replaced while we run takes our writes and loses them: to the kernel it is
another file. Asking costs two system calls, so it is asked before each intent.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from content_queue.store.errors import BrokenDiskError, StoreError

if TYPE_CHECKING:
    from pathlib import Path


LEAST_ROOM = 1024 * 1024
"""Below so many free bytes a database that must write before it sends will soon stop."""


def disk_trouble(path: Path) -> str:
    """Say why the database at ``path`` could not be written now, as far as looking tells; "" if it could."""
    if not path.exists():
        return f"the database {path} is gone"
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
        return f"the database {path} cannot be written: its disk or its mode allows reading only"
    disk = os.statvfs(path)
    room = disk.f_bavail * disk.f_frsize
    return f"the disk under {path} is full: {room // 1024} KiB are left" if room < LEAST_ROOM else ""


class Presence:
    """Remembers which file stood at ``path`` when it was opened."""

    def __init__(self, path: Path) -> None:
        """Look at the file now; raise :class:`StoreError` where there is none."""
        self._path = path
        self._which = self._identity()

    def check(self) -> None:
        """Raise :class:`StoreError` while the file is gone.

        Raises :class:`BrokenDiskError` when another one has taken its place: what we hold open is nobody's
        database any more, and only a fresh start can take up the other.
        """
        if self._identity() != self._which:
            message = f"the database {self._path} was replaced while it was in use: the worker ends"
            raise BrokenDiskError(message)

    def _identity(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            message = f"the database {self._path} is gone: {error.strerror}"
            raise StoreError(message) from None
        return found.st_dev, found.st_ino
