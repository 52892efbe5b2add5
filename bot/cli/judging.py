"""``reject``, ``withdraw``, ``reopen``, ``repeat`` and ``pair``: what a moderator decides about an item."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.acts import on_item
from bot.cli.context import JsonOption, Panel
from bot.cli.items import ItemArgument
from bot.cli.output import say
from bot.cli.queue import item_number


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (reject, withdraw, reopen, repeat, pair):
        app.command(rich_help_panel=Panel.MODERATION)(command)


def reject(
    ctx: typer.Context,
    item: ItemArgument,
    why: Annotated[str, typer.Option(metavar="W", help="The reason; people will ask.")],
    as_json: JsonOption = False,
) -> None:
    """Say no to an item, with the reason."""
    from bot.desk import operations

    on_item(ctx, item, operations.reject, why, as_json=as_json)


def withdraw(
    ctx: typer.Context,
    item: ItemArgument,
    why: Annotated[str, typer.Option(metavar="W", help="The reason.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Take an item out; what has not left is cancelled."""
    from bot.desk import operations
    from content_queue.item import post_name

    left = on_item(ctx, item, operations.withdraw, why, as_json=as_json)
    if left and not as_json:
        say(f"out already, only to be taken back by hand: {', '.join(post_name(post.id) for post in left)}")


def reopen(ctx: typer.Context, item: ItemArgument, as_json: JsonOption = False) -> None:
    """Put a rejected, expired or withdrawn item before the moderators again."""
    from bot.desk import operations

    on_item(ctx, item, operations.reopen, as_json=as_json)


def repeat(ctx: typer.Context, item: ItemArgument, as_json: JsonOption = False) -> None:
    """Let an item go out once more on each of its channels."""
    from bot.desk import operations

    on_item(ctx, item, operations.repeat, as_json=as_json)


def pair(
    ctx: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The one that stays, like i12.")],
    other: Annotated[str, typer.Argument(metavar="ITEM", help="The one that becomes part of it.")],
    as_json: JsonOption = False,
) -> None:
    """Make one item of two: the second gives its language to the first, which is judged again."""
    from bot.desk import operations

    on_item(ctx, item, operations.pair, item_number(other), as_json=as_json)
