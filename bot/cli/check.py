"""``check``: every mistake at once, before anything runs; with ``--online`` each channel signs in."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.findings import Finding
from bot.cli.online import look_online
from bot.cli.output import show

if TYPE_CHECKING:
    from bot.settings import Settings

_SQLITE_HEADER = b"SQLite format 3\x00"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.SET_UP)(check)


def check(
    ctx: typer.Context,
    online: Annotated[bool, typer.Option("--online", help="Sign in everywhere; nothing is posted.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for mistakes in the configuration, the templates, the secrets and the database."""
    settings = context_settings(ctx)
    looks = (*_LOOKS, look_online) if online else _LOOKS
    findings = [finding for look in looks for finding in look(settings)]
    show(map(asdict, findings), ("about", "state", "text"), json=as_json)
    wrong = [finding for finding in findings if finding.state == "wrong"]
    if wrong:
        raise CliError("\n".join(f"{finding.about}: {finding.text}" for finding in wrong), status=2)


def _look_at_file(settings: Settings) -> Iterator[Finding]:
    counts = f"sources: {len(settings.sources)}, channels: {len(settings.channels)}, every secret found"
    yield Finding("configuration", "good", counts)
    if settings.bot.key is None:
        yield Finding(
            "key", "note", "there is none to keep renewed tokens under; `technopolys init` makes one"
        )


def _look_at_channels(settings: Settings) -> Iterator[Finding]:
    for name, channel in settings.channels.items():
        if not channel.calendar.slots:
            yield Finding(f"channels.{name}", "note", "it has no slots: it posts only when told to publish")


def _look_at_database(settings: Settings) -> Iterator[Finding]:
    path = settings.bot.sqlite_path
    if path is None:
        return
    try:
        findings = list(_look_at_sqlite(path))
    except OSError as error:
        findings = [Finding("bot.database", "wrong", f"{path}: cannot be opened: {error.strerror}")]
    yield from findings
    if path.exists() and not any(finding.state == "wrong" for finding in findings):
        yield from _look_at_owners(settings, path)


def _look_at_sqlite(path: Path) -> Iterator[Finding]:
    """Look at the file without SQLite, so that looking makes none and waits for nobody."""
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
        yield Finding("bot.database", "wrong", f"{path}: is no SQLite database")
    elif mode & 0o077:
        yield Finding(
            "bot.database", "note", f"{path}: others on this machine can read it; run: chmod 600 {path}"
        )
    else:
        yield Finding("bot.database", "good", str(path))


def _look_at_owners(settings: Settings, path: Path) -> Iterator[Finding]:
    """Look for names that the file and the database both own; a database of another release is told."""
    from content_queue.operations.listing import sources
    from content_queue.operations.sources import two_owners
    from content_queue.store.database import StoreError, looked_at
    from content_queue.store.schema import NEWEST, revision

    try:
        with looked_at(path) as tx:
            found = revision(tx)
            known = sources(tx) if found == NEWEST else []
    except StoreError as error:
        yield Finding("bot.database", "wrong", str(error))
        return
    if found > NEWEST:
        yield Finding("bot.database", "wrong", f"{path}: a newer release wrote it; install that release")
    elif found != NEWEST:
        yield Finding("bot.database", "note", f"{path}: the next command brings its tables to this release")
    for line in two_owners(known, settings.sources):
        about, _, text = line.partition(": ")
        yield Finding(about, "wrong", text)


_LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _look_at_file,
    _look_at_channels,
    _look_at_database,
)
