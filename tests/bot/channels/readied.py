"""Apprise's processes forked from one that has loaded it: to load it anew for each would take half a second.

    test -> a connection -> the one that is ready -> a fork that speaks over it as over its two pipes

The fork runs the same program from its first line on. Real starts have tests of their own (test_apprise.py).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.channels import apprise_child
from bot.channels.session import loading_requests
from tests.surroundings import ROOT

PROGRAM = ("-m", apprise_child.__name__)


class Forked:
    """A fork, with what ``apprise_process`` uses of asyncio's own processes."""

    def __init__(self, pid: int, said: asyncio.StreamReader, heard: asyncio.StreamWriter) -> None:
        self.stdout, self.stdin = said, heard
        self._pid = pid

    @property
    def returncode(self) -> int | None:
        return 0 if self.stdout.at_eof() else None

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    async def wait(self) -> int:
        await self.stdout.read()
        return 0


class Ready:
    """The one that is ready; ``start`` stands in for :func:`asyncio.create_subprocess_exec`."""

    def __init__(self, door: Path) -> None:
        self._door = door
        self._plain = asyncio.create_subprocess_exec

    async def start(self, *command: str, **more: object) -> object:
        if command[1:] != PROGRAM:
            return await self._plain(*command, **more)  # type: ignore[arg-type]  # handed on as it came
        said, heard = await asyncio.open_unix_connection(self._door)
        return Forked(int(await said.readline()), said, heard)


@contextmanager
def readied(folder: Path) -> Iterator[Ready]:
    """Keep one that has loaded Apprise."""
    door = folder / "apprise"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(door))
        listening.listen(64)
        command = [sys.executable, "-m", __name__, str(listening.fileno())]
        process = subprocess.Popen(command, pass_fds=[listening.fileno()], cwd=ROOT)
    try:
        yield Ready(door)
    finally:
        process.kill()
        process.wait()


def serve(door: int) -> None:
    """Load Apprise and every service of its own, then fork for each who connects."""
    with loading_requests():
        from apprise import Apprise

        Apprise().add("json://127.0.0.1/")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    listening = socket.socket(fileno=door)
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            live(listening, connection)
        connection.close()


def live(listening: socket.socket, connection: socket.socket) -> None:
    """Be the program, with the connection for its standard streams."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    listening.close()
    for stream in (0, 1):
        os.dup2(connection.fileno(), stream)
    connection.close()
    os.write(1, f"{os.getpid()}\n".encode())
    try:
        apprise_child.main()
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
