"""``people``: who may do what, how they come in, what falls when they go, and forgetting a name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.output import show
from bot.cli.queue import asked, opened, who
from bot.cli.rows import local

if TYPE_CHECKING:
    from bot.desk.members import Invitation
    from bot.settings import Settings
    from content_queue.people import Grant, Person
    from content_queue.store.database import Store, Transaction

COLUMNS = ("id", "name", "login", "role", "state", "seen_at")
LINK = ("id", "name", "login", "role", "link", "until")
PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="A number like m3, a sign-in name or a name.")
]
RoleName = Annotated[str, typer.Option("--role", metavar="R", help="reader, contributor, editor or admin.")]
ChannelsOption = Annotated[
    list[str] | None,
    typer.Option("--channel", metavar="C", help="Only on this channel; several may be named."),
]
LanguageOption = Annotated[str, typer.Option("--lang", metavar="L", help="Only in this language, fr or en.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file, and those of the three beside it."""
    from bot.cli import leaving, linking, tokens

    people = typer.Typer(help="Who may do what at the desk.", no_args_is_help=True)
    people.command("list")(list_people)
    for command in (add, role, link):
        people.command()(command)
    tokens.add_to(people)
    linking.add_to(people)
    leaving.add_to(people)
    app.add_typer(people, name="people", rich_help_panel=Panel.MODERATION)


def list_people(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those who left.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the people, their roles, and when each was last here."""
    from content_queue.operations import people

    settings = context_settings(ctx)
    with opened(settings) as store, store.read() as tx:
        rows = [person_row(tx, each, settings) for each in people.everyone(tx, removed=every)]
    show(rows, COLUMNS, json=as_json)


def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As the others know this person.")],
    role: RoleName = "editor",
    channels: ChannelsOption = None,
    lang: LanguageOption = "",
    login: Annotated[str, typer.Option(metavar="L", help="The name to sign in with.")] = "",
    not_own: Annotated[
        bool, typer.Option("--not-own", help="Somebody else approves what this person proposes.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add a person and print the link that lets them in, once."""
    from bot.desk import members

    settings = context_settings(ctx)
    grants = grants_of(settings, role, channels, lang)
    with opened(settings) as store, changing(store) as (tx, now):
        made = members.add(tx, now, who(), name, grants, login=login, approves_own=not not_own)
        row = link_row(tx, made, settings)
    show([row], LINK, json=as_json)


def role(
    ctx: typer.Context,
    *,
    person: PersonArgument,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="reader, contributor, editor or admin.")],
    channels: ChannelsOption = None,
    lang: LanguageOption = "",
    also: Annotated[
        bool, typer.Option("--also", help="Beside the roles they have, instead of in their place.")
    ] = False,
    own: Annotated[
        bool | None, typer.Option("--own/--not-own", help="Whether they may approve what they proposed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change what a person may do, everywhere, or on one channel or in one language."""
    from bot.desk import members
    from content_queue.operations import people

    settings = context_settings(ctx)
    grants = grants_of(settings, role, channels, lang)
    with opened(settings) as store, changing(store) as (tx, now):
        known = people.find(tx, person)
        kept = [grant for grant in known.grants if also and grant not in grants]
        changed = members.change_role(tx, now, who(), known, [*kept, *grants], approves_own=own)
        row = person_row(tx, changed, settings)
    show([row], COLUMNS, json=as_json)


def link(ctx: typer.Context, person: PersonArgument, as_json: JsonOption = False) -> None:
    """Print a fresh link for somebody who has not come in yet, or has lost the password."""
    from bot.desk import members
    from content_queue.operations import people

    settings = context_settings(ctx)
    with opened(settings) as store, changing(store) as (tx, now):
        made = members.invite(tx, now, who(), people.find(tx, person))
        row = link_row(tx, made, settings)
    show([row], LINK, json=as_json)


@contextmanager
def changing(store: Store) -> Iterator[tuple[Transaction, datetime]]:
    """Open one write transaction, with now; what cannot be done becomes one line."""
    with asked(), store.write() as tx:
        yield tx, datetime.now(UTC)


def grants_of(settings: Settings, role: str, channels: list[str] | None, lang: str) -> list[Grant]:
    """Return the grants that the options describe; every mistake ends with status 2."""
    from content_queue.people import Grant, Role

    if role not in set(Role):
        raise CliError(f"--role {role}: choose reader, contributor, editor or admin", status=2)
    if lang not in {"", "fr", "en"}:
        raise CliError(f"--lang {lang}: choose fr or en", status=2)
    unknown = [name for name in channels or () if name not in settings.channels]
    if unknown:
        known = ", ".join(settings.channels) or "none"
        raise CliError(f"there is no channel {', '.join(unknown)}; the channels are {known}", status=2)
    if role == Role.ADMIN and (channels or lang):
        raise CliError("an admin is one everywhere: leave --channel and --lang out", status=2)
    return [Grant(Role(role), channel, lang) for channel in channels or [""]]


def person_row(tx: Transaction, person: Person, settings: Settings) -> dict[str, object]:
    """Return a person for a listing."""
    from content_queue.operations import access

    now, zone = datetime.now(UTC), settings.bot.timezone
    tokens = [each.name for each in access.tokens(tx, person.id) if each.works(now)]
    return {
        "id": person.who,
        "name": person.name or None,
        "login": person.login or None,
        "role": roles(person),
        "state": _state(tx, now, person),
        "approves_own": person.approves_own,
        "sessions": len(access.sessions(tx, now, person.id)),
        "tokens": tokens,
        "seen_at": local(person.seen_at, zone),
    }


def link_row(tx: Transaction, made: Invitation, settings: Settings) -> dict[str, object]:
    """Return an invitation for a listing, with its whole link."""
    from bot.desk.address import invitation_link

    zone = settings.bot.timezone
    row = person_row(tx, made.person, settings)
    link = invitation_link(tx, settings.desk.public_url, settings.desk.listen, made.key)
    return {**row, "link": link, "until": local(made.until, zone)}


def roles(person: Person) -> str:
    """Write what a person may do: "editor (x-fr), reader"."""
    written = []
    for grant in person.grants:
        only = ", ".join(filter(None, (grant.channel, grant.language)))
        written.append(f"{grant.role.value} ({only})" if only else grant.role.value)
    return ", ".join(written)


def _state(tx: Transaction, now: datetime, person: Person) -> str:
    from content_queue.operations import access

    if not person.active:
        return "erased" if person.erased_at else "removed"
    if person.joined_at is not None:
        return "in"
    return "invited" if access.open_invitations(tx, now, person.id) else "not invited"
