"""What stands against the database, looked at before anything opens it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.cli.findings import Finding

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.store.database import Place, Transaction

R = TypeVar("R")
_SQLITE_HEADER = b"SQLite format 3\x00"


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Look at the database's place, and for names that it and the file both own."""
    from bot.assemble import place

    where, path = place(settings), settings.bot.sqlite_path
    findings = list(look_at_place(path)) if path is not None else []
    yield from findings
    if path is None:
        yield from _look_inside(settings, where, met=Finding("bot.database", "good", str(where)))
    elif path.exists() and not any(finding.state == "wrong" for finding in findings):
        yield from _look_inside(settings, where)


def look_into(settings: Settings, read: Callable[[Transaction], R]) -> R | None:
    """Return what ``read`` finds in the database as it is, None where there is none of this release.

    It makes no file and changes nothing. Raises ``StoreError`` when the database cannot be opened.
    """
    from bot.assemble import place
    from content_queue.store.database import looked_at
    from content_queue.store.schema import NEWEST, revision

    path = settings.bot.sqlite_path
    if path is not None and (not path.exists() or any(one.state == "wrong" for one in look_at_place(path))):
        return None
    with looked_at(place(settings)) as tx:
        return read(tx) if revision(tx) == NEWEST else None


def look_through(settings: Settings) -> Iterator[Finding]:
    """Read every page of the file: one that was damaged where nobody has looked is found before it is met."""
    from content_queue.store.database import StoreError, looked_at
    from content_queue.store.sqlite import damage, damaged

    path = settings.bot.sqlite_path
    if path is None or not path.exists():
        return
    try:
        with looked_at(path) as tx:
            said = damage(tx)
    except StoreError as error:
        yield Finding("bot.database", "wrong", str(error))
        return
    if said:
        yield Finding("bot.database", "wrong", damaged(path, said))


def look_at_place(path: Path) -> Iterator[Finding]:
    """Look at the file without SQLite, so that looking makes none and waits for nobody.

    Not while this process has it open: closing a file gives up every lock that the process has on it.
    """
    try:
        yield from _look_at_file(path)
    except OSError as error:
        yield Finding("bot.database", "wrong", f"{path}: cannot be opened: {error.strerror}")


def _look_at_file(path: Path) -> Iterator[Finding]:
    if not path.exists():
        fit = path.parent.is_dir() and os.access(path.parent, os.W_OK | os.X_OK)
        where = (
            f"{path} will be made" if fit else f"{path}: cannot be made: its folder is missing or not ours"
        )
        yield Finding("bot.database", "good" if fit else "wrong", where)
        return
    with path.open("r+b") as file:
        header = file.read(len(_SQLITE_HEADER))
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if header and header != _SQLITE_HEADER:
        yield Finding(
            "bot.database",
            "wrong",
            f"{path}: is no SQLite database: name another, or restore a backup: technopolys restore FILE",
        )
    elif mode & 0o077:
        yield Finding(
            "bot.database", "note", f"{path}: others on this machine can read it; run: chmod 600 {path}"
        )
    else:
        yield Finding("bot.database", "good", str(path))


def _look_inside(settings: Settings, where: Place, met: Finding | None = None) -> Iterator[Finding]:
    """Look for names that the file and the database both own; a database of another release is told.

    ``met`` is what is found once the database has answered.
    """
    from content_queue.operations.listing import sources
    from content_queue.operations.sources import two_owners
    from content_queue.store.database import StoreError, looked_at
    from content_queue.store.schema import NEWEST, revision

    try:
        with looked_at(where) as tx:
            found = revision(tx)
            known = sources(tx) if found == NEWEST else []
    except StoreError as error:
        yield Finding("bot.database", "wrong", str(error))
        return
    if met is not None:
        yield met
    if found > NEWEST:
        yield Finding("bot.database", "wrong", f"{where}: a newer release wrote it; install that release")
    elif found != NEWEST:
        yield Finding("bot.database", "note", f"{where}: the next command brings its tables to this release")
    for line in two_owners(known, settings.sources):
        about, _, text = line.partition(": ")
        yield Finding(about, "wrong", text)
