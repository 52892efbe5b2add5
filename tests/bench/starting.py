"""How soon the program asks its first feed, and what it weighs once it has nothing to do."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import HTTPCookieProcessor, build_opener

from tests.bench.figures import Aim, Figure, Spent
from tests.bench.machine import computing, pss, tree

TIMES = 5
QUIET = 75
"""Seconds without work: the feed cage goes home after sixty."""
_TOML = """
[bot]
language = "fr"
grace = "0s"
[desk]
listen = "127.0.0.1:0"
[fetch]
allow_private = ["127.0.0.1"]
[sources.news]
url = "http://127.0.0.1:{port}/feed.xml"
language = "fr"
approval = "trusted"
backlog = 10
every = "{every}"
[channels.x-fr]
network = "x"
api = "http://127.0.0.1:{port}"
slots = "daily 00:00-24:00 every 1s"
[channels.telegram-fr]
network = "telegram"
api = "http://127.0.0.1:{port}"
chat = "@news"
slots = "daily 00:00-24:00 every 1s"
"""
_SECRETS = {
    **{
        f"TECHNOPOLYS_X_FR_{name}": "1-t"
        for name in ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")
    },
    "TECHNOPOLYS_TELEGRAM_FR_TOKEN": "1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
}
_LIBRARIES = (
    "aiohttp",
    "apscheduler",
    "fastapi",
    "jinja2",
    "sqlalchemy",
    "structlog",
    "telegram",
    "typer",
    "uvicorn",
)
_FEED = (
    '<rss version="2.0"><channel><title>News</title><item><title>A garden grew</title>'
    "<link>https://example.org/1</link><guid>1</guid></item></channel></rss>"
)


def start() -> Iterator[Figure]:
    """From exec to the first request that reaches the feed's server."""
    fresh: list[Spent] = []
    again: list[Spent] = []
    alone = []
    for _ in range(TIMES):
        alone.append(_importing())
        for taken, one in zip((fresh, again), asyncio.run(_starts()), strict=True):
            taken.append(one)
    beside = ("importing its libraries alone", median(alone))
    work = "start to first poll"
    yield Figure(f"{work}, fresh folder (X, Telegram, desk)", _wall(fresh), "s", Aim(1.5), *beside)
    yield Figure(f"{work}, existing database", _wall(again), "s", Aim(1.5), *beside)
    yield Figure(f"{work}, existing database, computing", median(one.cpu for one in again), "s", Aim(1.5))


def idle() -> Iterator[Figure]:
    """What the process tree weighs 75 s after a poll, a visit to the desk and a post on each network."""
    weight, processes = asyncio.run(_idle())
    work = (
        f"idle memory (PSS) of {processes} process{'es' if processes > 1 else ''}, X, Telegram and desk used"
    )
    yield Figure(work, weight, "MB", Aim(110))


async def _starts() -> list[Spent]:
    """Start in a fresh folder, and once more in the same."""
    taken = []
    with TemporaryDirectory() as home:
        for _ in range(2):
            async with _running(Path(home), every="1s") as (took, process, _posted):
                taken.append(Spent(took, computing(process.pid)))
            await asyncio.sleep(1)  # until the feed is due again
    return taken


def _importing() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {', '.join(_LIBRARIES)}"], check=True)
    return time.perf_counter() - begun


def _wall(taken: list[Spent]) -> float:
    return median(one.wall for one in taken)


async def _idle() -> tuple[float, int]:
    with TemporaryDirectory() as home:
        async with _running(Path(home), every="1h") as (_took, process, posted):
            assert process.stdout is not None
            desk = (await process.stdout.readline()).decode().split()[-1]
            await asyncio.to_thread(_visit, desk)
            async with asyncio.timeout(60):
                await posted.wait()
            await asyncio.sleep(QUIET)
            return pss(process.pid), len(tree(process.pid))


def _visit(desk: str) -> None:
    with build_opener(HTTPCookieProcessor()).open(desk) as page:
        page.read()


@asynccontextmanager
async def _running(
    home: Path, every: str
) -> AsyncIterator[tuple[float, asyncio.subprocess.Process, asyncio.Event]]:
    """The command as people start it: the seconds until its first poll; set once both networks had a post."""
    asked, posted = asyncio.Event(), asyncio.Event()
    awaited = {"/2/tweets", "/sendMessage"}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        asked.set()
        awaited.difference_update([end for end in awaited if path.endswith(end)])
        if not awaited:
            posted.set()
        writer.write(_answer(path))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        (home / "technopolys.toml").write_text(_TOML.format(port=port, every=every), encoding="utf-8")
        begun = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("technopolys"),
            "run",
            cwd=home,
            env=_surroundings(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(30):
                await asked.wait()
            yield time.perf_counter() - begun, process, posted
        finally:
            process.terminate()
            await process.communicate()


def _surroundings() -> dict[str, str]:
    """As an operator has it: what was compiled at the first start is kept for the next."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**own, **_SECRETS}


def _answer(path: str) -> bytes:
    """The feed, or what X and Telegram say of a post."""
    if path.endswith("/2/tweets"):
        body, status = '{"data": {"id": "1", "text": ""}}', "201 Created"
    elif "/bot" in path:
        body, status = (
            '{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": -1, "type": "channel"}}}',
            "200 OK",
        )
    else:
        body, status = _FEED, "200 OK"
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()
