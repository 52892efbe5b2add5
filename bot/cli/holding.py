"""``pause``, ``resume`` and ``holds``: what does not go out for now, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import known_channels
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, item_number, opened, post_number, who
from bot.cli.rows import POSTS, hold_row, post_rows

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.item import Post, Scope
    from content_queue.store.database import Transaction

AHEAD = timedelta(hours=24)
COLUMNS = ("scope", "target", "reason", "who", "since", "until")

Channel = Annotated[str | None, typer.Option("--channel", metavar="C", help="One channel.")]
Source = Annotated[str | None, typer.Option("--source", metavar="S", help="What comes from one source.")]
Partner = Annotated[str | None, typer.Option("--partner", metavar="P", help="What comes from one partner.")]
Topic = Annotated[str | None, typer.Option("--topic", metavar="T", help="One topic.")]
ItemOption = Annotated[str | None, typer.Option("--item", metavar="ITEM", help="One item, like i12.")]
PostOption = Annotated[str | None, typer.Option("--post", metavar="POST", help="One post, like p34.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (pause, resume, holds):
        app.command(rich_help_panel=Panel.MODERATION)(command)


def pause(
    ctx: typer.Context,
    *,
    channel: Channel = None,
    source: Source = None,
    partner: Partner = None,
    topic: Topic = None,
    item: ItemOption = None,
    post: PostOption = None,
    length: Annotated[
        str | None, typer.Option("--for", metavar="2h", help="For so long; else until resumed.")
    ] = None,
    why: Annotated[str, typer.Option(metavar="W", help="The reason.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Hold everything, or one thing: nothing of it goes out until it is resumed."""
    from bot.cli.when import read_length
    from bot.desk import operations
    from content_queue.operations.holds import active

    settings, now = context_settings(ctx), datetime.now(UTC)
    until = now + read_length(length) if length else None
    named = {
        "channel": channel,
        "source": source,
        "partner": partner,
        "topic": topic,
        "item": item,
        "post": post,
    }
    scope, target = _meant(named)
    with opened(settings) as store, asked(), store.write() as tx:
        _check(tx, settings, scope, target)
        number = operations.pause(tx, now, who(), scope, target, why=why, until=until)
        rows = [hold_row(hold, settings.bot.timezone) for hold in active(tx, now) if hold.id == number]
    show(rows, COLUMNS, json=as_json)


def resume(
    ctx: typer.Context,
    *,
    channel: Channel = None,
    source: Source = None,
    partner: Partner = None,
    topic: Topic = None,
    item: ItemOption = None,
    post: PostOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let go again, after listing what goes out within a day."""
    named = {
        "channel": channel,
        "source": source,
        "partner": partner,
        "topic": topic,
        "item": item,
        "post": post,
    }
    let_go(context_settings(ctx), *_meant(named), as_json=as_json)


def let_go(settings: Settings, scope: Scope, target: str, *, as_json: bool) -> None:
    """Lift the holds on exactly this, and list what they kept back."""
    from bot.desk import operations

    now = datetime.now(UTC)
    with opened(settings) as store, asked(), store.write() as tx:
        kept_back = _kept_back(tx, now, scope, target)
        operations.resume(tx, now, who(), scope, target)
    if kept_back or as_json:
        show(post_rows(kept_back, settings, whole=as_json), POSTS, json=as_json)
    if not as_json:
        say(f"resumed; due within a day: {len(kept_back)}")


def holds(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List what is held, since when, by whom and why."""
    from content_queue.operations.holds import active

    settings = context_settings(ctx)
    with opened(settings) as store, store.read() as tx:
        rows = [hold_row(hold, settings.bot.timezone) for hold in active(tx, datetime.now(UTC))]
    show(rows, COLUMNS, json=as_json)


def _meant(named: dict[str, str | None]) -> tuple[Scope, str]:
    """Return the one scope that was named and its target as the queue keeps it."""
    from content_queue.item import Scope

    given = [(scope, target) for scope, target in named.items() if target is not None]
    if len(given) > 1:
        raise CliError(
            f"name one thing, not {len(given)}: {', '.join(f'--{scope}' for scope, _ in given)}", status=2
        )
    if not given:
        return Scope.EVERYTHING, ""
    scope, target = Scope(given[0][0]), given[0][1].strip()
    if not target:
        raise CliError(f"--{scope} needs a name", status=2)
    readers = {Scope.ITEM: item_number, Scope.POST: post_number}
    reader = readers.get(scope)
    return scope, str(reader(target)) if reader else target


def _check(tx: Transaction, settings: Settings, scope: Scope, target: str) -> None:
    """See that what is to be held exists, so that a slip of the pen holds nothing by mistake."""
    from content_queue.item import Scope
    from content_queue.operations import listing
    from content_queue.operations.rows import item_by_id, post_by_id

    if scope is Scope.CHANNEL:
        known_channels(settings, [target])
    elif scope is Scope.SOURCE:
        names = [row.name for row in listing.sources(tx)]
        if target not in names:
            known = ", ".join(names) or "none"
            raise CliError(f"there is no source {target}; the sources are {known}", status=2)
    elif scope is Scope.ITEM:
        item_by_id(tx, int(target))
    elif scope is Scope.POST:
        post_by_id(tx, int(target))


def _kept_back(tx: Transaction, now: datetime, scope: Scope, target: str) -> list[Post]:
    from content_queue.operations.holds import active
    from content_queue.operations.overview import covered

    mine = [hold for hold in active(tx, now) if (hold.scope, hold.target) == (scope, target)]
    posts = {post.id: post for hold in mine for post in covered(tx, now, now + AHEAD, hold)}
    return sorted(posts.values(), key=lambda post: post.due_at)
