"""``status`` and ``channels list``: how everything fares, red first."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from bot.cli.context import JsonOption, Panel, context_settings
from bot.cli.output import say, show, show_one
from bot.cli.queue import opened
from bot.cli.rows import dollars, local

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.settings import Settings
    from bot.watch.status import ChannelStatus, Status
    from bot.watch.trouble import Trouble
    from content_queue.operations.notices import Notice

Row = dict[str, object]
WIDTH = 80
COLUMNS = ("name", "state", "last", "next", "spent")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.RUN)(status)
    channels = typer.Typer(help="The accounts that the bot posts to.", no_args_is_help=True)
    channels.command("list")(list_channels)
    app.add_typer(channels, name="channels", rich_help_panel=Panel.SET_UP)


def status(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Show how everything fares, what is wrong first; status 1 when red."""
    from bot.watch.trouble import Light

    settings = context_settings(ctx)
    seen, zone = _read(settings), settings.bot.timezone
    if as_json:
        show_one(_whole(seen, zone), json=True)
    else:
        _tell(seen, zone)
    if seen.state is Light.RED:
        raise typer.Exit(1)


def list_channels(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the channels: how they fare, and what they spent this month (UTC)."""
    settings = context_settings(ctx)
    zone = settings.bot.timezone
    rows = [
        {
            "name": channel.name,
            "network": channel.network,
            "languages": list(settings.channels[channel.name].languages),
            "state": channel.state.value,
            "wait_until": local(channel.wait_until, zone),
            "spent": dollars(channel.spent),
            "budget": None if channel.budget is None else dollars(channel.budget),
            "days_left": None,  # only the network knows: check --online asks it
        }
        for channel in _read(settings).channels
    ]
    show(rows, ("name", "network", "languages", "state", "wait_until", "spent", "budget"), json=as_json)


def _read(settings: Settings) -> Status:
    from bot.watch.facts import status_facts
    from bot.watch.status import read

    with opened(settings) as store:
        facts = status_facts(settings, store)
        with store.read() as tx:
            return read(tx, datetime.now(UTC), facts(tx))


def _whole(seen: Status, zone: ZoneInfo) -> Row:
    return {
        "state": seen.state.value,
        "at": local(seen.at, zone),
        "worker": seen.worker,
        "troubles": [_trouble_row(trouble, zone) for trouble in seen.troubles],
        "channels": [_channel_row(channel, zone) for channel in seen.channels],
        "items": {"pending": seen.pending},
        "posts": dict(seen.posts),
        "notices": [_notice_row(notice, zone) for notice in seen.notices],
    }


def _notice_row(notice: Notice, zone: ZoneInfo) -> Row:
    return {
        "kind": notice.kind,
        "about": notice.about,
        "what": str(notice.what),
        "since": local(notice.since, zone),
        "told_at": local(notice.told_at, zone),
        "ended_at": local(notice.ended_at, zone),
    }


def _trouble_row(trouble: Trouble, zone: ZoneInfo) -> Row:
    return {
        "kind": trouble.kind.value,
        "severity": trouble.severity.value,
        "what": str(trouble.what),
        "since": local(trouble.since, zone),
        "why": str(trouble.why) or None,
        "command": trouble.command,
        "also": list(trouble.also),
    }


def _channel_row(channel: ChannelStatus, zone: ZoneInfo) -> Row:
    from content_queue.item import post_name

    last, soon = channel.last, channel.next
    return {
        "name": channel.name,
        "network": channel.network,
        "state": channel.state.value,
        "last": last
        and {
            "post": post_name(last.id),
            "at": local(last.published_at, zone),
            "url": last.remote_url or None,
        },
        "next": soon and {"post": post_name(soon.id), "due_at": local(soon.due_at, zone)},
        "wait_until": local(channel.wait_until, zone),
        "spent": dollars(channel.spent),
        "budget": None if channel.budget is None else dollars(channel.budget),
    }


def _tell(seen: Status, zone: ZoneInfo) -> None:
    worker = "no worker runs" if seen.worker is None else f"worker: {seen.worker}"
    say(f"{seen.state.value}   {_clock(seen.at, zone)}   {worker}\n")
    for trouble in seen.troubles:
        _tell_trouble(trouble, seen.told_at(trouble), zone)
    show([_told_channel(channel, zone) for channel in seen.channels], COLUMNS, json=False)
    if seen.pending:
        say(f"\nitems that wait for a moderator: {seen.pending}   technopolys items --state pending")


def _tell_trouble(trouble: Trouble, told_at: datetime | None, zone: ZoneInfo) -> None:
    since = f"since {_clock(trouble.since, zone)}" if trouble.since else ""
    beside = ": ".join(part for part in (since, str(trouble.why)) if part)
    say(f"{trouble.severity.value.upper():6}{trouble.what}")
    say(textwrap.fill(beside, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6))
    for command in (trouble.command, *trouble.also):
        say(f"      {command}")
    say(f"      people were told {_clock(told_at, zone)}\n" if told_at else "")


def _told_channel(channel: ChannelStatus, zone: ZoneInfo) -> Row:
    from content_queue.item import post_name

    last, soon = channel.last, channel.next
    budget = "" if channel.budget is None else f" of {dollars(channel.budget):.2f}"
    until = f" until {_clock(channel.wait_until, zone)}" if channel.wait_until else ""
    return {
        "name": channel.name,
        "state": channel.state.value + until,
        "last": f"{post_name(last.id)} {_clock(last.published_at or last.due_at, zone)}" if last else "",
        "next": f"{post_name(soon.id)} {_clock(soon.due_at, zone)}" if soon else "",
        "spent": f"{dollars(channel.spent):.2f}{budget}" if channel.spent or channel.budget else "",
    }


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
