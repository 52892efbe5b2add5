"""``backup`` and ``db upgrade``: the database itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.queue import opened, opened_as_it_is

if TYPE_CHECKING:
    from bot.settings import Settings

_BY_ITS_OWN_TOOLS = (
    "bot.database: a PostgreSQL server is copied by its own tools, while the bot runs:"
    " pg_dump --format=custom --file=FILE {address}"
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.UPKEEP)(backup)
    database = typer.Typer(help="The database.", no_args_is_help=True)
    database.command()(upgrade)
    database.callback()(_database)
    app.add_typer(database, name="db", rich_help_panel=Panel.UPKEEP)


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; nothing is overwritten.")],
    as_json: JsonOption = False,
) -> None:
    """Copy the database into one file while it is in use, check the copy, and print its SHA-256."""
    from content_queue.store.backup import back_up
    from content_queue.store.database import StoreError

    settings = context_settings(ctx)
    if settings.bot.sqlite_path is None:
        raise CliError(_BY_ITS_OWN_TOOLS.format(address=plain_address(settings)), status=2)
    with opened(settings) as store:
        try:
            digest = back_up(store, file)
        except StoreError as error:
            raise CliError(str(error)) from None
    if as_json:
        show([{"file": str(file), "sha256": digest}], (), json=True)
    else:
        say(f"{digest}  {file}")


def plain_address(settings: Settings) -> str:
    """Return a server's address as PostgreSQL's own tools read it."""
    return settings.bot.database.replace("postgresql+psycopg://", "postgresql://", 1)


def _database() -> None:
    """The database."""


def upgrade(ctx: typer.Context) -> None:
    """Bring the database's tables to this release."""
    from content_queue.store.database import StoreError
    from content_queue.store.schema import NEWEST
    from content_queue.store.schema import upgrade as bring_up

    with opened_as_it_is(context_settings(ctx)) as store:
        try:
            came_from = bring_up(store)
        except StoreError as error:
            raise CliError(str(error), status=2) from None
        place = store.place
    done = "nothing was to be done" if came_from is None else f"upgraded from {came_from or 'nothing'}"
    say(f"{place}: schema {NEWEST}, {done}")
