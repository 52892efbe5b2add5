"""``plan`` and ``publish``: what will go out, and sending something now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import show

if TYPE_CHECKING:
    from bot.runtime.planning import PlanRow
    from bot.settings import Settings
    from content_queue.item import Post
    from content_queue.store.database import Store

LOOK_EVERY = timedelta(milliseconds=200)
LONGEST_DAYS = 366


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.POSTS)(plan)
    app.command(rich_help_panel=Panel.POSTS)(publish)


def plan(
    ctx: typer.Context,
    days: Annotated[int, typer.Option("--days", min=1, max=LONGEST_DAYS, help="How far to look.")] = 14,
    why: Annotated[bool, typer.Option("--why", help="Say why each was chosen.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what will go out, where, when, at what cost: rows for the next day, a forecast beyond."""
    from bot import assemble
    from bot.cli.queue import opened
    from bot.runtime.planning import forecast

    settings = context_settings(ctx)
    now = datetime.now(UTC)
    with opened(settings) as store, store.read() as tx:
        rules = assemble.planning_rules(settings).values()
        rows = forecast(tx, rules, now, now + timedelta(days=days))
    columns = ("due_at", "channel", "item", "post", "text", *(("reason",) if why else ()))
    show([_row(row, settings) for row in rows], columns, json=as_json)


def publish(
    ctx: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM")],
    channels: Annotated[
        list[str] | None, typer.Option("--channel", help="Only there; may be repeated.")
    ] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="On every channel it was approved for.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send an approved item now, with the same guarantees, and wait for the outcome."""
    from bot import assemble
    from bot.cli.queue import asked, item_number, opened, who
    from bot.desk import operations

    if channels and everywhere:
        raise CliError("either --channel or --all, not both", status=2)
    settings = context_settings(ctx)
    with opened(settings) as store:
        desk = assemble.desk(settings)
        with asked(), store.write() as tx:
            number = item_number(item)
            posts = operations.publish_now(tx, desk, datetime.now(UTC), who(), number, channels or ())
        done = asyncio.run(_carry_out(settings, store, [post.id for post in posts]))
    show(
        [_outcome(post, settings) for post in done],
        ("id", "channel", "state", "remote_url", "error"),
        json=as_json,
    )
    if not all(post.remote_id or post.remote_url for post in done):
        raise CliError(f"not everything is out; see: technopolys why {item}")


async def _carry_out(settings: Settings, store: Store, numbers: list[int]) -> list[Post]:
    """Wait for the posts' outcome: carried out by the worker that runs, or by ourselves if none does."""
    if not store.worker_lock.taken():
        return await _by_ourselves(settings, store, numbers)
    while True:
        posts = _read(store, numbers)
        if all(_decided(post) for post in posts):
            return posts
        await asyncio.sleep(LOOK_EVERY.total_seconds())  # another process decides; nothing to wait on


async def _by_ourselves(settings: Settings, store: Store, numbers: list[int]) -> list[Post]:
    from bot import assemble
    from bot.cli.run import STOP_WITHIN, begin, stop_on_signals
    from bot.clock import SystemClock

    clock, stop = SystemClock(), stop_on_signals()
    served = {post.channel for post in _read(store, numbers)}
    made = assemble.assemble(settings, store, clock, serve=served, poll=False)
    await begin(made.worker)
    try:
        while not stop.is_set():
            await made.worker.step(clock.now())
            await made.worker.settled()
            posts = _read(store, numbers)
            if all(_decided(post) for post in posts):
                break
            await asyncio.sleep(LOOK_EVERY.total_seconds())
        return _read(store, numbers)
    finally:
        await made.worker.stop(STOP_WITHIN)
        await made.close()


def _read(store: Store, numbers: list[int]) -> list[Post]:
    from content_queue.operations.rows import post_by_id

    with store.read() as tx:
        return [post_by_id(tx, number) for number in numbers]


def _decided(post: Post) -> bool:
    from content_queue.lifecycle import still_moving

    return not still_moving(post.state)


def _row(row: PlanRow, settings: Settings) -> dict[str, object]:
    from content_queue.item import MICROS_PER_DOLLAR, item_name, post_name

    return {
        "post": None if row.post is None else post_name(row.post),
        "due_at": row.due_at.astimezone(settings.bot.timezone),
        "channel": row.message.channel,
        "item": item_name(row.item),
        "text": row.message.text,
        "length": row.message.length,
        "limit": row.message.limit,
        "link": row.message.link or None,
        "cost": row.message.cost / MICROS_PER_DOLLAR,
        "reason": f"held: {row.held}" if row.held else str(row.reason),
    }


def _outcome(post: Post, settings: Settings) -> dict[str, object]:
    from content_queue.item import item_name, post_name

    return {
        "id": post_name(post.id),
        "item": item_name(post.item),
        "channel": post.channel,
        "network": post.network,
        "state": post.state.value,
        "due_at": post.due_at.astimezone(settings.bot.timezone),
        "text": post.message.text,
        "remote_id": post.remote_id or None,
        "remote_url": post.remote_url or None,
        "attempts": post.attempts,
        "error": post.error or None,
    }
