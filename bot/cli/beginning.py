"""What every command that runs a worker begins with, and how long it waits at its end."""

from __future__ import annotations

import logging
import os
import socket
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cli.context import CliError

if TYPE_CHECKING:
    from bot.runtime.worker import Worker
    from bot.settings import Settings

STOP_WITHIN = timedelta(seconds=25)
"""How long a stop waits for the request in flight."""


def log_to_stderr(settings: Settings) -> None:
    """Send the log of a long-lived command to stderr, without this configuration's secrets."""
    from bot.watch.logging import set_up

    set_up(sys.stderr, json=not sys.stderr.isatty(), secrets=settings.secrets(), level=logging.INFO)


def holder() -> str:
    """Return how this process names itself in the worker's lock."""
    return f"process {os.getpid()} on {socket.gethostname()}"


async def begin(worker: Worker) -> None:
    """Start a worker; another one that runs is named in one line."""
    from content_queue.store.locks import WorkerRunningError

    try:
        await worker.start(holder())
    except WorkerRunningError as error:
        raise CliError(str(error)) from None
