"""``demo``: the whole bot on this machine alone, with nothing to configure."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import Panel
from bot.cli.output import say
from bot.cli.stopping import Stop, stopped_by_signals

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.sandbox.server import Sandbox
    from bot.settings import Settings

SANDBOX_PORT = 8090
ZONE = ZoneInfo("America/Toronto")  # as in demo.toml: both pages show the same hour
STOP_WITHIN = timedelta(seconds=3)
# Accounts on the sandbox: an X user id, the part before the dash of its token, or a Telegram chat.
ACCOUNTS: Mapping[str, str] = MappingProxyType(
    {
        "2018": "technopolys FR",
        "@technopolys_fr": "technopolys FR",
        "2019": "technopolys EN",
        "@technopolys_en": "technopolys EN",
    }
)
# The sandbox looks only at their shape.
_SECRETS: Mapping[str, str] = MappingProxyType(
    {
        "TECHNOPOLYS_X_FR_API_KEY": "sandbox-key",
        "TECHNOPOLYS_X_FR_API_SECRET": "sandbox-key-secret",
        "TECHNOPOLYS_X_FR_ACCESS_TOKEN": "2018-sandbox",
        "TECHNOPOLYS_X_FR_ACCESS_TOKEN_SECRET": "sandbox-token-secret",
        "TECHNOPOLYS_X_EN_API_KEY": "sandbox-key",
        "TECHNOPOLYS_X_EN_API_SECRET": "sandbox-key-secret",
        "TECHNOPOLYS_X_EN_ACCESS_TOKEN": "2019-sandbox",
        "TECHNOPOLYS_X_EN_ACCESS_TOKEN_SECRET": "sandbox-token-secret",
        "TECHNOPOLYS_TELEGRAM_FR_TOKEN": "2018:sandbox",
        "TECHNOPOLYS_TELEGRAM_EN_TOKEN": "2019:sandbox",
    }
)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.RUN)(demo)


def demo(
    speed: Annotated[
        int, typer.Option(min=1, max=600, help="How many times faster than yours its clock runs.")
    ] = 120,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what the worker does.")] = False,
) -> None:
    """Show the whole bot: sample feeds and facts, sandbox networks, a fast clock. Keeps nothing."""
    os.environ["no_proxy"] = "*"  # all that it talks to is on this machine, whatever proxy the visitor has
    with stopped_by_signals() as stop:
        asyncio.run(_run(stop, speed, logging.INFO if verbose else logging.WARNING))


async def _run(stopped: Stop, speed: int, level: int) -> None:
    from bot import assemble
    from bot.cli.beginning import begin
    from bot.clock import FastClock
    from bot.desk_door import DeskDoor
    from bot.runtime.clockwork import drive
    from bot.watch.logging import set_up

    stop = stopped.event()
    clock = FastClock(datetime.now(UTC), speed)
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="technopolys-demo-")))
        sandbox = await _sandbox(clock)
        opened.push_async_callback(sandbox.stop)
        settings = _settings(folder, sandbox.url)
        set_up(sys.stderr, json=not sys.stderr.isatty(), secrets=settings.secrets(), level=level)
        store = assemble.store(settings)
        opened.callback(store.close)
        made = assemble.assemble(settings, store, clock)
        opened.push_async_callback(made.close)
        await begin(made.worker)
        opened.push_async_callback(made.worker.stop, STOP_WITHIN)
        desk = DeskDoor(store, clock)
        desk.show(settings, made)
        address = await desk.open(settings)
        opened.push_async_callback(desk.close)
        _tell(address, sandbox.url)
        await made.worker.step(clock.now())
        await made.worker.settled()  # every source is read before the first plan, so that it is a varied one
        await drive(made.worker, clock, stop)


async def _sandbox(clock: Clock) -> Sandbox:
    from bot.sandbox.press import Press
    from bot.sandbox.server import Sandbox

    def now() -> datetime:
        return clock.now().astimezone(ZONE)

    sandbox = Sandbox(now, accounts=ACCOUNTS, sites=[Press(now)])
    try:
        await sandbox.start(port=SANDBOX_PORT)
    except OSError:
        await sandbox.start(port=0)
    return sandbox


def _settings(folder: Path, sandbox: str) -> Settings:
    from bot import assemble

    path = folder / "technopolys.toml"
    text = files("bot.cli").joinpath("demo.toml").read_text(encoding="utf-8")
    path.write_text(Template(text).substitute(sandbox=sandbox), encoding="utf-8")
    return assemble.settings(path, _SECRETS)


def _tell(desk: str, sandbox: str) -> None:
    say(f"desk {desk}")
    say(f"sandbox {sandbox}")
    say("Four accounts come to life at the sandbox; English stories wait at the desk. Ctrl-C stops it.")
    sys.stdout.flush()
