"""``connect``: signing a channel in, with a browser anywhere and no address of ours that could be reached."""

from __future__ import annotations

import asyncio
import hmac
import tomllib
from dataclasses import replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qs, urlsplit

import typer

from bot.cli.context import CliError, Invocation, Panel, context_settings, invocation
from bot.cli.env_file import keep
from bot.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.channels.network import Network, SignIn
    from bot.message import Account
    from bot.secret import Secret
    from bot.settings import ChannelSettings

_PENDING = "not signed in yet"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.SET_UP)(connect)


def connect(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel of the configuration.")],
    app: Annotated[str, typer.Option("--app", metavar="ID", help="The number of your app.")],
) -> None:
    """Sign a channel in: open a link, paste back where it led; the token is proved and kept in .env."""
    network, names = _signing(ctx, channel)
    if not app.isdecimal():
        raise CliError(f"--app {app}: the number of an app has digits alone", status=2)
    begun = invocation(ctx)
    for name in names:
        if begun.environ.get(name):
            raise CliError(f"{name} is set in the environment, which goes before .env: unset it first", 2)
    ctx.obj = Invocation(begun.config, {**begun.environ, **dict.fromkeys(names, _PENDING)})
    settings = context_settings(ctx)
    given = settings.channels[channel]
    secret = typer.prompt("The app's secret (it is not shown)", hide_input=True, err=True)
    found = _walked_through(network, given, app, str(secret).strip())
    account = asyncio.run(_proved(given, found))
    if account.missing:
        raise CliError(f"{channel}: signed in, but nothing is kept; missing: {'; '.join(account.missing)}")
    file = settings.path.parent / ".env"
    for name, token in zip(names, found.values(), strict=True):
        keep(file, name, token)
        say(f"{name}: written to {file}")
    say(f"{channel} posts as {account.name} ({account.url or account.id})")


def _signing(ctx: typer.Context, channel: str) -> tuple[Network[Any], list[str]]:
    """Return the channel's network, which can sign in, and the variables that its secrets go into.

    The file is looked into by itself: as long as the secrets are missing it is no configuration.
    """
    from bot.channels.registry import NETWORKS
    from bot.secret import variable

    tables = _tables(ctx)
    table = tables.get(channel)
    name = table.get("network") if isinstance(table, dict) else None
    network = NETWORKS[name] if isinstance(name, str) and name in NETWORKS else None
    if network is None:
        if table is not None or not tables:
            context_settings(ctx)  # says what is wrong with the file
        known = ", ".join(tables) or "none"
        raise CliError(f"there is no channel {channel}; the channels are {known}", status=2)
    if network.sign_in is None:
        text = f"nobody signs in to {name} here: docs/networks/{name}.md says where its secrets come from"
        raise CliError(f"{channel}: {text}", status=2)
    return network, [variable(channel, secret) for secret in network.secrets]


def _tables(ctx: typer.Context) -> Mapping[str, object]:
    try:
        tables = tomllib.loads(invocation(ctx).config.read_text(encoding="utf-8")).get("channels")
    except (OSError, ValueError):
        return {}
    return tables if isinstance(tables, dict) else {}


def _walked_through(
    network: Network[Any], given: ChannelSettings, app: str, secret: str
) -> Mapping[str, Secret]:
    from bot.channels.network import Wiring
    from bot.clock import SystemClock
    from bot.message import ChannelError
    from bot.secret import Secret

    if network.sign_in is None:
        raise CliError(f"nobody signs in to {network.name} here", status=2)
    wiring = Wiring(given.name, given.options, {}, given.api, SystemClock().now, given.deadline)
    signing: SignIn = network.sign_in(wiring, app, Secret(secret))
    state = token_urlsafe(16)
    say(f"Open this, sign in as a person who may post there, and choose it:\n\n{signing.link(state)}\n")
    code = _code_in(str(typer.prompt("Paste the address where it led you", err=True)), state)
    try:
        return asyncio.run(signing.secrets(code))
    except ChannelError as error:
        raise CliError(f"{given.name}: not signed in: {error.reason}") from None


def _code_in(pasted: str, state: str) -> str:
    """Return the code in an address that was pasted; raise for one of another sign-in, or of none."""
    try:
        brought = parse_qs(urlsplit(pasted.strip()).query)
    except ValueError:
        brought = {}
    if "error" in brought:
        raise CliError("the person did not agree: open the link again")
    code, back = brought.get("code", [""])[0], brought.get("state", [""])[0]
    if not code:
        raise CliError("there is no code in this; paste the whole address, from https:// on")
    if not hmac.compare_digest(back.encode(), state.encode()):
        raise CliError("this address belongs to another sign-in; begin again")
    return code


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
