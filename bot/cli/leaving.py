"""``people remove|export|erase``: somebody goes; what falls is shown first, and a name can be forgotten."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, context_settings
from bot.cli.output import say, show, show_one
from bot.cli.queue import asked, opened, who

if TYPE_CHECKING:
    from content_queue.operations.people import Falls
    from content_queue.people import Person

PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="A number like m3, or a name.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def add_to(people: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (remove, export, erase):
        people.command()(command)


def remove(
    ctx: typer.Context,
    person: PersonArgument,
    to: Annotated[
        str, typer.Option("--to", metavar="PERSON", help="Who takes over what waits for them.")
    ] = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """End all that a person may do, at once, after showing what falls with them."""
    from bot.desk import members
    from content_queue.operations import people

    settings, now = context_settings(ctx), datetime.now(UTC)
    with opened(settings) as store, asked():
        with store.read() as tx:
            leaving = people.find(tx, person)
            others = [each for each in people.everyone(tx) if each.id != leaving.id]
            fell = people.falls(tx, now, leaving)
        if not as_json:
            _tell(leaving, fell, others, to)
        _confirm(f"remove {leaving.who}", yes=yes)
        with store.write() as tx:
            successor = people.find(tx, to) if to else None
            fell = members.remove(tx, now, who(), leaving, successor)
    row = _fell_row(leaving, fell, successor)
    show([row], ("id", "sessions", "tokens", "proposals", "successor"), json=as_json)


def export(ctx: typer.Context, person: PersonArgument) -> None:
    """Print everything that is kept about a person, as one JSON object."""
    from bot.desk import members
    from content_queue.operations import people

    settings = context_settings(ctx)
    with opened(settings) as store, asked(), store.read() as tx:
        show_one(members.export(tx, who(), people.find(tx, person)), json=True)


def erase(ctx: typer.Context, person: PersonArgument, yes: YesOption = False) -> None:
    """Forget a removed person's name for good: the history keeps the number alone."""
    from bot.desk import members
    from content_queue.operations import people

    settings, now = context_settings(ctx), datetime.now(UTC)
    with opened(settings) as store, asked():
        with store.read() as tx:
            gone = people.find(tx, person)
        if gone.active:
            raise CliError(f"{gone.who} is still a member: technopolys people remove {gone.who}")
        _confirm(f"forget the name, the sign-in name and the remarks of {gone.who} for good", yes=yes)
        with store.write() as tx:
            members.erase(tx, now, who(), gone)
    say(f"{gone.who} is a number now; backups made before today still know the name")


def _tell(leaving: Person, fell: Falls, others: list[Person], to: str) -> None:
    """Show what falls with a person, and who could take over."""
    say(f"with {leaving.who} ({leaving.name}) fall:")
    say(f"  sessions: {fell.sessions}; links that would let them in: {fell.invitations}")
    telegram = "linked" if fell.telegram else "not linked"
    say(f"  tokens: {', '.join(fell.tokens) or 'none'}; Telegram: {telegram}")
    waiting = ", ".join(f"i{number}" for number in fell.proposals)
    say(f"  items that wait for judgement stay: {waiting or 'none'}")
    if fell.proposals and not to:
        could = ", ".join(f"{each.who} ({each.name})" for each in others)
        say(f"  to give them to somebody: --to PERSON, one of {could or 'nobody yet'}")


def _confirm(what: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CliError(f"nothing was changed: add --yes to {what}")
    typer.confirm(f"{what[0].upper()}{what[1:]}?", abort=True)


def _fell_row(leaving: Person, fell: Falls, successor: Person | None) -> dict[str, object]:
    return {
        "id": leaving.who,
        "sessions": fell.sessions,
        "tokens": list(fell.tokens),
        "telegram": fell.telegram,
        "proposals": [f"i{number}" for number in fell.proposals],
        "successor": successor.who if successor else None,
    }
