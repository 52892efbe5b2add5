"""``proposals`` and ``answer``: what sources changed or took back of items that people know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import on_item
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.queue import opened
from bot.cli.rows import local
from content_queue.item import item_name, post_name

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from content_queue.item import Item, Version
    from content_queue.operations.corrections import Proposal
    from content_queue.operations.terms import Terms
    from content_queue.store.database import Transaction

COLUMNS = ("item", "what", "source", "was", "becomes", "made_at")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (proposals, answer):
        app.command(rich_help_panel=Panel.MODERATION)(command)


def proposals(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List what sources changed or took back and nobody has answered yet."""
    from content_queue.operations import corrections

    settings = context_settings(ctx)
    with opened(settings) as store, store.read() as tx:
        rows = [_row(tx, one, settings.bot.timezone) for one in corrections.waiting(tx)]
    show(rows, COLUMNS, json=as_json)


def answer(
    ctx: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Its id, like i12.")],
    *,
    take: Annotated[bool, typer.Option("--take", help="Take the source's words, to be judged.")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="Leave it as it is.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the item out.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer what a source changed or took back."""
    from bot.desk import from_sources

    chosen = [name for name, said in (("take", take), ("leave", leave), ("withdraw", withdraw)) if said]
    if len(chosen) != 1:
        raise CliError("say exactly one: --take, --leave or --withdraw", status=2)
    left = on_item(ctx, item, from_sources.answer, chosen[0], as_json=as_json)
    for post in left if not as_json else ():
        say(
            f"{post_name(post.id)} on {post.channel} is out and stays until it is recalled: {post.remote_url}"
        )


def _row(tx: Transaction, one: Proposal, zone: ZoneInfo) -> dict[str, object]:
    from content_queue.operations.rows import item_by_id

    item = item_by_id(tx, one.item)
    return {
        "item": item_name(one.item),
        "what": one.what,
        "source": one.source,
        "was": _said(item.versions, item if one.terms else None),
        "becomes": _said(one.versions, one.terms),
        "made_at": local(one.made_at, zone),
    }


def _said(versions: tuple[Version, ...], terms: Item | Terms | None) -> str | None:
    """Titles and summaries, and of a pack's fact its topics and day, as a person compares them."""
    lines = [text for one in versions for text in (one.title, one.summary)]
    if terms is not None:
        lines += [", ".join(terms.topics), f"to confirm by {terms.review_by}" if terms.review_by else ""]
    return "\n".join(filter(None, lines)) or None
