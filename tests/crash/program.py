"""The bot as people start it: a configuration in a folder of its own, a process, signals."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.crash.counting import Counting
from tests.forking import Command

PATIENCE = 60
_CONFIGURATION = """
[bot]
language = "fr"
timezone = "UTC"
commit_ahead = "1m"
grace = "0s"

[fetch]
allow_private = ["127.0.0.1"]

[sources.news]
url = "{url}/feed.xml"
approval = "trusted"
every = "1h"
backlog = 1000
"""
_CHANNEL = """
[channels.{name}]
network = "{network}"
api = "{url}"
slots = "daily 00:00-24:00 every 1s"
look_after = "1s"
look_again = "1s"
deadline = "{deadline}"
{own}
"""


@dataclass(slots=True)
class Program:
    """One installation of the bot, started as often as one likes."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    forked: bool = True
    """Whether it is forked from a process that has imported everything, or started as people start it."""

    @property
    def surroundings(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    async def start(self) -> "Running":
        return Running(await self._process("run", "--no-desk"), self.said)

    async def ask(self, *words: str) -> tuple[int, str]:
        """Run another command and return its exit status and what it printed."""
        process = await self._process(*words)
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode()

    async def _process(self, *words: str) -> Command | asyncio.subprocess.Process:
        if self.forked:
            return await Command.start(words, self.home, self.surroundings)
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words),
            cwd=self.home,
            env=self.surroundings,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


class Running:
    """A worker that runs; it is over when it has been killed or has left."""

    def __init__(self, process: Command | asyncio.subprocess.Process, said: list[str]) -> None:
        self._process = process
        self._said = said
        self._started = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.send(signal.SIGKILL)
        await self.over()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ready(self) -> None:
        """Wait until the worker has said that it started; fail with its words if it leaves before."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait(
                [asyncio.create_task(self._started.wait()), self._reading],
                return_when=asyncio.FIRST_COMPLETED,
            )
        assert self._started.is_set(), self._said[-5:]

    async def over(self) -> int:
        """Wait until it has left, and return its exit status."""
        status = await self._process.wait()
        await self._reading
        return status

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._said.append(line.decode(errors="replace").rstrip())
            if _event(line) == "started":
                self._started.set()


def _event(line: bytes) -> object:
    with suppress(ValueError):
        said = json.loads(line)
        return said.get("event") if isinstance(said, dict) else None
    return None


def install(home: Path, server: Counting, networks: Mapping[str, str], *, deadline: str = "5s") -> Program:
    """Write the configuration for channels (name -> network) on the counting server."""
    made = Program(home)
    text = _CONFIGURATION.format(url=server.url)
    for number, (name, network) in enumerate(networks.items(), start=1):
        account, own, secrets = _account(network, number)
        made.channels[name] = account
        upper = name.upper().replace("-", "_")
        made.environment |= {f"TECHNOPOLYS_{upper}_{key}": value for key, value in secrets.items()}
        text += _CHANNEL.format(name=name, network=network, url=server.url, deadline=deadline, own=own)
    (home / "technopolys.toml").write_text(text, encoding="utf-8")
    return made


def _account(network: str, number: int) -> tuple[str, str, dict[str, str]]:
    """What names the account at the server, the channel's own keys, its secrets."""
    if network == "x":
        names = ("API_KEY", "API_SECRET", "ACCESS_TOKEN_SECRET")
        return str(number), 'links = "always"', {"ACCESS_TOKEN": f"{number}-t", **dict.fromkeys(names, "s")}
    if network == "mastodon":
        return f"m{number}", "", {"ACCESS_TOKEN": f"m{number}-t"}
    chat = f"@channel_{number}"
    return chat, f'chat = "{chat}"', {"TOKEN": f"{number}:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
