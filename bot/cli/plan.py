"""``plan``: what will go out, where, when, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import JsonOption, Panel, context_settings
from bot.cli.output import show
from bot.cli.rows import in_short

if TYPE_CHECKING:
    from bot.runtime.planning import PlanRow
    from bot.settings import Settings

LONGEST_DAYS = 366


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.POSTS)(plan)


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
    columns = ("due_at", "channel", "item", "post", "text", "cost", *(("reason",) if why else ()))
    listed = [_row(row, settings) for row in rows]
    show(listed if as_json else in_short(listed, settings), columns, json=as_json)


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
        "reason": _why(row),
    }


def _why(row: PlanRow) -> str:
    """Say why it goes out then, or what stands against it."""
    if row.held:
        return f"held: {row.held}"
    hands = f"; people post it by hand: {row.by_hand}" if row.by_hand else ""
    return f"{row.reason}{_link(row)}{hands}"


def _link(row: PlanRow) -> str:
    """Say what was decided about the link: by the month's budget, or by what the network shows."""
    way = row.message.variant.rpartition("-")[2]
    told = {
        "link": "; with its link, which the month's budget pays",
        "plain": "; without its link: the month's budget keeps links for what goes before it",
        "news": "; with a page of ours for its link, which the network does not show",
    }
    return told.get(way, "")
