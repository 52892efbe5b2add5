"""Has a card drawn in a process of its own, which ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from datetime import timedelta
from pathlib import Path

import bot

_HOME = Path(bot.__file__).parent.parent
_DEADLINE = timedelta(seconds=60)


class CannotDrawError(Exception):
    """A card could not be drawn; ``str()`` is one line for people."""


async def drawn(address: str, deadline: timedelta = _DEADLINE) -> bytes:
    """Return the card that ``address`` names as a PNG; raise :class:`CannotDrawError`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the current folder is not ours to import from
        "-m",
        "bot.compose.card_worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(_HOME), "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,  # Ctrl-C is for the bot, which ends its children itself
    )
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            picture, said = await process.communicate(address.encode())
    except TimeoutError:
        raise CannotDrawError(f"drawing it took longer than {deadline.total_seconds():g} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode or not picture:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        raise CannotDrawError(f"it cannot be drawn: {lines[-1] if lines else 'no reason was given'}")
    return picture
