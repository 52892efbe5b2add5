"""A stand-in for a Mastodon server: statuses, pictures, the own timeline, what the server says of itself.

Sources: Mastodon's API documentation. An Idempotency-Key brings back the first status for an hour. The part
of an access token before its first dash is the account's name.
"""

import html
import re
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.accounts import Account, Accounts
from bot.sandbox.faults import Faults
from bot.sandbox.links import find_addresses, find_hashtags, find_mentions
from bot.sandbox.mastodon_rules import (
    LARGEST_PICTURE,
    LINK,
    MAXIMUM,
    MAXIMUM_ALT,
    MOST_PICTURES,
    Draft,
    Refusal,
    failed,
    read_draft,
)
from bot.sandbox.mastodon_sign_in import SignIns
from bot.sandbox.pictures import picture_type
from bot.sandbox.published import Card, Clock, Media, Published, Timeline
from bot.sandbox.rich_text import Span, runs

_KEY_LASTS = timedelta(hours=1)
_USUAL_WAIT = timedelta(minutes=5)
_PER_WINDOW = 300
_WINDOW = timedelta(hours=3)
_TOKEN = re.compile(r"([a-z_][a-z0-9_]{0,29})-.+", re.ASCII)
_VERSION = "4.5.2"

Act = Callable[[web.Request, Account], Awaitable[Any]]

_REFUSALS = {
    "401": Refusal(401, "The access token is invalid"),
    "402": Refusal(402, "Payment Required"),
    "403-duplicate": Refusal(403, "This action is not allowed"),
    "429": Refusal(429, "Too many requests"),
    "500": Refusal(500, "Internal Server Error"),
    "502": Refusal(502, "Bad Gateway"),
    "503": Refusal(503, "Remote data could not be fetched"),
}


class MastodonVoice:
    """How Mastodon words its refusals."""

    network = "mastodon"

    def __init__(self, now: Clock) -> None:
        self._now = now

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return Mastodon's answer for an effect; a 429 asks to wait `retry_after`, by default 5 minutes."""
        wait = _USUAL_WAIT if retry_after is None else retry_after
        return refused(
            _REFUSALS[effect], {"X-RateLimit-Reset": _iso(self._now() + wait)} if effect == "429" else {}
        )

    def empty(self) -> web.Response:
        """Return a 200 that says nothing."""
        return web.json_response({})


