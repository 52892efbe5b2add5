"""A server that counts: X, Telegram and Mastodon as far as the bot needs them, and a feed of made-up news.

It is written apart from the bot and from its sandbox. Before and after it counts a create request it waits
a little, so that a kill falls on either side.
"""

import asyncio
import html
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random

from aiohttp import web

Seen = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """One post that the public sees."""

    id: str
    text: str
    at: datetime


@dataclass(slots=True)
class Counting:
    """What was created on which account; ``seen`` is told of each step of a create request."""

    random: Random
    stories: list[str]
    slowest: float = 0.03
    url: str = ""
    shown: dict[str, list[Shown]] = field(default_factory=dict)
    seen: Seen = lambda _step: None
    hangs: bool = False
    keys: dict[tuple[str, str], Shown] = field(default_factory=dict)

    def counts(self) -> Counter[tuple[str, str]]:
        """How often each story stands on each account."""
        return Counter(
            (account, story)
            for account, posts in self.shown.items()
            for post in posts
            for story in self.stories
            if story in post.text
        )

    async def create(self, account: str, text: str, key: str = "") -> Shown:
        """Make a post and count it; on an account that knows keys a key is one post."""
        self.seen("asked")
        await self._wait()
        posts = self.shown.setdefault(account, [])
        made = self.keys.get((account, key)) if key else None
        if made is None:
            made = Shown(str(1000 + len(posts)), text, datetime.now(UTC))
            posts.append(made)
            self.keys[account, key] = made
        self.seen("counted")
        await self._wait()
        if self.hangs:
            await asyncio.Event().wait()
        return made

    async def _wait(self) -> None:
        await asyncio.sleep(self.random.uniform(0, self.slowest))

    async def x_create(self, request: web.Request) -> web.Response:
        token = re.search(r'oauth_token="(\d+)-', request.headers["Authorization"])
        assert token is not None
        made = await self.create(token[1], (await request.json())["text"])
        return web.json_response({"data": {"id": made.id, "text": made.text}}, status=201)

    async def x_timeline(self, request: web.Request) -> web.Response:
        posts = self.shown.get(request.match_info["id"], [])[::-1]
        data = [{"id": post.id, "text": post.text, "created_at": post.at.isoformat()} for post in posts]
        return web.json_response({"data": data, "meta": {"result_count": len(data)}})

    async def x_me(self, request: web.Request) -> web.Response:
        return web.json_response({"data": {"id": "1", "username": "someone", "name": "Someone"}})

    async def mastodon_create(self, request: web.Request) -> web.Response:
        asked = await request.post()
        made = await self.create(_owner(request), str(asked["status"]), request.headers["Idempotency-Key"])
        return web.json_response(_status(made))

    async def mastodon_statuses(self, request: web.Request) -> web.Response:
        posts = self.shown.get(_owner(request), [])[::-1]
        return web.json_response([_status(post) for post in posts[:40]])

    async def mastodon_me(self, request: web.Request) -> web.Response:
        return web.json_response({"id": "1", "username": "someone"})

    async def mastodon_instance(self, _request: web.Request) -> web.Response:
        counts = {"max_characters": 500, "characters_reserved_per_url": 23}
        return web.json_response({"version": "4.5.0", "configuration": {"statuses": counts}})

    async def telegram(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        result = await self._sent(request) if method == "sendMessage" else _TELEGRAM[method]
        return web.json_response({"ok": True, "result": result})

    async def _sent(self, request: web.Request) -> dict[str, object]:
        asked = await request.post()
        chat = str(asked["chat_id"])
        made = await self.create(chat, str(asked["text"]))
        told = {"id": -100, "type": "channel", "title": chat}
        return {"message_id": int(made.id), "date": int(made.at.timestamp()), "chat": told}

    async def feed(self, _request: web.Request) -> web.Response:
        items = "".join(_entry(number, story) for number, story in enumerate(self.stories))
        body = f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
        return web.Response(text=body, content_type="application/rss+xml")


def _owner(request: web.Request) -> str:
    """Whose account a Mastodon token opens: "Bearer m3-t" is m3's."""
    return request.headers["Authorization"].removeprefix("Bearer ").removesuffix("-t")


def _status(post: Shown) -> dict[str, str]:
    text = html.escape(post.text).replace("\n\n", "</p><p>")
    return {"id": post.id, "content": f"<p>{text}</p>", "created_at": post.at.isoformat()}


_ME = {"id": 7, "is_bot": True, "first_name": "Bot", "username": "a_bot"}
_TELEGRAM = {"getMe": _ME, "getChatMember": {"status": "creator", "user": _ME, "is_anonymous": False}}


def _entry(number: int, story: str) -> str:
    when = format_datetime(datetime.now(UTC))
    return (
        f"<item><title>{story}</title><link>https://example.org/{number}</link>"
        f"<guid>{number}</guid><pubDate>{when}</pubDate></item>"
    )


@asynccontextmanager
async def counting(random: Random, stories: list[str]) -> AsyncIterator[Counting]:
    """Serve on a free port of loopback."""
    made = Counting(random, stories)
    app = web.Application()
    app.router.add_post("/2/tweets", made.x_create)
    app.router.add_get("/2/users/me", made.x_me)
    app.router.add_get("/2/users/{id}/tweets", made.x_timeline)
    app.router.add_post("/api/v1/statuses{slash:/?}", made.mastodon_create)
    app.router.add_get("/api/v1/accounts/verify_credentials{slash:/?}", made.mastodon_me)
    app.router.add_get("/api/v1/accounts/1/statuses{slash:/?}", made.mastodon_statuses)
    app.router.add_get("/api/v2/instance{slash:/?}", made.mastodon_instance)
    app.router.add_post("/bot{token}/{method}", made.telegram)
    app.router.add_get("/feed.xml", made.feed)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = str(runner.addresses[0][1])
    made.url = f"http://127.0.0.1:{made.url}"
    try:
        yield made
    finally:
        await runner.cleanup()
