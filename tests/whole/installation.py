"""One installation of the bot: a folder, a configuration, an environment, and the real command."""

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.__main__ import main
from tests.bot.watch.restored import logs_restored
from tests.forking import Command

COMMAND = Path(sys.executable).with_name("technopolys")
PATIENCE = 60
"""Seconds after which a test gives up waiting; nothing is judged by it."""
LOOK_EVERY = 0.05
X_ACCOUNT = 1
"""The account that a token names on the sandbox."""
Row = dict[str, Any]
T = TypeVar("T")

HEAD = """
[bot]
language = "fr"
timezone = "UTC"
grace = "{grace}"
commit_ahead = "{commit_ahead}"
pair_wait = "0s"  # no story here waits for its other language

[desk]
listen = "127.0.0.1:0"

[fetch]
allow_private = ["127.0.0.1"]
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it said on stderr, line by line."""
        return self.err.splitlines()

    def rows(self) -> Any:  # noqa: ANN401  whatever JSON holds
        """What it printed with --json."""
        return json.loads(self.out)


@dataclass(slots=True)
class Installation:
    """A folder with its configuration, and what the environment adds."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """Its configuration."""
        return self.home / "technopolys.toml"

    def write(self, *parts: str, grace: str = "0s", commit_ahead: str = "2m") -> None:
        """Write the configuration: the usual head, then the parts."""
        text = "\n".join([HEAD.format(grace=grace, commit_ahead=commit_ahead), *parts])
        self.file.write_text(text, encoding="utf-8")

    def x(self, name: str, url: str, **keys: object) -> str:
        """Give it the secrets of an X account on the sandbox; return the channel's section."""
        names = ("API_KEY", "API_SECRET", "ACCESS_TOKEN_SECRET")
        self._keep(name, {"ACCESS_TOKEN": f"{X_ACCOUNT}-token", **dict.fromkeys(names, "made-up")})
        return channel(name, "x", url, links="always", **keys)

    def telegram(self, name: str, url: str, chat: str, **keys: object) -> str:
        """Give it the secret of a Telegram bot on the sandbox; return the channel's section."""
        self._keep(name, {"TOKEN": f"7:{'a' * 35}"})
        return channel(name, "telegram", url, chat=chat, **keys)

    def _keep(self, name: str, secrets: Mapping[str, str]) -> None:
        upper = name.upper().replace("-", "_")
        self.environment |= {f"TECHNOPOLYS_{upper}_{key}": value for key, value in secrets.items()}

    async def ask(self, *words: str, status: int | None = 0, stdin: str = "") -> Told:
        """Run a command to its end; ``status`` is how it must end, None leaves that to the caller."""
        process = await Command.start(words, self.home, self._surroundings)
        out, err = await process.communicate(stdin.encode())
        told = Told(process.returncode, out.decode(), err.decode())
        assert status in (None, told.status), (words, told)
        assert "Traceback" not in told.err, told.err
        return told

    async def rows(self, *words: str) -> list[Row]:
        """Return the rows that a command tells."""
        found: list[Row] = (await self.ask(*words, "--json")).rows()
        return found

    def look(self, *words: str) -> list[Row]:
        """Return the rows of a command that only lists; it is run in this process, which is quicker."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, logs_restored():
            for name in [name for name in os.environ if name.startswith("TECHNOPOLYS_")]:
                patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.chdir(self.home)
            with redirect_stdout(out), redirect_stderr(err):
                status = main([*words, "--json"])
        assert status == 0, (words, err.getvalue())
        found: list[Row] = json.loads(out.getvalue())
        return found

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncIterator["Running"]:
        """Run a command for as long as the block lasts; a command that still runs then is stopped."""
        running = Running(await self._process(*words))
        try:
            yield running
        finally:
            await running.stop()

    @property
    def _surroundings(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("TECHNOPOLYS_")}
        return {**inherited, **self.environment}

    async def _process(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            COMMAND,
            *words,
            cwd=self.home,
            env=self._surroundings,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


class Running:
    """A command that runs, and what it says meanwhile."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._reading = asyncio.gather(
            self._read(process.stdout, self.out), self._read(process.stderr, self.err)
        )

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def over(self) -> int:
        """Wait until it has ended; return its status."""
        async with asyncio.timeout(PATIENCE):
            status = await self._process.wait()
        await self._reading
        return status

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and wait for that."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
        try:
            return await self.over()
        except TimeoutError:
            self._process.kill()
            raise

    async def said(self, event: str) -> Row:
        """Wait for a line of its log."""

        async def found() -> Row | None:
            return next((line for line in self.log() if line.get("event") == event), None)

        return await until(found, lambda: self.err[-5:])

    async def started(self) -> None:
        """Wait until its worker holds the lock."""
        await self.said("started")

    def log(self) -> list[Row]:
        """The lines of its log."""
        lines = []
        for line in self.err:
            with suppress(ValueError):
                lines.append(json.loads(line))
        return [line for line in lines if isinstance(line, dict)]

    @staticmethod
    async def _read(stream: asyncio.StreamReader, lines: list[str]) -> None:
        while line := await stream.readline():
            lines.append(line.decode(errors="replace").rstrip())


async def until(found: Callable[[], Awaitable[T | None]], told: Callable[[], object] = str) -> T:
    """Ask again and again until the answer is something; fail with ``told()`` after a long while."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not (answer := await found()):  # noqa: ASYNC110  another process decides
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        raise AssertionError(told()) from None
    return answer


def channel(name: str, network: str, url: str, /, **keys: object) -> str:
    """Return a channel's section: short waits, so that nothing has to be waited for."""
    usual: dict[str, object] = {"look_after": "1s", "look_again": "1s", "deadline": "2s"}
    return section("channels", name, network=network, api=url, **{**usual, **keys})


def source(name: str, url: str, /, **keys: object) -> str:
    """Return a source's section."""
    return section("sources", name, url=url, **{"backlog": 1000, "every": "1h", **keys})


def section(kind: str, name: str, /, **keys: object) -> str:
    """Return one section of the configuration."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items() if value is not None]
    return "\n".join([f"[{kind}.{name}]", *lines, ""])
