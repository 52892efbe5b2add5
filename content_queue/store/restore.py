"""Putting a backup in the database's place: checked first, the present database kept beside."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from content_queue.store.backup import checksum_file
from content_queue.store.database import Store, StoreError, looked_at
from content_queue.store.epoch import sync_folder
from content_queue.store.locks import BusyError
from content_queue.store.schema import NEWEST, revision
from content_queue.store.sqlite import damage

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = ("", "-wal", "-shm", "-journal")


def check(backup: Path, expected: str = "") -> str:
    """Return the SHA-256 against which the backup was held, or "" where there is none.

    ``expected`` goes before the file beside the backup. Raises :class:`StoreError` with one line where
    the bytes are others, the file is no sound database, or a newer release wrote it.
    """
    known = expected or _noted(backup)
    try:
        with backup.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"{backup} cannot be read: {error.strerror}"
        raise StoreError(message) from None
    if known and known.lower() != found:
        message = f"{backup} is not what was backed up: its SHA-256 is {found}, expected was {known}"
        raise StoreError(message)
    _see_that_it_is_sound(backup)
    return known


def _noted(backup: Path) -> str:
    try:
        words = checksum_file(backup).read_text(errors="replace").split()
    except FileNotFoundError:
        return ""
    return words[0] if words else ""


def _see_that_it_is_sound(backup: Path) -> None:
    with looked_at(backup) as tx:
        wrong = damage(tx)
        found = revision(tx)
    if wrong or not found:
        message = f"{backup} is no sound database of ours: {wrong or 'no tables'}"
        raise StoreError(message)
    if found > NEWEST:
        message = f"{backup} was written by a newer release (schema {found}, this one knows {NEWEST})"
        raise StoreError(message)


def merge_log(database: Path) -> None:
    """Bring what stands in the log of the present database into its file; a damaged one stays as it is."""
    if database.exists():
        with suppress(StoreError, BusyError):
            Store(database).close()


def put_in_place(backup: Path, database: Path, stamp: str) -> Path | None:
    """Copy the backup to the database's place; return where the present one is kept, None if there was none.

    The copy is whole and durable before anything is moved. Raises :class:`StoreError` where the disk refuses.
    """
    fresh = database.with_name(f"{database.name}.restoring")
    kept = database.with_name(f"{database.name}.before-{stamp}")
    try:
        _copy(backup, fresh)
        moved = [_move(database, kept, part) for part in _PARTS]
        fresh.rename(database)
        sync_folder(database.parent)
    except OSError as error:
        message = f"the backup cannot be put in place: {error.strerror} ({error.filename or database})"
        raise StoreError(message) from None
    return kept if any(moved) else None


def _move(database: Path, kept: Path, part: str) -> bool:
    present = database.with_name(database.name + part)
    if not present.exists():
        return False
    present.rename(kept.with_name(kept.name + part))
    return True


def _copy(source: Path, target: Path) -> None:
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as copy, source.open("rb") as file:
        shutil.copyfileobj(file, copy)
        copy.flush()
        os.fsync(copy.fileno())
