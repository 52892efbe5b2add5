"""A stand-in for X API v2: posts, their deletion, the own timeline, pictures with alt text.

Sources: X API v2, "Manage Posts", "Timelines", "Media", "Rate limits".
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.accounts import Account, Accounts
from bot.sandbox.faults import Faults
from bot.sandbox.published import Clock, Timeline
from bot.sandbox.x_answers import (
    BAD_GATEWAY,
    DUPLICATE,
    INTERNAL,
    NO_CREDITS,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNAVAILABLE,
    Problem,
    Refusal,
    created_tweet,
    forbidden,
    invalid,
    not_found,
)
from bot.sandbox.x_bill import Bill
from bot.sandbox.x_limits import LIMITS, WINDOW, RateLimits, limit_headers
from bot.sandbox.x_media import LIFETIME, Uploads, read_upload
from bot.sandbox.x_pins import Pins
from bot.sandbox.x_posting import as_published, read_draft, refuse_duplicate
from bot.sandbox.x_reading import read_page, read_query
from bot.sandbox.x_sign_in import user_id_of

_FIRST_DAY = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
"""Ids count milliseconds from here, so that they sort by age."""

Act = Callable[[web.Request, Account], Awaitable[tuple[int, dict[str, Any]]]]
"""Carries out one operation for a user: a status and a JSON body."""


class XVoice:
    """How X words its refusals."""

    network = "x"

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._problems: dict[str, Problem] = {
            "401": UNAUTHORIZED,
            "402": NO_CREDITS,
            "403-duplicate": DUPLICATE,
            "429": TOO_MANY_REQUESTS,
            "500": INTERNAL,
            "502": BAD_GATEWAY,
            "503": UNAVAILABLE,
        }

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return X's answer for an effect; a 429 asks to wait `retry_after`, by default a whole window."""
        reset = self._now() + (WINDOW if retry_after is None else retry_after)
        remaining = 0 if effect == "429" else LIMITS["create"]
        return self._problems[effect].response(limit_headers(LIMITS["create"], remaining, reset))

    def empty(self) -> web.Response:
        """Return a 201 that says nothing."""
        return web.json_response({}, status=201)


class XApi:
    """The routes of X API v2 and what stands behind them."""

    def __init__(
        self,
        now: Clock,
        accounts: Accounts,
        timeline: Timeline,
        faults: Faults,
        base_url: Callable[[], str],
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._faults = faults
        self._base_url = base_url
        self._voice = XVoice(now)
        self._limits = RateLimits()
        self._uploads = Uploads()
        self._bill = Bill()
        self._pins = Pins(accounts, now)
        self._last_id = 0

    def routes(self) -> list[web.RouteDef]:
        """Return every address that X has here; any other is X's 404."""
        return [
            web.post("/2/tweets", self._serving("create", self._create)),
            web.delete(r"/2/tweets/{id:\d+}", self._serving("delete", self._delete)),
            web.get("/2/users/me", self._serving("me", self._me)),
            web.get(r"/2/users/{id:\d+}/tweets", self._serving("timeline", self._read)),
            web.post("/2/media/upload", self._serving("upload", self._upload)),
            web.post("/2/media/metadata", self._serving("metadata", self._describe)),
            web.get("/bill.json", self._show_bill),
            web.post("/oauth/request_token", self._faults.serving(self._voice, "link", self._pins.begin)),
            web.post("/oauth/access_token", self._faults.serving(self._voice, "sign-in", self._pins.finish)),
            web.route("*", "/2/{rest:.*}", _nothing_here),
        ]

    def _serving(self, operation: str, act: Act) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(operation, act, request)

        return self._faults.serving(self._voice, operation, answer)

    def agree(self, request: web.Request) -> web.Response:
        """Be the page on which a person agrees to an app, and is shown a PIN."""
        return self._pins.agree(request)

    async def _answer(self, operation: str, act: Act, request: web.Request) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            user_id = user_id_of(request.headers.get("Authorization", ""))
            window = self._limits.count(user_id, operation, self._now())
            headers = window.headers()
            window.refuse_excess()
            status, body = await act(request, self._accounts.on_x(user_id))
        except Refusal as refusal:
            return refusal.problem.response(headers)
        return web.json_response(body, status=status, headers=headers)

    async def _create(self, request: web.Request, account: Account) -> tuple[int, dict[str, Any]]:
        body = await _json_object(request)
        now = self._now()
        draft = read_draft(body, account, self._uploads, now)
        refuse_duplicate(draft, account, self._timeline, now)
        post = as_published(draft, account, self._next_id(now), self._base_url(), now)
        self._timeline.add(post)
        self._bill.post(account.key, post.text, now)
        return 201, {"data": created_tweet(post, account.handle)}

    async def _delete(self, request: web.Request, account: Account) -> tuple[int, dict[str, Any]]:
        post_id = request.match_info["id"]
        if not self._timeline.remove("x", account.key, post_id):
            others = any(post.id == post_id for post in self._timeline.of("x"))
            detail = "You are not authorized to delete this Tweet."
            raise Refusal(forbidden(detail) if others else not_found("tweet", post_id))
        self._bill.count(account.key, "delete", self._now())
        return 200, {"data": {"deleted": True}}

    async def _me(self, _request: web.Request, account: Account) -> tuple[int, dict[str, Any]]:
        return 200, {"data": {"id": account.key, "name": account.name, "username": account.handle}}

    async def _show_bill(self, _request: web.Request) -> web.Response:
        return web.json_response(self._bill.as_json())

    async def _read(self, request: web.Request, account: Account) -> tuple[int, dict[str, Any]]:
        query = read_query(request.query)
        user_id = request.match_info["id"]
        author = self._accounts.get("x", user_id)
        page = read_page(self._timeline.of("x", user_id), author.handle if author else "", query)
        self._bill.count(account.key, "read", self._now(), len(page.get("data", [])))
        return 200, page

    async def _upload(self, request: web.Request, account: Account) -> tuple[int, dict[str, Any]]:
        form = request.content_type == "multipart/form-data"
        media = await read_upload(request, None if form else await _json_object(request))
        media_id = self._uploads.add(account.key, media, self._now())
        lifetime = int(LIFETIME.total_seconds())
        data = {"id": media_id, "media_key": f"3_{media_id}", "size": len(media.content)}
        return 200, {"data": data | {"expires_after_secs": lifetime}}

    async def _describe(self, request: web.Request, account: Account) -> tuple[int, dict[str, Any]]:
        body = await _json_object(request)
        alt = _alt_text(body)
        self._uploads.describe(account.key, body.get("id"), alt, self._now())
        self._bill.count(account.key, "alt", self._now())
        return 200, {"data": {"id": body["id"], "associated_metadata": {"alt_text": {"text": alt}}}}

    def _next_id(self, now: datetime) -> str:
        milliseconds = (now - _FIRST_DAY) // timedelta(milliseconds=1)
        self._last_id = max(self._last_id + 1, milliseconds << 22)
        return str(self._last_id)


async def _nothing_here(_request: web.Request) -> web.Response:
    return Problem(404, "Not Found", "Not Found").response()


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise Refusal(invalid("The body is not JSON.")) from None
    if not isinstance(body, dict):
        raise Refusal(invalid("The body is not a JSON object."))
    return body


def _alt_text(body: dict[str, Any]) -> str:
    try:
        text = body["metadata"]["alt_text"]["text"]
    except (KeyError, TypeError):
        raise Refusal(invalid("metadata.alt_text.text is missing.")) from None
    if not isinstance(text, str):
        raise Refusal(invalid("metadata.alt_text.text must be a string."))
    return text
