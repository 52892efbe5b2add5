"""Made-up news and real documents, served on loopback."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from aiohttp import web

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass(slots=True)
class Newsroom:
    """Feeds by their path; a file is served as it is, a list of titles as RSS."""

    url: str = ""
    feeds: dict[str, list[str] | Path] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer for one feed."""
        name = request.match_info["name"]
        self.asked.append(name)
        feed = self.feeds.get(name)
        if feed is None:
            raise web.HTTPNotFound
        body = feed.read_bytes() if isinstance(feed, Path) else rss(self.url, name, feed)
        page = isinstance(feed, Path) and feed.suffix == ".html"
        return web.Response(body=body, content_type="text/html" if page else "application/xml")


@asynccontextmanager
async def newsroom(feeds: Mapping[str, list[str] | Path]) -> AsyncIterator[Newsroom]:
    """Serve feeds on a free port."""
    room = Newsroom(feeds=dict(feeds))
    app = web.Application()
    app.router.add_get("/{name:.+}", room.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    room.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield room
    finally:
        await runner.cleanup()


def rss(home: str, name: str, titles: list[str]) -> bytes:
    """Return a feed of titles, each an hour newer than the one before."""
    items = "".join(_item(home, name, number, title) for number, title in enumerate(titles))
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


def _item(home: str, name: str, number: int, title: str) -> str:
    link = f"{home}/{name}/{number}"
    when = format_datetime(BEGIN + timedelta(hours=number))
    text = f"De quoi parle « {title} » : tout, en quelques mots."
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{when}</pubDate>"
        f"<description>{text}</description></item>"
    )
