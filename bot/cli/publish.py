"""``publish``: sending something now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import known_channels
from bot.cli.awaiting import Awaited, carried_out
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import show
from bot.cli.queue import asked, item_number, opened, who
from bot.cli.rows import post_row
from bot.cli.stopping import stopped_by_signals

if TYPE_CHECKING:
    from content_queue.item import Post

COLUMNS = ("id", "channel", "state", "remote_url", "error")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.POSTS)(publish)


def publish(
    ctx: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM")],
    channels: Annotated[
        list[str] | None, typer.Option("--channel", help="Only there; may be repeated.")
    ] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="On every channel it was approved for.")] = False,
    during_pause: Annotated[
        bool, typer.Option("--during-pause", help="An announcement, although everything is paused.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Send an approved item now, with the same guarantees, and wait for the outcome."""
    from bot import assemble
    from bot.desk import operations

    if channels and everywhere:
        raise CliError("either --channel or --all, not both", status=2)
    number, settings = item_number(item), context_settings(ctx)
    wanted, desk = known_channels(settings, channels), assemble.desk(settings)
    with opened(settings) as store:
        with asked(), store.write() as tx:
            publish = operations.announce if during_pause else operations.publish_now
            posts = publish(tx, desk, datetime.now(UTC), who(), number, wanted)
        awaited = Awaited(settings, store, tuple(post.id for post in posts), _on_its_way)
        with stopped_by_signals() as stop:
            done = asyncio.run(carried_out(awaited, stop))
    rows = [post_row(post, settings.bot.timezone) | ({"error": why} if why else {}) for post, why in done]
    show(rows, COLUMNS, json=as_json)
    if not all(post.remote_id or post.remote_url for post, _ in done):
        raise CliError(f"not everything is out; see: technopolys why {item}")


def _on_its_way(post: Post) -> bool:
    from content_queue.lifecycle import still_moving

    return still_moving(post.state)
