"""Telling people through Apprise, in a process of its own that ends with the message.

Apprise and the services behind it cost forty megabytes and may hang; a child costs them only while it
speaks, and can be ended. The address is a secret: it goes over standard input, never among the arguments.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import bot
from bot.watch.telling import NotToldError, Telling

if TYPE_CHECKING:
    from bot.secret import Secret

_HOME = Path(bot.__file__).parent.parent
_BECAUSE = {2: "TECHNOPOLYS_ALERTS_URL is no address that Apprise knows", 3: "apprise is not installed"}


class Outside:
    """Tells through every address in ``TECHNOPOLYS_ALERTS_URL``."""

    name = "alerts"

    def __init__(self, urls: Secret) -> None:
        """Take the addresses, separated by spaces or commas; nothing is loaded yet."""
        self._urls = urls

    async def tell(self, telling: Telling) -> None:
        """Tell people; raises :class:`NotToldError` when any doubt remains."""
        errand = {"urls": self._urls.reveal(), "title": telling.title, "body": telling.text}
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.watch.outside_child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,  # what it says may hold the address
            cwd=_HOME,
        )
        try:
            await child.communicate(json.dumps(errand).encode())
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode:
            raise NotToldError(_BECAUSE.get(child.returncode, "the alert was not delivered"))
