"""``why``: every decision about an item, a post or an address, and what stands against it now."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, opened
from bot.cli.rows import happening_row, target_name

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.desk.story import Story
    from bot.settings import Settings
    from content_queue.item import Item, Post
    from content_queue.store.database import Transaction

HORIZON = timedelta(days=14)
WIDTH = 80


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.MODERATION)(why)


def why(
    ctx: typer.Context,
    asked_for: Annotated[str, typer.Argument(metavar="ITEM|POST|URL", help="i12, p34, or an address.")],
    as_json: JsonOption = False,
) -> None:
    """Tell every decision about an item, a post or an address, the oldest first."""
    from bot.desk import story as desk

    _check_words(asked_for)
    settings, now = context_settings(ctx), datetime.now(UTC)
    with opened(settings) as store, asked(), store.read() as tx:
        story = desk.why(tx, now, asked_for)
        stands = list(_stands(tx, now, settings, story))
    if as_json:
        show([happening_row(line, settings.bot.timezone) for line in story.happenings], (), json=True)
    else:
        _tell(story, stands, settings.bot.timezone)


def _check_words(text: str) -> None:
    from content_queue.item import parse_reference

    if "://" in text:
        return
    try:
        parse_reference(text)
    except ValueError as error:
        raise CliError(f"{error}; an address begins with https://", status=2) from None


def _tell(story: Story, stands: list[str], zone: ZoneInfo) -> None:
    from content_queue.item import item_name, post_name

    for item in story.items:
        say(f"{item_name(item.id)} {item.kind.value}, {item.state.value}: {item.title}")
    for post in story.posts:
        out = f" {post.remote_url}" if post.remote_url else ""
        due = _clock(post.due_at, zone)
        say(f"{post_name(post.id)} on {post.channel}, {post.state.value}, due {due}{out}")
    for entry in story.entries:
        of_source = f" of {entry.source}" if entry.source else ""
        say(f"entry{of_source}, {_clock(entry.first_seen, zone)}: {entry.verdict}")
    if story.happenings:
        say("")
    for line in story.happenings:
        of_post = f" {post_name(line.post)}" if line.post else ""
        because = f": {line.why}" if str(line.why) else ""
        words = f"{_clock(line.at, zone)}  {line.who}  {line.what}{of_post}{because}"
        say(textwrap.fill(words, WIDTH, subsequent_indent=" " * 18))
    for sentence in ("", *stands) if stands else ():
        say(textwrap.fill(sentence, WIDTH, subsequent_indent="  "))


def _stands(tx: Transaction, now: datetime, settings: Settings, story: Story) -> Iterator[str]:
    """Say what stands against it now, and what comes next."""
    zone = settings.bot.timezone
    for hold in story.holds:
        until = f" until {_clock(hold.until, zone)}" if hold.until else ""
        target = f" {target_name(hold)}" if hold.target else ""
        say_who = f"{hold.reason} ({hold.who}, since {_clock(hold.since, zone)})"
        yield f"now: a hold on {hold.scope.value}{target} stands against it{until}: {say_who}"
    for post in story.posts:
        yield from _post_stands(tx, now, settings, post)
    for item in story.items:
        yield from _item_stands(tx, now, settings, item, story)


def _post_stands(tx: Transaction, now: datetime, settings: Settings, post: Post) -> Iterator[str]:
    from bot.watch.facts import channel_facts
    from content_queue.item import post_name
    from content_queue.lifecycle import PostEvent, before
    from content_queue.operations.publishing import why_not

    name, due = post_name(post.id), max(post.due_at, post.not_before)
    if post.state.value in before(PostEvent.CANNOT_TELL) and post.look_at is not None:
        yield f"next: {name} is read back at {_clock(post.look_at, settings.bot.timezone)}"
    if post.state.value not in before(PostEvent.CLAIM):
        return
    if post.channel not in settings.channels:
        yield f"now: the channel {post.channel} is not configured, so {name} waits"
    elif due > now:
        yield f"next: {name} is due at {_clock(due, settings.bot.timezone)}"
    else:
        facts = next(one for one in channel_facts(settings.channels) if one.name == post.channel)
        yield f"now: {name} is due, but {why_not(tx, now, post, facts.pace(now))}"


def _item_stands(
    tx: Transaction, now: datetime, settings: Settings, item: Item, story: Story
) -> Iterator[str]:
    from content_queue.item import item_name
    from content_queue.lifecycle import ItemEvent, before

    if item.state.value in before(ItemEvent.REJECT):
        yield f"next: {item_name(item.id)} waits for a moderator: technopolys approve {item_name(item.id)}"
    elif item.state.value in before(ItemEvent.WITHDRAW):
        placed = {post.channel for post in story.posts if _is_open(post)}
        for name in settings.channels:
            if name not in placed:
                yield from _not_planned(tx, now, settings, item, name)


def _is_open(post: Post) -> bool:
    from content_queue.lifecycle import UNDECIDED

    return post.state in UNDECIDED


def _not_planned(
    tx: Transaction, now: datetime, settings: Settings, item: Item, channel: str
) -> Iterator[str]:
    from bot import assemble
    from content_queue.operations.planning import picture
    from content_queue.planner import explain_wait

    candidates, placed = picture(tx, now, channel)
    for candidate in candidates:
        if candidate.item == item.id:
            rules = assemble.planning_rules(settings)[channel]
            reason = explain_wait(rules, candidate, placed, now, now + HORIZON)
            yield f"next on {channel}: {reason}"


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
