"""``connect``: signing a channel in, with a browser anywhere and no address of ours that could be reached."""

from __future__ import annotations

import asyncio
import re
import tomllib
from dataclasses import replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.context import CliError, Invocation, Panel, context_settings, invocation
from bot.cli.env_file import keep
from bot.cli.output import say
from bot.cli.pasted import code_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.channels.network import App, Network, SignedIn, Signing
    from bot.message import Account
    from bot.secret import Secret
    from bot.settings import ChannelSettings

_PENDING = "not signed in yet"
_BACK = re.compile(r"https://[^\s#]+|http://(?:localhost|127\.0\.0\.1)(?::\d+)?/[^\s#]*")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.SET_UP)(connect)


def connect(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel of the configuration.")],
    app: Annotated[
        str, typer.Option("--app", metavar="ID", help="Your app there: its number, client id or key.")
    ] = "",
    redirect: Annotated[
        str, typer.Option("--redirect", metavar="URL", help="The redirect address that the app has.")
    ] = "",
) -> None:
    """Sign a channel in: open a link, paste back what it shows; the tokens are proved and kept in .env."""
    tables = _tables(ctx)
    network, signing = _signing(ctx, channel, tables)
    _refuse_options(network, signing, app, redirect)
    from bot.secret import variable

    names = {secret: variable(channel, secret) for secret in (*network.secrets, *network.further)}
    _pretend_secrets(ctx, tables, network, names)
    settings = context_settings(ctx)
    given = settings.channels[channel]
    found = _walked_through(signing, given, _operators(signing, app, redirect))
    account = asyncio.run(_proved(given, found.secrets))
    if account.missing:
        raise CliError(f"{channel}: signed in, but nothing is kept; missing: {'; '.join(account.missing)}")
    file = settings.path.parent / ".env"
    removed = keep(file, {name: found.secrets.get(secret) for secret, name in names.items()})
    for name in (names[secret] for secret in found.secrets):
        say(f"{name}: written to {file}")
    for name in removed:
        say(f"{name}: taken out of {file}: it belonged to another sign-in")
    say(f"{channel} posts as {account.name} ({account.url or account.id})")
    if found.until is not None:
        day = found.until.date().isoformat()
        say(f"this ends on {day}: write `consent_until = {day}` under [channels.{channel}] to be told ahead")


def _signing(
    ctx: typer.Context, channel: str, tables: Mapping[str, object]
) -> tuple[Network[Any], Signing[Any]]:
    """Return the channel's network, and how people sign in to it.

    The file is looked into by itself: as long as the secrets are missing it is no configuration.
    """
    network = _network(tables.get(channel))
    if network is None:
        if channel in tables or not tables:
            context_settings(ctx)  # says what is wrong with the file
        known = ", ".join(tables) or "none"
        raise CliError(f"there is no channel {channel}; the channels are {known}", status=2)
    if network.sign_in is None:
        page = f"docs/networks/{network.name}.md"
        text = f"nobody signs in to {network.name} here: {page} says where its secrets come from"
        raise CliError(f"{channel}: {text}", status=2)
    return network, network.sign_in


def _tables(ctx: typer.Context) -> Mapping[str, object]:
    try:
        tables = tomllib.loads(invocation(ctx).config.read_text(encoding="utf-8")).get("channels")
    except (OSError, ValueError):
        return {}
    return tables if isinstance(tables, dict) else {}


def _network(table: object) -> Network[Any] | None:
    from bot.channels.registry import NETWORKS

    name = table.get("network") if isinstance(table, dict) else None
    return NETWORKS[name] if isinstance(name, str) and name in NETWORKS else None


def _refuse_options(network: Network[Any], signing: Signing[Any], app: str, redirect: str) -> None:
    """Raise for an app or an address that does not fit the network."""
    if not signing.app and app:
        raise CliError(f"--app {app}: on {network.name} the bot makes an app of its own; leave it out", 2)
    if signing.app and not app:
        raise CliError(f"--app is missing: {signing.app} (docs/networks/{network.name}.md)", status=2)
    if signing.app and not re.fullmatch(signing.app_id, app):
        raise CliError(f"--app {app}: this is not {signing.app}", status=2)
    if redirect and not signing.back:
        raise CliError(f"--redirect {redirect}: {network.name} leaves no choice; leave it out", status=2)
    if redirect and not _BACK.fullmatch(redirect):
        raise CliError(f"--redirect {redirect}: it begins with https:// and has no #", status=2)


def _pretend_secrets(
    ctx: typer.Context, tables: Mapping[str, object], network: Network[Any], names: Mapping[str, str]
) -> None:
    """Let the configuration pass while the channel's secrets, or another channel's, are still to come.

    Raises where a secret of the channel stands in a place that would go before what is written to ``.env``,
    or beside it.
    """
    from bot.secret import ENV_FILE, open_secrets, variable

    begun = invocation(ctx)
    secrets = open_secrets(begun.config.parent, begun.environ)
    for secret, name in names.items():
        found = secrets.find(name)
        if begun.environ.get(name):
            raise CliError(f"{name} is set in the environment, which goes before .env: unset it first", 2)
        if found is not None and found.origin != ENV_FILE and secret in network.further:
            raise CliError(f"{name} stands in {found.origin}, and may be of another sign-in: remove it", 2)
    others = {
        variable(other, secret)
        for other, table in tables.items()
        if (of := _network(table)) is not None
        for secret in of.secrets
    }
    absent = [name for name in sorted(others - set(names.values())) if secrets.find(name) is None]
    pretended = dict.fromkeys([*names.values(), *absent], _PENDING)
    ctx.obj = Invocation(begun.config, {**begun.environ, **pretended})


def _operators(signing: Signing[Any], app: str, redirect: str) -> App:
    """Return the operator's app; its secret is asked for where there is one."""
    from bot.channels.network import App
    from bot.secret import Secret

    asked = "The app's secret (it is not shown)"
    secret = typer.prompt(asked, hide_input=True, err=True) if signing.app else ""
    return App(app, Secret(str(secret).strip()), redirect or signing.back)


def _walked_through(signing: Signing[Any], given: ChannelSettings, app: App) -> SignedIn:
    from bot.channels.network import Wiring
    from bot.clock import SystemClock
    from bot.message import ChannelError

    wiring = Wiring(given.name, given.options, {}, given.api, SystemClock().now, given.deadline)
    begun, state = signing.begin(wiring, app), token_urlsafe(16)
    try:
        link = asyncio.run(begun.link(state))
        say(f"Open this, sign in as a person who may post there, and agree to what it asks:\n\n{link}\n")
        what = "the code that it shows" if signing.shows_code else "the address where it led you"
        pasted = str(typer.prompt(f"Paste {what}", err=True))
        return asyncio.run(begun.signed_in(code_in(pasted, state, shown=signing.shows_code)))
    except ChannelError as error:
        raise CliError(f"{given.name}: not signed in: {error.reason}") from None


async def _proved(given: ChannelSettings, found: Mapping[str, Secret]) -> Account:
    """Sign in with what was found, and say who that is."""
    from bot import assemble
    from bot.clock import SystemClock
    from bot.message import ChannelError

    signed = replace(given, secrets=found)
    (made,) = assemble.channels({given.name: signed}, SystemClock()).values()
    try:
        return await made.check()
    except ChannelError as error:
        raise CliError(f"{given.name}: signed in, but nothing is kept: {error.reason}") from None
    finally:
        await made.close()
