"""Serving: in the caller's loop, on a free port where the usual one is taken, stopped when told."""

import signal
import socket

import httpx
import pytest

from bot.desk.web.app import create_app
from bot.desk.web.server import serve
from tests.bot.desk.samples import Queue, parts_of


async def test_the_desk_is_served_and_stopped(queue: Queue) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    served = await serve(create_app(parts_of(queue)), "127.0.0.1", 0)
    assert signal.getsignal(signal.SIGTERM) is handler  # the worker's, not ours
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{served.url}/healthz")
        assert answer.json() == {"alive": True}
        assert "server" not in answer.headers
        await served.stop()
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{served.url}/healthz")


async def test_a_taken_port_gives_way_to_a_free_one(queue: Queue) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = await serve(create_app(parts_of(queue)), "127.0.0.1", port)
        assert served.url.startswith("http://127.0.0.1:")
        assert not served.url.endswith(f":{port}")
        await served.stop()


async def test_an_address_that_is_not_ours_is_an_error(queue: Queue) -> None:
    with pytest.raises(OSError, match=r"assign|available"):
        await serve(create_app(parts_of(queue)), "192.0.2.1", 0)
