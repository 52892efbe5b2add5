"""Times and lengths on the command line: as in files, their mistakes as the command line says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.context import CliError

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo


def read_when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that ``text`` means; raise :class:`CliError`."""
    from bot.desk.batch import when

    try:
        return when.read_when(text, now, zone)
    except ValueError as error:
        raise CliError(str(error), status=2) from None


def read_length(text: str) -> timedelta:
    """Read "2h", "90m" or "7d"; raise :class:`CliError`."""
    from bot.settings.values import read_positive_duration

    try:
        return read_positive_duration(text)
    except ValueError as error:
        raise CliError(str(error), status=2) from None