class MastodonApi:
    """The routes of Mastodon's API and what stands behind them."""

    def __init__(
        self, now: Clock, accounts: Accounts, timeline: Timeline, faults: Faults, base_url: Callable[[], str]
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._faults = faults
        self._base_url = base_url
        self._voice = MastodonVoice(now)
        self._pictures: dict[str, Media] = {}
        self._statuses: dict[str, tuple[Published, Draft]] = {}
        self._keys: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._made: dict[str, deque[datetime]] = {}
        self._sign_ins = SignIns(accounts)
        self._last_id = 0

    def routes(self) -> list[web.RouteDef]:
        """Return every address of the API that is here; any other is Mastodon's 404."""
        return [
            web.get("/api/v2/instance{slash:/?}", self._serving("instance", self._instance)),
            web.get("/api/v1/accounts/verify_credentials", self._serving("me", self._me)),
            web.get(r"/api/v1/accounts/{id:\d+}/statuses", self._serving("timeline", self._read)),
            web.post("/api/v1/statuses", self._serving("create", self._create)),
            web.delete(r"/api/v1/statuses/{id:\d+}", self._serving("delete", self._delete)),
            web.post("/api/v2/media", self._serving("upload", self._upload)),
            web.get(r"/api/v1/media/{id:\d+}", self._serving("media", self._media)),
            web.post("/api/v1/apps", self._faults.serving(self._voice, "apps", self._sign_ins.register)),
            web.post("/oauth/token", self._faults.serving(self._voice, "sign-in", self._sign_ins.token)),
            web.route("*", "/api/{rest:.*}", _nothing_here),
        ]

    def _serving(self, operation: str, act: Act) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return web.json_response(await act(request, self._caller(request)))
            except Refusal as refusal:
                return refused(refusal)

        return self._faults.serving(self._voice, operation, answer)

    def agree(self, request: web.Request) -> web.Response:
        """Be the page on which a person agrees to an app, and is shown a code."""
        return self._sign_ins.agree(request)

    async def _instance(self, _request: web.Request, _account: Account) -> dict[str, Any]:
        statuses = {
            "max_characters": MAXIMUM,
            "max_media_attachments": MOST_PICTURES,
            "characters_reserved_per_url": LINK,
        }
        media = {"description_limit": MAXIMUM_ALT, "image_size_limit": LARGEST_PICTURE}
        return {
            "domain": "sandbox",
            "title": "Sandbox",
            "version": _VERSION,
            "configuration": {"statuses": statuses, "media_attachments": media},
        }

    async def _me(self, _request: web.Request, account: Account) -> dict[str, Any]:
        return self._account_json(account)

    async def _read(self, request: web.Request, account: Account) -> list[dict[str, Any]]:
        if request.match_info["id"] != str(account.number):
            return []
        asked = request.query.get("limit", "20")
        before = int(request.query.get("max_id") or 1 << 63)
        newest = [post for post in self._timeline.of("mastodon", account.key)[::-1] if int(post.id) < before]
        return [self._status_json(post, account) for post in newest[: min(int(asked), 40)]]

    async def _create(self, request: web.Request, account: Account) -> dict[str, Any]:
        form = await request.post()
        key, now = request.headers.get("Idempotency-Key", ""), self._now()
        known = self._keys.get((account.key, key))
        if key and known is not None and now - known[0] < _KEY_LASTS and known[1] in self._statuses:
            return self._status_json(self._statuses[known[1]][0], account)
        ids = [str(value) for name, value in form.items() if name.startswith("media_ids")]
        draft = read_draft(form, ids, self._pictures)
        self._count(account, now)
        post = self._published(draft, account, now)
        self._statuses[post.id] = (post, draft)
        self._timeline.add(post)
        if key:
            self._keys[account.key, key] = (now, post.id)
        return self._status_json(post, account)

    async def _delete(self, request: web.Request, account: Account) -> dict[str, Any]:
        number = request.match_info["id"]
        if not self._timeline.remove("mastodon", account.key, number):
            raise Refusal(404, "Record not found")
        return self._status_json(self._statuses.pop(number)[0], account)

    async def _upload(self, request: web.Request, _account: Account) -> dict[str, Any]:
        form = await request.post()
        file, alt = form.get("file"), str(form.get("description", ""))
        if not isinstance(file, web.FileField):
            raise failed("File can't be blank")
        content = file.file.read()
        kind = picture_type(content)
        if kind is None:
            raise failed("File content type is not supported")
        if len(content) > LARGEST_PICTURE:
            raise Refusal(413, "Payload Too Large")
        if len(alt) > MAXIMUM_ALT:
            raise failed(f"Description is too long (maximum is {MAXIMUM_ALT} characters)")
        number = self._next_id(self._now())
        self._pictures[number] = Media(alt, content, kind)
        return self._media_json(number)

    async def _media(self, request: web.Request, _account: Account) -> dict[str, Any]:
        return self._media_json(request.match_info["id"])

    def _media_json(self, number: str) -> dict[str, Any]:
        if number not in self._pictures:
            raise Refusal(404, "Record not found")
        url = f"{self._base_url()}/media/{number}"
        alt = self._pictures[number].alt or None
        return {"id": number, "type": "image", "url": url, "preview_url": url, "description": alt}

    def _count(self, account: Account, now: datetime) -> None:
        made = self._made.setdefault(account.key, deque())
        while made and made[0] <= now - _WINDOW:
            made.popleft()
        if len(made) >= _PER_WINDOW:
            raise Refusal(429, "Too many requests")
        made.append(now)

    def _published(self, draft: Draft, account: Account, now: datetime) -> Published:
        number = self._next_id(now)
        first = next((found.address for found in find_addresses(draft.text) if "://" in found.text), None)
        return Published(
            network="mastodon",
            account=account.key,
            id=number,
            url=f"{self._base_url()}/@{account.handle}/{number}",
            text=draft.text,
            link=first,
            media=tuple(media for _, media in draft.media),
            created_at=now,
            body=_body(draft.text),
            card=Card(first) if first and not draft.media else None,
        )

    def _status_json(self, post: Published, account: Account) -> dict[str, Any]:
        draft = self._statuses[post.id][1]
        return {
            "id": post.id,
            "created_at": _iso(post.created_at),
            "content": _content(post.text),
            "visibility": draft.visibility,
            "language": draft.language or None,
            "url": post.url,
            "uri": post.url,
            "account": self._account_json(account),
            "media_attachments": [self._media_json(number) for number, _ in draft.media],
        }

    def _account_json(self, account: Account) -> dict[str, Any]:
        return {
            "id": str(account.number),
            "username": account.handle,
            "acct": account.handle,
            "display_name": account.name,
            "url": f"{self._base_url()}/@{account.handle}",
        }

    def _caller(self, request: web.Request) -> Account:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "The access token is invalid")
        named = _TOKEN.fullmatch(token)
        return self._accounts.on_mastodon(named[1] if named else f"user{zlib.crc32(token.encode())}")

    def _next_id(self, now: datetime) -> str:
        self._last_id = max(self._last_id + 1, int(now.timestamp() * 1000) << 16)
        return str(self._last_id)


def refused(refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
    """Return a refusal as Mastodon sends it."""
    return web.json_response({"error": refusal.error}, status=refusal.status, headers=headers)


async def _nothing_here(_request: web.Request) -> web.Response:
    return refused(Refusal(404, "Not Found"))


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _body(text: str) -> Any:  # noqa: ANN401 - runs of text
    links = [
        Span(one.start, one.end, "link", one.address) for one in find_addresses(text) if "://" in one.text
    ]
    tags = [Span(tag.start, tag.end, "tag") for tag in (*find_hashtags(text), *find_mentions(text))]
    return runs(text, [*links, *tags])


def _content(text: str) -> str:
    """Return a status' HTML: paragraphs, breaks, links whose scheme a reader does not see."""
    pieces, done = "", 0
    for link in find_addresses(text):
        if "://" not in link.text:
            continue
        scheme, _, rest = link.text.partition("://")
        pieces += html.escape(text[done : link.start], quote=False)
        shown = f'<span class="invisible">{scheme}://</span><span class="">{html.escape(rest)}</span>'
        pieces += f'<a href="{html.escape(link.address)}" rel="nofollow">{shown}</a>'
        done = link.end
    pieces += html.escape(text[done:], quote=False)
    return "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in pieces.split("\n\n"))
