"""A copy of the whole database while it is in use: one consistent picture, in one file of its own."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from content_queue.store.database import StoreError

if TYPE_CHECKING:
    import sqlite3

    from content_queue.store.database import Store


def back_up(store: Store, target: Path) -> str:
    """Copy the database into ``target``, a new file that only its owner may read; return its SHA-256.

    The checksum is also written beside it.

    The copy is checked whole. Raises :class:`StoreError` with one line, and leaves no half of a copy:
    ``target`` exists already, cannot be written, or the copy is not sound.
    """
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        message = f"{target} exists already: a backup overwrites nothing"
        raise StoreError(message) from None
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror}"
        raise StoreError(message) from None
    try:
        _copy(store, target)
        digest = _digest(target)
        checksum_file(target).write_text(f"{digest}  {target.name}\n", encoding="utf-8")
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError | store.sqlite.Error):
            message = f"the backup {target} could not be made: {error}"
            raise StoreError(message) from None
        raise
    return digest


def checksum_file(backup: Path) -> Path:
    """Return where a backup's checksum stands, in the form that ``sha256sum --check`` reads."""
    return backup.with_name(backup.name + ".sha256")


def _copy(store: Store, target: Path) -> None:
    source: sqlite3.Connection = store.sqlite.connect(str(store.path))
    copy: sqlite3.Connection = store.sqlite.connect(str(target))
    try:
        source.backup(copy)  # all pages in one step: others may write, the picture stays one
        copy.execute("PRAGMA journal_mode = DELETE")  # a single file, with nothing beside it
        found = copy.execute("PRAGMA integrity_check").fetchone()
        if found[0] != "ok":
            message = f"the copy is not sound: {found[0]}"
            raise StoreError(message)
    finally:
        copy.close()
        source.close()


def _digest(target: Path) -> str:
    with target.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
