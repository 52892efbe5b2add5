"""Starting a server that we did not write, and stopping it again."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 60
"""Seconds for a server to start; a busy machine is slow, not broken."""
HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path], where: Path, environ: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a server as long as the block lasts; what it says goes into server.log."""
    with (where / "server.log").open("w") as log:
        process = subprocess.Popen(
            list(map(str, command)), cwd=where, env=environ, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def told_address(process: subprocess.Popen[str], log: Path) -> str:
    """The address that a server prints as JSON once it serves."""
    for line in process.stdout or ():
        if line.startswith('{"url"'):
            return str(json.loads(line)["url"])
    raise AssertionError(log.read_text(errors="replace")[-2000:])


def wait_for(process: subprocess.Popen[str], port: int, log: Path) -> None:
    """Wait until something listens."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-2000:])
