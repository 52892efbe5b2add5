"""The epoch: a random word in the database and in a file beside it, which tells an old database from ours.

A disk that was rolled back, a copy that took the database's place: both have an epoch that the file beside
them does not know. The word changes at each start and each minute. It is committed in the database first,
with the one before it, then written to the file; a crash between the two leaves a file that knows the one
before.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from content_queue.store.database import BrokenDiskError, StoreError

if TYPE_CHECKING:
    from pathlib import Path


class EpochFile:
    """The file beside a database. It holds one word, and only its owner may read it."""

    def __init__(self, database: Path) -> None:
        """Take the database's path; nothing is opened yet."""
        self._path = database.with_name(database.name + ".epoch")
        self._database = database

    def read(self) -> str:
        """Return the word, or "" where there is no file."""
        try:
            return self._path.read_text(errors="replace").strip()
        except FileNotFoundError:
            return ""

    def write(self, word: str) -> None:
        """Replace the word durably, whole or not at all.

        Raises :class:`StoreError` where it cannot be, :class:`BrokenDiskError` where the disk itself failed.
        """
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            try:
                os.write(fd, word.encode())
                os.fsync(fd)
            finally:
                os.close(fd)
            fresh.rename(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            if error.errno == errno.EIO:
                told = f"the disk under {self._path} failed ({error.strerror}): the worker ends"
                raise BrokenDiskError(f"{told}; look at the disk") from None
            message = f"{self._path} cannot be written: {error.strerror}"
            raise StoreError(message) from None

    def refuse_to_begin_anew(self) -> None:
        """Raise :class:`StoreError` where the database is missing though there was one."""
        if self._path.exists() and not self._database.exists():
            message = (
                f"the database {self._database} is gone, though there was one: restore a backup with"
                f" `technopolys restore FILE`, or delete {self._path} to begin with an empty one"
            )
            raise StoreError(message)


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems know no sync of folders
            os.fsync(fd)
    finally:
        os.close(fd)
