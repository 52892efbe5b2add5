"""``posts``, ``move``, ``skip``, ``cancel``, ``retry`` and ``resolve``: what becomes of single posts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import known_channels, on_post
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import show
from bot.cli.queue import asked, opened
from bot.cli.rows import POSTS, post_rows

if TYPE_CHECKING:
    from collections.abc import Callable

PostArgument = Annotated[str, typer.Argument(metavar="POST", help="Its id, like p34.")]
WhyOption = Annotated[str, typer.Option(metavar="W", help="The reason.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (posts, move, skip, cancel, retry, resolve):
        app.command(rich_help_panel=Panel.POSTS)(command)


def posts(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option(metavar="S", help="Only these: planned, published, uncertain ...")
    ] = None,
    channel: Annotated[str | None, typer.Option(metavar="C", help="Only on this channel.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the posts, latest due first."""
    from content_queue.operations import listing

    settings = context_settings(ctx)
    with opened(settings) as store, asked(status=2), store.read() as tx:
        found = listing.posts(tx, state, channel)
        if channel is not None and not found:
            known_channels(settings, [channel])
    show(post_rows(found, settings, whole=as_json), POSTS, json=as_json)


def move(
    ctx: typer.Context,
    post: PostArgument,
    when: Annotated[str | None, typer.Argument(metavar="WHEN", help="Its new time.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="WHEN", help="The same.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Give a planned post another time and keep it there."""
    from bot import assemble
    from bot.cli.when import read_when
    from bot.desk import operations
    from bot.desk.batch.when import WAYS

    written = when if to is None else to
    if written is None or None not in (when, to):
        raise CliError(f"say once to when: {WAYS}", status=2)
    settings = context_settings(ctx)
    moment = read_when(written, datetime.now(UTC), settings.bot.timezone)
    desk = assemble.desk(settings)
    on_post(ctx, post, lambda tx, *rest: operations.move(tx, desk, *rest), moment, as_json=as_json)


def skip(ctx: typer.Context, post: PostArgument, why: WhyOption = "", as_json: JsonOption = False) -> None:
    """Leave this slot; the item gets a later one."""
    from bot.desk import operations

    on_post(ctx, post, operations.skip, why, as_json=as_json)


def cancel(ctx: typer.Context, post: PostArgument, why: WhyOption = "", as_json: JsonOption = False) -> None:
    """End a post that has not left; the item does not come back on this channel by itself."""
    from bot.desk import operations

    on_post(ctx, post, operations.cancel, why, as_json=as_json)


def retry(ctx: typer.Context, post: PostArgument, as_json: JsonOption = False) -> None:
    """Send a failed post again, with the words that are approved now."""
    from bot.desk import operations

    on_post(ctx, post, operations.retry, as_json=as_json)


def resolve(
    ctx: typer.Context,
    post: PostArgument,
    url: Annotated[str, typer.Argument(metavar="[URL]", help="With --found: where it is.")] = "",
    found: Annotated[bool, typer.Option("--found", help="It is out.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="It is not out: send it again.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Let it be.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a post of which nobody can tell whether it is out."""
    if [found, resend, drop].count(True) != 1:
        raise CliError("say exactly one: --found [URL], --resend or --drop", status=2)
    if url and not found:
        raise CliError("an address goes with --found only", status=2)
    on_post(ctx, post, _answer(url, found=found, resend=resend), as_json=as_json)


def _answer(url: str, *, found: bool, resend: bool) -> Callable[..., None]:
    from bot.desk import operations
    from bot.settings.values import read_web_address

    if not found:
        return operations.resolve_resend if resend else operations.resolve_drop
    with asked(status=2):
        return partial(operations.resolve_found, url=read_web_address(url))
