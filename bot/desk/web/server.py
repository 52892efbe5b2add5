"""Serving the desk inside the worker's own loop; signals stay the worker's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

PATIENCE = 3
"""Seconds that requests in flight get when the desk stops."""


class _Quiet(uvicorn.Server):
    """uvicorn without its hands on the signals, which are the worker's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@dataclass(frozen=True, slots=True)
class Server:
    """A desk that is served at ``url``."""

    url: str
    _server: uvicorn.Server
    _serving: asyncio.Task[None]

    async def stop(self) -> None:
        """Stop serving; requests in flight get a moment."""
        self._server.should_exit = True
        with suppress(asyncio.CancelledError):
            await self._serving


async def serve(app: ASGIApp, host: str, port: int) -> Server:
    """Serve ``app`` on ``host``; where ``port`` is taken, or 0, a free one. Raises OSError for a bad host."""
    door = _bind(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=PATIENCE,
        h11_max_incomplete_event_size=32 * 1024,
    )
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve(sockets=[door]), name="desk")
    while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn tells in no other way
        await asyncio.sleep(0.005)
    if serving.done():
        serving.result()
    return Server(_url(host, door.getsockname()[1]), server, serving)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return _listen(family, host, port)
    except OSError:
        if port == 0:
            raise
    return _listen(family, host, 0)


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    made.setblocking(False)  # noqa: FBT003  the standard library's signature
    return made


def _url(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  an address people can open
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
