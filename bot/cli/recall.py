"""``recall``: taking back what is out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import naming
from bot.cli.awaiting import Awaited, carried_out
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import show
from bot.cli.queue import opened, who
from bot.cli.rows import post_row
from bot.cli.stopping import stopped_by_signals

if TYPE_CHECKING:
    from content_queue.item import Post
    from content_queue.store.database import Store

COLUMNS = ("id", "channel", "state", "remote_url", "error")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.POSTS)(recall)


def recall(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="POST|ITEM", help="What to take back: p34 or i12.")],
    why: Annotated[str, typer.Option(metavar="W", help="The reason; people will read it.")],
    as_json: JsonOption = False,
) -> None:
    """Take back what is out, cancel what is planned of the item, and wait for the outcome.

    The item is withdrawn: `technopolys reopen ITEM` brings it back.
    """
    from bot.desk import operations

    settings = context_settings(ctx)
    with opened(settings) as store:
        with naming(reference), store.write() as tx:
            begun = operations.recall(tx, datetime.now(UTC), who(), reference, why)
        awaited = Awaited(settings, store, tuple(post.id for post in begun.posts), _under_way, holdable=False)
        with stopped_by_signals() as stop:
            posts = [post for post, _ in asyncio.run(carried_out(awaited, stop))]
        unsure = _now(store, begun.unsure)
    rows = [post_row(post, settings.bot.timezone) for post in (*posts, *unsure)]
    show(rows, COLUMNS, json=as_json)
    _say_what_is_left(posts, unsure)


def _under_way(post: Post) -> bool:
    from content_queue.lifecycle import PostEvent, before

    return post.state.value in before(PostEvent.GONE)


def _now(store: Store, posts: tuple[Post, ...]) -> list[Post]:
    from content_queue.operations.rows import post_by_id

    with store.read() as tx:
        return [post_by_id(tx, post.id) for post in posts]


def _say_what_is_left(posts: list[Post], unsure: list[Post]) -> None:
    """End with status 1 where a person has something left to do."""
    from content_queue.lifecycle import OUT

    kept = [post for post in posts if post.state in OUT]
    lines = [
        f"p{post.id} is still out: delete it by hand at {post.remote_url or 'its channel'}" for post in kept
    ]
    lines += [f"p{post.id} may be out: technopolys resolve p{post.id}" for post in unsure]
    if lines:
        raise CliError("; ".join(lines))
