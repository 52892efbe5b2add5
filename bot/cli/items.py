"""``items``, ``show``, ``approve`` and ``preview``: what there is, and what it would say where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.acts import known_channels, naming
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import say, show, show_one
from bot.cli.queue import asked, item_number, opened, who
from bot.cli.rows import ITEMS, POSTS, as_read, item_row, message_row, post_rows, refusal_row, whole_item
from bot.compose.card import is_card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.compose.spread import Spread
    from bot.desk.operations import Desk
    from content_queue.store.database import Transaction

Row = dict[str, object]
ItemArgument = Annotated[str, typer.Argument(metavar="ITEM", help="Its id, like i12.")]
ChannelOption = Annotated[
    list[str] | None, typer.Option("--channel", metavar="C", help="Only there; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=Panel.MODERATION)(items)
    app.command("show", rich_help_panel=Panel.MODERATION)(show_item)
    app.command(rich_help_panel=Panel.MODERATION)(approve)
    app.command(rich_help_panel=Panel.POSTS)(preview)


def items(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option(metavar="S", help="Only these: pending, approved, rejected ...")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the items of the queue, newest first."""
    from content_queue.operations import listing

    settings = context_settings(ctx)
    with opened(settings) as store, asked(status=2), store.read() as tx:
        found = listing.items(tx, state)
    show([item_row(item, settings.bot.timezone) for item in found], ITEMS, json=as_json)


def show_item(ctx: typer.Context, item: ItemArgument, as_json: JsonOption = False) -> None:
    """Show one item: its words in each language, and its posts."""
    from content_queue.operations.listing import posts_of_item
    from content_queue.operations.rows import item_by_id

    number, settings = item_number(item), context_settings(ctx)
    with opened(settings) as store, asked(), store.read() as tx:
        found, posts = item_by_id(tx, number), posts_of_item(tx, number)
    row = whole_item(found, posts, settings.bot.timezone)
    if as_json:
        show([row], (), json=True)
        return
    versions = [(version.language, version) for version in found.versions]
    apart = {name: value for name, value in row.items() if name not in {"versions", "posts", "title", "url"}}
    _tell_pairs(apart)
    for language, version in versions:
        fields = ("title", "summary", "url", "image", "alt", "credit", "wordings")
        say("")
        _tell_pairs({f"{language} {name}": getattr(version, name) for name in fields})
    if posts:
        say("")
        show(post_rows(posts, settings, whole=False), POSTS, json=False)


def approve(
    ctx: typer.Context,
    items: Annotated[list[str] | None, typer.Argument(metavar="ITEM...", help="Ids, like i12.")] = None,
    channels: ChannelOption = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="All that wait only because a template has changed.")
    ] = False,
    any_language: Annotated[
        bool, typer.Option("--any-language", help="With --channel: even in a language that is not its own.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Approve items, all of them or none: what will be posted is shown and stored."""
    from bot import assemble

    numbers = [item_number(item) for item in dict.fromkeys(items or ())]
    if bool(numbers) is changed:
        raise CliError("name items, like i12, or say --changed for all that a template has changed", status=2)
    settings, now = context_settings(ctx), datetime.now(UTC)
    wanted, desk = known_channels(settings, channels), assemble.desk(settings)
    with opened(settings) as store, asked(), store.write() as tx:
        made = _approve_all(tx, desk, now, numbers or _changed(tx), wanted, any_language=any_language)
    rows = [row for number, spread in made for row in _said(number, spread)]
    if as_json:
        show(rows, (), json=True)
        return
    _tell_messages(rows, desk)
    earliest = (now + settings.bot.grace).astimezone(settings.bot.timezone)
    say(f"approved; nothing of it is sent before {earliest:%Y-%m-%d %H:%M}")


def preview(
    ctx: typer.Context, item: ItemArgument, channels: ChannelOption = None, as_json: JsonOption = False
) -> None:
    """Show what an item says on each channel: text, length, link, picture, cost."""
    from bot import assemble
    from bot.compose.spread import Spread
    from bot.desk import operations

    number, settings = item_number(item), context_settings(ctx)
    wanted, desk = known_channels(settings, channels), assemble.desk(settings)
    with opened(settings) as store, asked(), store.read() as tx:
        shown = operations.show(tx, desk, number, wanted)
    rows = _said(number, Spread(shown.messages, shown.refusals))
    if as_json:
        show(rows, (), json=True)
    else:
        _tell_messages(rows, desk)


def _changed(tx: Transaction) -> list[int]:
    """Return the items that a changed template made pending."""
    from content_queue.operations.restyling import waiting

    numbers = [item.id for item in waiting(tx)]
    if not numbers:
        raise CliError("no item waits because of a changed template")
    return numbers


def _approve_all(
    tx: Transaction,
    desk: Desk,
    now: datetime,
    numbers: Sequence[int],
    channels: Sequence[str],
    *,
    any_language: bool,
) -> list[tuple[int, Spread]]:
    from bot.desk import operations
    from content_queue.item import item_name

    made, mistakes = [], []
    for number in numbers:
        try:
            with naming(item_name(number)):
                said = operations.approve(
                    tx, desk, now, who(), number, channels=channels, any_language=any_language
                )
                made.append((number, said))
        except CliError as error:
            mistakes.append(str(error))
    if mistakes:
        raise CliError("\n".join(mistakes))
    return made


def _said(number: int, spread: Spread) -> list[Row]:
    rows = [message_row(number, message) for message in spread.messages]
    return rows + [refusal_row(number, name, why) for name, why in spread.refusals.items()]


def _tell_messages(rows: Sequence[Row], desk: Desk) -> None:
    """Print each message as its readers see it."""
    for row in rows:
        if row["refusal"]:
            say(f"{row['item']} on {row['channel']}: nothing, {row['refusal']}\n")
            continue
        variant = f", {row['variant']}" if row["variant"] else ""
        say(
            f"{row['item']} on {row['channel']} ({row['language']}{variant}): "
            f"{row['length']} of {row['limit']}, {row['cost']:.3f} USD"
        )
        seen = as_read(str(row["text"]), desk.styles.get(str(row["channel"])))
        say("\n".join(f"  {line}".rstrip() for line in seen.splitlines()))
        for name, value in _beside(row, seen):
            say(f"  {name}: {value}")
        say("")


def _beside(row: Row, seen: str) -> list[tuple[str, str]]:
    """Return what goes with the text and is not in it."""
    pictures = row["pictures"] if isinstance(row["pictures"], list) else []
    shown = [("picture", _picture(picture)) for picture in pictures]
    link = str(row["link"] or "")
    if str(row["variant"]).endswith("news"):
        shown.append(
            ("note", "this page of ours stands for the item's link, which the network does not show")
        )
    return shown if not link or link in seen else [("link", link), *shown]


def _picture(picture: Mapping[str, str]) -> str:
    """Name a picture by its address and its words; a card has no address that tells people anything."""
    where = "a card that the bot draws" if is_card(picture["source"]) else picture["source"]
    return f"{where} ({picture['alt'] or 'no alt text'})"


def _tell_pairs(values: Mapping[str, object]) -> None:
    show_one({name: value for name, value in values.items() if value not in (None, "", [], ())}, json=False)
