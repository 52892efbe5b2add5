"""What every command has in common: its settings, its errors, its place in the help."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]


class Panel(StrEnum):
    """The groups in which the help shows commands."""

    SET_UP = "Set up"
    RUN = "Run"
    CONTENT = "Sources and content"
    MODERATION = "Moderation"
    POSTS = "Plan and posts"
    UPKEEP = "Upkeep"


class CliError(Exception):
    """Ends a command: one clear line on stderr, or one for each mistake.

    ``status`` is 1 where it failed, 2 for wrong usage or configuration.
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the command was started with, before any settings are read."""

    config: Path
    environ: Mapping[str, str]


def invocation(ctx: typer.Context) -> Invocation:
    """Return what the command was started with."""
    found = ctx.find_object(Invocation)
    if found is None:
        raise LookupError("the command was not started by main()")
    return found


def context_settings(ctx: typer.Context) -> Settings:
    """Read the settings, and send logs to stderr; raise :class:`CliError` with every mistake at once."""
    from bot.channels.registry import NETWORKS
    from bot.compose.template import check
    from bot.settings import SettingsError, load
    from bot.watch.logging import set_up

    started = invocation(ctx)
    try:
        settings = load(started.config, started.environ, NETWORKS, check)
    except SettingsError as error:
        raise CliError("\n".join([*error.mistakes, *_beside(error.read)]), status=2) from None
    set_up(sys.stderr, json=not sys.stderr.isatty(), secrets=settings.secrets(), level=logging.WARNING)
    return settings


def _beside(read: Settings | None) -> list[str]:
    """Return what else is wrong: a database that cannot be opened, names with two owners."""
    from bot.cli.database import look_at_database

    findings = look_at_database(read) if read is not None else ()
    return [f"{finding.about}: {finding.text}" for finding in findings if finding.state == "wrong"]
