"""``people token`` and ``people sessions``: what opens the desk for a person, listed and ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, context_settings
from bot.cli.output import show
from bot.cli.queue import asked, opened, who
from bot.cli.rows import local

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from content_queue.operations.access import TokenRow

COLUMNS = ("name", "scope", "state", "until", "seen_at")
SESSIONS = ("id", "agent", "since", "seen_at")
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="A number like m3, or a name.")]


def add_to(people: typer.Typer) -> None:
    """Add the commands of this file."""
    people.command()(token)
    people.command()(sessions)


def token(
    ctx: typer.Context,
    person: PersonArgument,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What it is for; without: list them.")] = "",
    scope: Annotated[str, typer.Option(metavar="S", help="read, suggest, approve or admin.")] = "read",
    days: Annotated[int, typer.Option(metavar="N", help="How long it works.")] = 90,
    revoke: Annotated[bool, typer.Option("--revoke", help="End it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List a person's API tokens, make one and print it once, or end one."""
    from bot.desk import members
    from content_queue.operations import access, people
    from content_queue.people import Token

    settings, now = context_settings(ctx), datetime.now(UTC)
    if scope not in set(Token):
        raise CliError(f"--scope {scope}: choose read, suggest, approve or admin", status=2)
    secret = ""
    with opened(settings) as store, asked(), store.write() as tx:
        known = people.find(tx, person)
        if name and revoke:
            members.revoke_token(tx, now, who(), known, name)
        elif name:
            lasts = timedelta(days=days)
            _, secret = members.give_token(tx, now, who(), known, name, Token(scope), lasts)
        rows = [_row(each, now, settings.bot.timezone) for each in access.tokens(tx, known.id)]
    if secret:
        show([{**rows[-1], "token": secret}], ("name", "scope", "until", "token"), json=as_json)
    else:
        show([row for row in rows if row["name"] == name or not name], COLUMNS, json=as_json)


def sessions(
    ctx: typer.Context,
    person: PersonArgument,
    end: Annotated[
        bool, typer.Option("--end", help="End them all: the person signs in again everywhere.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the browsers in which a person is signed in, or end them all."""
    from bot.desk import members
    from content_queue.operations import access, people

    settings, now = context_settings(ctx), datetime.now(UTC)
    with opened(settings) as store, asked(), store.write() as tx:
        known = people.find(tx, person)
        listed = access.sessions(tx, now, known.id)
        if end:
            members.end_session(tx, who(), known, 0)
    zone = settings.bot.timezone
    rows = [
        {
            "id": each.id,
            "agent": each.agent,
            "since": local(each.created_at, zone),
            "seen_at": local(each.seen_at, zone),
        }
        for each in listed
    ]
    show(rows, SESSIONS, json=as_json)


def _row(token: TokenRow, now: datetime, zone: ZoneInfo) -> dict[str, object]:
    state = "works" if token.works(now) else "revoked" if token.revoked_at else "over"
    return {
        "name": token.name,
        "scope": token.scope.value,
        "state": state,
        "until": local(token.expires_at, zone),
        "seen_at": local(token.seen_at, zone),
    }
