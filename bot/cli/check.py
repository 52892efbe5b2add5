"""``check``: every mistake at once, before anything runs; with ``--online`` each channel signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.ahead import look_ahead, look_at_hubs
from bot.cli.context import CliError, JsonOption, Panel, context_settings
from bot.cli.database import look_at_database, look_through
from bot.cli.findings import Finding
from bot.cli.online import look_online
from bot.cli.output import show
from bot.cli.packs import look_at_packs

if TYPE_CHECKING:
    from bot.settings import Settings

_A_YEAR = timedelta(days=365)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.SET_UP)(check)


def check(
    ctx: typer.Context,
    online: Annotated[bool, typer.Option("--online", help="Sign in everywhere; nothing is posted.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for mistakes in the configuration, the templates, the secrets and the database."""
    settings = context_settings(ctx)
    looks = (*_LOOKS, look_online) if online else _LOOKS
    findings = [finding for look in looks for finding in look(settings)]
    if not any(finding.state == "wrong" for finding in findings):
        findings += look_through(settings)
    show(map(asdict, findings), ("about", "state", "text"), json=as_json)
    wrong = [finding for finding in findings if finding.state == "wrong"]
    if wrong:
        raise CliError("\n".join(f"{finding.about}: {finding.text}" for finding in wrong), status=2)


def _look_at_file(settings: Settings) -> Iterator[Finding]:
    counts = f"sources: {len(settings.sources)}, channels: {len(settings.channels)}, every secret found"
    yield Finding("configuration", "good", counts)
    if settings.bot.key is None:
        yield Finding(
            "key", "note", "there is none to keep renewed tokens under; `technopolys init` makes one"
        )


def _look_at_desk(settings: Settings) -> Iterator[Finding]:
    """Look at the moderators' chat, which nothing else waits for: without its token the web page serves."""
    from bot.desk.web.reached import is_exposed

    if is_exposed(settings.desk.host, settings.desk.public_url):
        text = "it listens beyond this machine without https, so nobody can sign in: set an https public_url"
        yield Finding("desk.listen", "note", text)
    if settings.desk.telegram is not None and settings.desk.telegram_token is None:
        text = "the moderators' chat stays silent: TECHNOPOLYS_DESK_TELEGRAM_TOKEN is not set"
        yield Finding("desk.telegram", "note", text)


def _look_at_channels(settings: Settings) -> Iterator[Finding]:
    for name, channel in settings.channels.items():
        if not channel.calendar.slots:
            yield Finding(f"channels.{name}", "note", "it has no slots: it posts only when told to publish")
    yield from _old_lists(settings)
    yield from _shared_accounts(settings)


def _old_lists(settings: Settings) -> Iterator[Finding]:
    """Name the lists of sites whose links a network does not show that nobody has looked at for a year."""
    from bot import assemble

    today = datetime.now(settings.bot.timezone).date()
    for name, style in assemble.styles(settings).items():
        blocked = style.limits.blocked
        if blocked is not None and blocked.domains and today - blocked.since > _A_YEAR:
            text = f"its news_domains are of {blocked.since}: look them over, then set news_since to today"
            yield Finding(f"channels.{name}", "note", text)


def _shared_accounts(settings: Settings) -> Iterator[Finding]:
    from bot.channels.accounts import accounts
    from bot.channels.registry import NETWORKS

    for name, together in accounts(settings.channels, NETWORKS).items():
        others = [other for other in together if other != name]
        if others and name == together[-1]:
            shared = "they share gap, daily limit, budget and holds"
            yield Finding(f"channels.{name}", "note", f"on one account with {', '.join(others)}: {shared}")


_LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _look_at_file,
    _look_at_desk,
    look_at_packs,
    _look_at_channels,
    look_at_database,
    look_ahead,
    look_at_hubs,
)
