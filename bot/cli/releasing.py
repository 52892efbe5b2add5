"""``sources release``: let go of a source that is held, and say what becomes of what its flood brought."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.context import JsonOption, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, opened, who
from bot.cli.rows import POSTS, post_rows


def release(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source's name.")],
    *,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Leave out what appeared at once, for good.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let go of a held source, and let in what appeared in it at once (or take it as a baseline).

    Lists the posts that go out within a day.
    """
    from bot.desk import from_sources
    from content_queue.item import Scope
    from content_queue.operations import flood
    from content_queue.operations.resuming import letting_go

    settings, now = context_settings(ctx), datetime.now(UTC)
    gaps = {channel: given.min_gap for channel, given in settings.channels.items()}
    with opened(settings) as store, asked(), store.write() as tx:
        posts = [post for post, _ in letting_go(tx, now, Scope.SOURCE, name, gaps).out]
        waited = flood.waiting(tx, name)
        made = from_sources.release(tx, now, who(), name, baseline=baseline)
    if posts or as_json:
        show(post_rows(posts, settings, whole=as_json), POSTS, json=as_json)
    if as_json:
        return
    if waited:
        say(f"left out as a baseline: {waited}" if baseline else f"let in, to be judged: {len(made)}")
    say(f"resumed; due within a day: {len(posts)}")
