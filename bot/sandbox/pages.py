"""The pages: every channel as the public would see it. No script; they load themselves again."""

import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.sandbox.accounts import Account, Accounts
from bot.sandbox.published import Card, Clock, Page, Published, Timeline

_HERE = Path(__file__).parent
_MOST_SHOWN = 100
_FRESH = timedelta(minutes=2)
"""By the shared clock: a post this young is marked as new."""
_COVERS = 8
"""So many colours stand for the pictures that nobody fetches."""
Handler = Callable[[web.Request], Awaitable[web.Response]]
PageOf = Callable[[str], Page | None]
"""Finds what a link leads to among the sandbox's own sites."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Pages:
    """The home page, a timeline for each account and a page for each post."""

    def __init__(
        self, now: Clock, accounts: Accounts, timeline: Timeline, pages_of: Iterable[PageOf] = ()
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._pages_of = tuple(pages_of)
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"ago": self._ago, "moment": _moment, "fresh": self._is_fresh}
        self._templates.filters |= {"opened": self._opened, "seen": self._seen}

    def routes(self) -> list[web.RouteDef | web.StaticDef]:
        """Return the addresses of all pages."""
        return [
            web.get("/", self._home),
            web.get(
                "/{network:x|telegram|bluesky|mastodon|linkedin|facebook|apprise}/{account}", self._account
            ),
            web.get("/profile/{account}/post/{id}", self._post_on("bluesky")),
            web.get("/profile/{account}", self._account_on("bluesky")),
            web.get(r"/@{account:\w+}/{id:\d+}", self._post_on("mastodon")),
            web.get(r"/@{account:\w+}", self._account_on("mastodon")),
            web.get("/{network:x}/{account}/status/{id}", self._post),
            web.get("/i/status/{id}", self._post_by_id),
            web.get("/feed/update/{id}", self._linkedin_post),
            web.get(r"/{account:\d+}/posts/{id:\d+}", self._facebook_post),
            web.get("/{network:telegram|apprise}/{account}/{id}", self._post),
            web.get(r"/media/{network:[a-z]+}/{account}/{id}/{place:\d|card}", self._picture),
            web.static("/static", _HERE / "static"),
        ]

    async def _home(self, _request: web.Request) -> web.Response:
        return self._page("home.html", rows=self._rows())

    def _account_on(self, network: str) -> Handler:
        async def serve(request: web.Request) -> web.Response:
            return self._timeline_of(self._accounts.get(network, request.match_info["account"]))

        return serve

    def _post_on(self, network: str) -> Handler:
        async def serve(request: web.Request) -> web.Response:
            account = self._accounts.get(network, request.match_info["account"])
            post = self._timeline.get(network, account.key, request.match_info["id"]) if account else None
            return self._show(account, [post], alone=True) if account and post else self._missing()

        return serve

    async def _account(self, request: web.Request) -> web.Response:
        return self._timeline_of(self._find_account(request))

    def _timeline_of(self, account: Account | None) -> web.Response:
        if account is None:
            return self._missing()
        posts = self._timeline.of(account.network, account.key)[::-1]
        return self._show(account, posts[:_MOST_SHOWN], alone=False)

    async def _post(self, request: web.Request) -> web.Response:
        account, post = self._find_account(request), self._find_post(request)
        if account is None or post is None:
            return self._missing()
        return self._show(account, [post], alone=True)

    async def _post_by_id(self, request: web.Request) -> web.Response:
        """Lead on from the address that names no account, which clients know a post on X by."""
        wanted = request.match_info["id"]
        post = next((post for post in self._timeline.of("x") if post.id == wanted), None)
        if post is None:
            return self._missing()
        return web.Response(status=302, headers={"Location": post.path, **_HEADERS})

    async def _linkedin_post(self, request: web.Request) -> web.Response:
        """Show a post whose address names no account."""
        wanted = request.match_info["id"]
        post = next((post for post in self._timeline.of("linkedin") if post.id == wanted), None)
        account = self._accounts.get("linkedin", post.account) if post else None
        return self._show(account, [post], alone=True) if account and post else self._missing()

    async def _facebook_post(self, request: web.Request) -> web.Response:
        page = request.match_info["account"]
        account = self._accounts.get("facebook", page)
        post = self._timeline.get("facebook", page, f"{page}_{request.match_info['id']}")
        return self._show(account, [post], alone=True) if account and post else self._missing()

    def _show(self, account: Account, posts: list[Published], *, alone: bool) -> web.Response:
        total = len(self._timeline.of(account.network, account.key))
        template = f"{account.network}.html"
        return self._page(template, account=account, posts=posts, total=total, alone=alone, rows=self._rows())

    async def _picture(self, request: web.Request) -> web.Response:
        post, place = self._find_post(request), request.match_info["place"]
        shown = (*post.media, *([post.card.picture] if post.card else [])) if post else ()
        number = len(shown) - 1 if place == "card" else int(place)
        picture = shown[number] if 0 <= number < len(shown) else None
        if picture is None or not picture.content:
            return web.Response(status=404)
        return web.Response(body=picture.content, content_type=picture.content_type, headers=_HEADERS)

    def _find_account(self, request: web.Request) -> Account | None:
        return self._accounts.get(request.match_info["network"], request.match_info["account"])

    def _find_post(self, request: web.Request) -> Published | None:
        account = self._find_account(request)
        if account is None:
            return None
        return self._timeline.get(account.network, account.key, request.match_info["id"])

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"account": account, "posts": len(posts), "last": posts[-1] if posts else None}
            for account in self._accounts.all()
            for posts in [self._timeline.of(account.network, account.key)]
        ]

    def _missing(self) -> web.Response:
        return self._page("missing.html", status=404)

    def _page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:  # noqa: ANN401 - for Jinja
        text = self._templates.get_template(template).render(values)
        return web.Response(text=text, content_type="text/html", status=status, headers=_HEADERS)

    def _page_at(self, address: str) -> Page | None:
        found = (page_of(address) for page_of in self._pages_of)
        return next((page for page in found if page is not None), None)

    def _opened(self, address: str) -> str:
        """Return where a link opens: on the sandbox, if one of its sites answers for it."""
        page = self._page_at(address)
        return page.path if page else address

    def _seen(self, card: Card) -> dict[str, Any]:
        """Return a card as readers see it."""
        page = self._page_at(card.address) or Page(card.title, card.site, card.address)
        page = replace(page, title=card.words or page.title)
        cover = zlib.crc32(page.path.encode()) % _COVERS
        return {"page": page, "cover": cover, "large": card.large, "above": card.above} | {
            "under": card.under,
            "given": card.picture is not None,
        }

    def _is_fresh(self, moment: datetime) -> bool:
        return self._now() - moment < _FRESH

    def _ago(self, moment: datetime) -> str:
        minutes = (self._now() - moment) // timedelta(minutes=1)
        if minutes < 1:
            return "now"
        if minutes < 60:  # noqa: PLR2004 - minutes in an hour
            return f"{minutes} min"
        if minutes < 24 * 60:
            return f"{minutes // 60} h"
        return f"{moment:%b} {moment.day}"


def _moment(moment: datetime) -> str:
    return f"{moment:%H:%M} · {moment:%A}, {moment:%B} {moment.day}, {moment:%Y}"
