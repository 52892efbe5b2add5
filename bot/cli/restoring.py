"""``restore``: put a backup in the database's place, after showing what that means."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.rows import POSTS, local, post_rows

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.item import Post
    from content_queue.store.database import Store


PATIENCE = timedelta(seconds=30)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.UPKEEP)(restore)


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `technopolys backup` wrote.")],
    sha256: Annotated[
        str, typer.Option(metavar="HEX", help="Its checksum, where FILE.sha256 is not beside it.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """Put a backup in the database's place; nothing goes out until the accounts were read, or you say go."""
    from content_queue.store.database import StoreError
    from content_queue.store.locks import BusyError, WorkerLock, WorkerRunningError

    settings = context_settings(ctx)
    path = settings.bot.sqlite_path
    if path is None:
        raise CliError(
            "the database is a PostgreSQL server: restore it with pg_restore (docs/operations.md)",
            status=2,
        )
    lock = WorkerLock(path.with_name(path.name + ".worker"))
    try:
        lock.take("a restore")
        _restore(settings, path, file, sha256, sure=yes)
    except WorkerRunningError as error:
        raise CliError(f"{error}: stop it first") from None
    except (StoreError, BusyError) as error:
        raise CliError(str(error)) from None
    finally:
        lock.release()


def _restore(settings: Settings, path: Path, file: Path, sha256: str, *, sure: bool) -> None:
    from content_queue.store.restore import check

    known = check(file, sha256)
    say(f"{file}: sound" + (", and its checksum is right" if known else "; no checksum to hold it against"))
    _preview(settings, path, file)
    if not sure:
        if not sys.stdin.isatty():
            raise CliError("say --yes to restore it: there is nobody here to ask", status=2)
        typer.confirm("Restore it?", abort=True)
    _carry_out(settings, path, file)


def _preview(settings: Settings, path: Path, file: Path) -> None:
    from content_queue.operations import restored
    from content_queue.store.database import looked_at
    from content_queue.store.schema import NEWEST, revision

    now = datetime.now(UTC)
    with looked_at(file) as tx:
        if revision(tx) != NEWEST:
            say("an older release wrote it: its tables will be brought to this release")
            return
        written = restored.written_at(tx)
        due = [] if written is None else restored.due_since(tx, written, now)
    zone = settings.bot.timezone
    say(f"it knows what happened until {local(written, zone) or 'nothing yet'}")
    say(f"{path}: {'kept beside, under a name of its own' if path.exists() else 'there is none now'}")
    say(f"due since then, by what it knows: {len(due)}; these may be out already, so all channels are held")
    _show(due, settings)


def _show(due: list[Post], settings: Settings) -> None:
    if due:
        show(post_rows(due, settings, whole=False), POSTS, json=False)


def _carry_out(settings: Settings, path: Path, file: Path) -> None:
    from bot import assemble
    from content_queue.store.epoch import EpochFile
    from content_queue.store.locks import Turn
    from content_queue.store.restore import merge_log, put_in_place

    now = datetime.now(UTC)
    merge_log(path)
    EpochFile(path).write(token_hex(16))  # should we die from here on, the next start sees an old database
    turn = Turn(path.with_name(path.name + ".turn"), PATIENCE)
    with turn.taken():
        kept = put_in_place(file, path, now.strftime("%Y%m%dT%H%M%SZ"))
    turn.close()
    if kept is not None:
        say(f"the database that was here is kept as {kept}")
    opened = assemble.store(settings)
    try:
        held = _hold(opened, now, list(settings.channels))
    finally:
        opened.close()
    say(f"restored; held until their accounts were read back, or you say go: {', '.join(held) or 'nothing'}")
    say("technopolys run reads back what can be read; for the others: technopolys resume --channel C")


def _hold(opened: Store, now: datetime, channels: list[str]) -> list[str]:
    from content_queue.operations import epochs, restored
    from content_queue.store.epoch import EpochFile

    fresh = token_hex(16)
    with opened.write() as tx:
        held = restored.hold(tx, now, channels)
        epochs.advance(tx, fresh)
    EpochFile(opened.path).write(fresh)
    return held
