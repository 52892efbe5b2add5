"""``sources release``: let go of a source that is held, and say what becomes of what its flood brought."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, opened, who
from bot.cli.rows import POSTS, local, post_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from content_queue.operations.flood import Waiting

WAITING = ("title", "published_at", "becomes")


def release(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source's name.")],
    *,
    newest: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Let in so many of the newest, and leave out the others."),
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Leave out what appeared at once, for good.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what waits and what would become of it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let go of a held source, and let in what appeared in it at once: all, the newest, or none.

    Lists the posts that go out within a day.
    """
    from bot.desk import from_sources
    from content_queue.item import Scope
    from content_queue.operations import flood
    from content_queue.operations.resuming import letting_go

    if baseline and newest is not None:
        raise CliError("--baseline leaves all out and --newest lets some in: give one of them", status=2)
    newest = 0 if baseline else newest
    settings, now = context_settings(ctx), datetime.now(UTC)
    gaps = {channel: given.min_gap for channel, given in settings.channels.items()}
    if dry_run:
        with opened(settings) as store, store.read() as tx:
            entries = flood.listed(tx, name)
        show(_foreseen(entries, newest, settings.bot.timezone), WAITING, json=as_json)
        return
    with opened(settings) as store, asked(), store.write() as tx:
        posts = [post for post, _ in letting_go(tx, now, Scope.SOURCE, name, gaps).out]
        waited = flood.waiting(tx, name)
        made = from_sources.release(tx, now, who(), name, newest=newest)
    if posts or as_json:
        show(post_rows(posts, settings, whole=as_json), POSTS, json=as_json)
    if as_json:
        return
    if made:
        say(f"let in, to be judged: {len(made)}")
    if waited > len(made):
        say(f"left out as a baseline: {waited - len(made)}")
    say(f"resumed; due within a day: {len(posts)}")


def _foreseen(entries: Sequence[Waiting], newest: int | None, zone: ZoneInfo) -> list[dict[str, object]]:
    """Return what waits, the newest first, with what a release would make of it."""
    wanted = len(entries) if newest is None else newest
    return [
        {
            "title": one.title,
            "url": one.url or None,
            "published_at": local(one.published_at, zone),
            "becomes": "comes in" if place < wanted else "left out",
        }
        for place, one in enumerate(entries)
    ]
