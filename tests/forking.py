"""The bot's commands in processes forked from one that has imported everything: to start one costs little."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Self

PRELOADED = (
    "tests.never_twice.killed.child",
    "bot.__main__",
    "bot.assemble",
    "tweepy",
    "telegram",
    "telegram.request",
    "aiohttp",
)


def forkserver() -> ForkServerContext:
    """Return what forks workers from a process that has imported everything and has one thread."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


class Command:
    """One command of the bot that runs; it has the methods of asyncio's own processes that tests use."""

    def __init__(self, words: Sequence[str], home: Path, environment: Mapping[str, str]) -> None:
        context = forkserver()
        inside, self._stdin = context.Pipe(duplex=False)
        self._stdout, out = context.Pipe(duplex=False)
        self._stderr, err = context.Pipe(duplex=False)
        streams = (inside, out, err)
        self._process = context.Process(target=_live, args=(words, str(home), dict(environment), streams))
        self._process.start()
        for stream in streams:
            stream.close()
        self._over = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._process.sentinel, self._ended)

    @classmethod
    async def start(cls, words: Sequence[str], home: Path, environment: Mapping[str, str]) -> Self:
        """Start it and listen to what it says."""
        made = cls(words, home, environment)
        made.stdout, made.stderr = await _listen(made._stdout), await _listen(made._stderr)
        return made

    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def send_signal(self, number: int) -> None:
        if self._over.is_set():
            raise ProcessLookupError
        os.kill(self.pid, number)

    async def communicate(self, stdin: bytes = b"") -> tuple[bytes, bytes]:
        """Hand it what it may read, wait until it has ended, and return what it said."""
        with suppress(BrokenPipeError):
            os.write(self._stdin.fileno(), stdin)
        self._stdin.close()
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err

    async def wait(self) -> int:
        """Wait until it has ended; return its status, negative for a signal."""
        await self._over.wait()
        return self.returncode

    @property
    def returncode(self) -> int:
        self._process.join()
        return self._process.exitcode or 0

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._over.set()


async def _listen(pipe: Connection) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    file = os.fdopen(os.dup(pipe.fileno()), "rb", buffering=0)
    pipe.close()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


def _live(
    words: Sequence[str], home: str, environment: Mapping[str, str], streams: Sequence[Connection]
) -> None:
    for place, stream in enumerate(streams):
        os.dup2(stream.fileno(), place)
        stream.close()
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115  the process's own
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(home)
    sys.argv = ["technopolys", *words]
    from bot.__main__ import main

    sys.exit(main(list(words)))
