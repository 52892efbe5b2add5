"""``pause``, ``resume`` and ``holds``: what does not go out for now, and why."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import known_channels
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, item_number, opened, post_number, who
from bot.cli.rows import POSTS, hold_row, local, post_rows

if TYPE_CHECKING:
    from bot.settings import Settings
    from content_queue.item import Scope
    from content_queue.operations.resuming import Letting
    from content_queue.store.database import Transaction

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
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go out.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let go again, after listing what goes out within a day and about when."""
    named = {
        "channel": channel,
        "source": source,
        "partner": partner,
        "topic": topic,
        "item": item,
        "post": post,
    }
    sure = yes or as_json
    let_go(context_settings(ctx), *_meant(named), as_json=as_json, sure=sure, only_list=dry_run)


def let_go(
    settings: Settings,
    scope: Scope,
    target: str,
    *,
    as_json: bool,
    sure: bool = True,
    only_list: bool = False,
) -> None:
    """List what lifting the holds on exactly this lets out, then lift them, asking first unless ``sure``."""
    from bot.desk import operations

    with opened(settings) as store, asked():
        with store.read() as tx:
            seen = _seen(tx, settings, scope, target)
        if not as_json:
            _tell(seen, settings)
        if only_list:
            _print(seen, settings, as_json=as_json)
            return
        if not sure and sys.stdin.isatty():
            typer.confirm("Resume?", abort=True)
        with store.write() as tx:
            operations.resume(tx, datetime.now(UTC), who(), scope, target)
    _print(seen, settings, as_json=as_json)
    if not as_json:
        say(f"resumed; due within a day: {len(seen.out)}")


def _seen(tx: Transaction, settings: Settings, scope: Scope, target: str) -> Letting:
    from content_queue.operations.resuming import letting_go

    gaps = {name: channel.min_gap for name, channel in settings.channels.items()}
    return letting_go(tx, datetime.now(UTC), scope, target, gaps)


def _tell(seen: Letting, settings: Settings) -> None:
    """List what would go out within a day, and about when, for people."""
    rows = post_rows([post for post, _ in seen.out], settings, whole=False)
    zone = settings.bot.timezone
    for row, (_, at) in zip(rows, seen.out, strict=True):
        row["goes_out"] = local(at, zone)
    if rows:
        show(rows, ("id", "item", "channel", "due_at", "goes_out", "text"), json=False)
    if seen.later:
        say(f"later, one by one: {len(seen.later)}")
    if seen.still:
        say(f"still held by something else: {len(seen.still)}")


def _print(seen: Letting, settings: Settings, *, as_json: bool) -> None:
    """Print for scripts what would go out within a day."""
    if as_json:
        rows = post_rows([post for post, _ in seen.out], settings, whole=True)
        for row, (_, at) in zip(rows, seen.out, strict=True):
            row["goes_out"] = local(at, settings.bot.timezone)
        show(rows, POSTS, json=True)


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
