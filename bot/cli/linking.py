"""``people telegram``: a code that links somebody's Telegram account, or the end of such a link."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.context import CliError, JsonOption, context_settings
from bot.cli.output import say, show
from bot.cli.queue import asked, opened, who
from bot.cli.rows import local

PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="A number like m3, or a name.")]


def add_to(people: typer.Typer) -> None:
    """Add the command of this file."""
    people.command()(telegram)


def telegram(
    ctx: typer.Context,
    person: PersonArgument,
    unlink: Annotated[bool, typer.Option("--unlink", help="End what the linked account may do.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print what links a person's Telegram account: they send it to the bot, within ten minutes."""
    from bot.desk import members
    from content_queue.operations import people

    settings, now = context_settings(ctx), datetime.now(UTC)
    if settings.desk.telegram is None and not unlink:
        raise CliError("there is no moderators' chat: write telegram = { chat = ... } below [desk]", status=2)
    with opened(settings) as store, asked(), store.write() as tx:
        known = people.find(tx, person)
        if unlink:
            members.unlink_telegram(tx, now, who(), known)
        else:
            code, until = members.offer_telegram(tx, now, who(), known)
    if unlink:
        say(f"no Telegram account is linked to {known.who} any more")
        return
    row = {"id": known.who, "name": known.name, "send": f"/start {code}"}
    show(
        [{**row, "until": local(until, settings.bot.timezone)}], ("id", "name", "send", "until"), json=as_json
    )
