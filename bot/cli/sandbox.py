"""``sandbox``: local stand-ins for the networks."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from bot.cli.context import CliError, Panel
from bot.cli.output import say
from bot.cli.stopping import Stop, stopped_by_signals

HOST = "127.0.0.1"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=Panel.RUN)(sandbox)


def sandbox(
    port: Annotated[
        int, typer.Option("--port", metavar="P", min=0, max=65535, help="0 takes a free one.")
    ] = 0,
) -> None:
    """Serve local stand-ins for the networks, with pages that show what the public would see."""
    try:
        with stopped_by_signals() as stop:
            asyncio.run(_serve(port, stop))
    except OSError as error:
        raise CliError(f"port {port} on {HOST} cannot be had: {error.strerror or error}") from None


async def _serve(port: int, stopped: Stop) -> None:
    from bot.clock import SystemClock
    from bot.sandbox.server import Sandbox

    stop = stopped.event()
    server = Sandbox(SystemClock().now)
    await server.start(HOST, port)
    try:
        say(f"sandbox {server.url}")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await server.stop()
