"""The process that Apprise lives in, seen from outside: begun, read, handed one message, ended.

Apprise and what it brings cost forty megabytes and may hang, and it speaks through a library that other
channels use otherwise. A process of its own costs them for one post, and can be ended. Secrets go over
standard input, never among the arguments; what it says to standard error may hold one and is dropped.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bot

_HOME = Path(bot.__file__).parent.parent


class EndedError(Exception):
    """The process has ended, or said what it never says."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a process is told first. ``api`` is another server's base address, "" for the service's own.

    ``seconds`` bounds every wait for the service; ``account`` is the name that some services show.
    """

    url: str = field(repr=False)
    api: str
    account: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Service:
    """What an address leads to: the service, its words in addresses, the most code points that it takes.

    ``trouble`` says what is wrong with the address, "" for nothing.
    """

    name: str = ""
    protocols: frozenset[str] = frozenset()
    maximum: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Come:
    """What came of a message: the statuses of all answers, and of what kind the trouble was without one."""

    taken: bool
    connected: bool
    statuses: tuple[int, ...] = ()
    retry_after: str = ""
    lost: str = ""
    never_sent: bool = False


class Child:
    """One process, for one message at most."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._process: asyncio.subprocess.Process | None = None

    @property
    def alive(self) -> bool:
        """Tell whether it has begun and not ended."""
        return self._process is not None and self._process.returncode is None

    async def begun(self) -> Service:
        """Begin, and return what the address leads to. Raises EndedError or OSError."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.channels.apprise_child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=_HOME,
        )
        said = await self._asked(asdict(self._errand))
        return Service(
            name=str(said.get("name", "")),
            protocols=frozenset(map(str, said.get("protocols", ()))),
            maximum=int(said.get("maximum", 0)),
            trouble=str(said.get("trouble", "")),
        )

    async def deliver(self, text: str) -> Come:
        """Hand over the message and return what came of it. Raises EndedError or OSError."""
        said = await self._asked({"text": text})
        return Come(
            taken=said.get("taken") is True,
            connected=said.get("connected") is not False,
            statuses=tuple(map(int, said.get("statuses", ()))),
            retry_after=str(said.get("retry_after", "")),
            lost=str(said.get("lost", "")),
            never_sent=said.get("never_sent") is True,
        )

    async def end(self) -> None:
        """End it; harmless to repeat."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    async def _asked(self, words: Mapping[str, object]) -> Mapping[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise EndedError
        process.stdin.write(json.dumps(words).encode() + b"\n")
        await process.stdin.drain()
        try:
            said = json.loads(await process.stdout.readline())
        except ValueError:
            raise EndedError from None
        if not isinstance(said, dict):
            raise EndedError
        return said
