"""A stand-in for LinkedIn's REST API: posts of pages and members, pictures, what a page says of itself.

Sources: learn.microsoft.com/linkedin. The part of an access token before its first dash is the member's id.
A member's posts cannot be listed; the same words twice within a day are a duplicate.
"""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.accounts import Account, Accounts
from bot.sandbox.faults import Faults
from bot.sandbox.linkedin_codes import Codes
from bot.sandbox.linkedin_rules import (
    LARGEST_PICTURE,
    Draft,
    Refusal,
    check_version,
    invalid,
    read_draft,
)
from bot.sandbox.linkedin_token import Tokens
from bot.sandbox.links import find_addresses, find_hashtags
from bot.sandbox.pictures import picture_type
from bot.sandbox.published import Clock, Media, Published, Timeline
from bot.sandbox.rich_text import Span, runs

_DUPLICATE = timedelta(days=1)
_AUTHOR = re.compile(r"urn:li:(?:organization:[1-9]\d{0,18}|person:[\w-]{1,50})", re.ASCII)
_ORGANISATION = "urn:li:organization:"

Act = Callable[[web.Request], Awaitable[web.Response]]

_REFUSALS = {
    "401": Refusal(401, "INVALID_ACCESS_TOKEN", "Invalid access token"),
    "402": Refusal(402, "PAYMENT_REQUIRED", "Payment required"),
    "403-duplicate": Refusal(
        403, "ACCESS_DENIED", "Not enough permissions to access: partnerApiPosts.CREATE"
    ),
    "429": Refusal(429, "TOO_MANY_REQUESTS", "Resource level throttle DAY limit for calls is reached."),
    "500": Refusal(500, "INTERNAL_SERVER_ERROR", "Internal Server Error"),
    "502": Refusal(502, "BAD_GATEWAY", "Bad Gateway"),
    "503": Refusal(503, "SERVICE_UNAVAILABLE", "Service Unavailable"),
}


class LinkedInVoice:
    """How LinkedIn words its refusals."""

    network = "linkedin"

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return LinkedIn's answer for an effect; it never says how long to wait, unless a test does."""
        wait = {"Retry-After": f"{retry_after.total_seconds():g}"} if retry_after else {}
        return refused(_REFUSALS[effect], wait)

    def empty(self) -> web.Response:
        """Return a 201 that names no post."""
        return web.Response(status=201)


class LinkedInApi:
    """The routes of the API and what stands behind them."""

    def __init__(
        self, now: Clock, accounts: Accounts, timeline: Timeline, faults: Faults, base_url: Callable[[], str]
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._faults = faults
        self._base_url = base_url
        self._voice = LinkedInVoice()
        self._codes = Codes(accounts)
        self._tokens = Tokens(now, self._codes)
        self._pictures: dict[str, tuple[str, Media]] = {}
        self._drafts: dict[str, Draft] = {}
        self._last_id = 0

    def routes(self) -> list[web.RouteDef]:
        """Return every address of the API that is here; any other is LinkedIn's 404."""
        return [
            web.get("/oauth/v2/authorization", self._codes.agree),
            web.post("/oauth/v2/accessToken", self._faults.serving(self._voice, "token", self._tokens.give)),
            web.get("/v2/userinfo", self._serving("me", self._me)),
            web.get(r"/rest/organizations/{id:\d+}", self._serving("organization", self._organisation)),
            web.get("/rest/posts", self._serving("timeline", self._list)),
            web.post("/rest/posts", self._serving("create", self._create)),
            web.delete("/rest/posts/{urn}", self._serving("delete", self._delete)),
            web.post("/rest/images", self._serving("upload", self._begin_upload)),
            web.put("/dms-uploads/{urn}", self._serving("bytes", self._take_bytes, versioned=False)),
            web.get("/rest/images/{urn}", self._serving("media", self._image)),
            web.route("*", "/rest/{rest:.*}", _nothing_here),
        ]

    def _serving(
        self, operation: str, act: Act, *, versioned: bool = True
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._token_that_holds(request)
                if versioned and request.path.startswith("/rest/"):
                    check_version(request.headers.get("LinkedIn-Version", ""))
                return await act(request)
            except Refusal as refusal:
                return refused(refusal)

        return self._faults.serving(self._voice, operation, answer)

    def _token_that_holds(self, request: web.Request) -> None:
        _member(request)
        if self._tokens.has_ended(request.headers["Authorization"].partition(" ")[2]):
            raise Refusal(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")

    async def _me(self, request: web.Request) -> web.Response:
        member = _member(request)
        account = self._accounts.on_linkedin(f"urn:li:person:{member}")
        return web.json_response({"sub": member, "name": account.name})

    async def _organisation(self, request: web.Request) -> web.Response:
        account = self._accounts.on_linkedin(f"{_ORGANISATION}{request.match_info['id']}")
        page = {
            "id": int(account.handle),
            "localizedName": account.name,
            "vanityName": f"page-{account.handle}",
        }
        return web.json_response(page)

    async def _create(self, request: web.Request) -> web.Response:
        body = await _json(request)
        account = self._author(body, request)
        draft = read_draft(body, account.key, self._pictures)
        self._refuse_duplicate(draft, account)
        post = self._published(draft, account)
        self._drafts[post.id] = draft
        self._timeline.add(post)
        return web.Response(status=201, headers={"x-restli-id": post.id})

    async def _list(self, request: web.Request) -> web.Response:
        author = request.query.get("author", "")
        if request.headers.get("X-RestLi-Method") != "FINDER" or request.query.get("q") != "author":
            raise invalid("the finder 'author' needs X-RestLi-Method: FINDER and q=author")
        if not author.startswith(_ORGANISATION):
            raise Refusal(
                403, "ACCESS_DENIED", "Not enough permissions to access: partnerApiPosts.FINDER-author"
            )
        start, count = int(request.query.get("start", "0")), min(int(request.query.get("count", "10")), 100)
        posts = self._timeline.of("linkedin", author)[::-1][start : start + count]
        return web.json_response({"elements": [self._post_json(post) for post in posts]})

    async def _delete(self, request: web.Request) -> web.Response:
        urn = request.match_info["urn"]
        post = next((post for post in self._timeline.of("linkedin") if post.id == urn), None)
        if post is None:
            raise Refusal(404, "NOT_FOUND", f"{urn} is not found")
        self._timeline.remove("linkedin", post.account, urn)
        return web.Response(status=204)

    async def _begin_upload(self, request: web.Request) -> web.Response:
        if request.query.get("action") != "initializeUpload":
            raise invalid("action must be initializeUpload")
        asked = (await _json(request)).get("initializeUploadRequest")
        owner = str(asked.get("owner")) if isinstance(asked, dict) else ""
        if not _AUTHOR.fullmatch(owner):
            raise invalid("initializeUploadRequest.owner is required")
        urn = f"urn:li:image:C4E{self._next_id()}"
        self._pictures[urn] = (owner, Media())
        value = {"image": urn, "uploadUrl": f"{self._base_url()}/dms-uploads/{urn}"}
        return web.json_response({"value": value})

    async def _take_bytes(self, request: web.Request) -> web.Response:
        urn, content = request.match_info["urn"], await request.read()
        kind = picture_type(content)
        if urn not in self._pictures or kind is None or len(content) > LARGEST_PICTURE:
            raise Refusal(400, "INVALID_UPLOAD", "the upload is not one that was begun, or no picture")
        self._pictures[urn] = (self._pictures[urn][0], Media("", content, kind))
        return web.Response(status=201)

    async def _image(self, request: web.Request) -> web.Response:
        owner, media = self._pictures.get(request.match_info["urn"], ("", Media()))
        if not owner.startswith(_ORGANISATION):
            raise Refusal(403, "ACCESS_DENIED", "Not enough permissions to access: images.GET")
        status = "AVAILABLE" if media.content else "WAITING_UPLOAD"
        return web.json_response({"id": request.match_info["urn"], "owner": owner, "status": status})

    def _author(self, body: dict[str, Any], request: web.Request) -> Account:
        author = str(body.get("author", ""))
        if not _AUTHOR.fullmatch(author):
            raise invalid("author is required")
        if not author.startswith(_ORGANISATION) and author != f"urn:li:person:{_member(request)}":
            raise Refusal(403, "ACCESS_DENIED", "Field Value validation failed in REQUEST_BODY: author")
        return self._accounts.on_linkedin(author)

    def _refuse_duplicate(self, draft: Draft, account: Account) -> None:
        for post in self._timeline.of("linkedin", account.key):
            same = (post.text, post.link) == (draft.text, draft.link)
            if same and self._now() - post.created_at < _DUPLICATE:
                message = f"Content is a duplicate of {post.id}"
                raise Refusal(422, "UNPROCESSABLE_ENTITY", message, "DUPLICATE_POST")

    def _published(self, draft: Draft, account: Account) -> Published:
        urn = f"urn:li:share:{self._next_id()}"
        links = [Span(one.start, one.end, "link", one.address) for one in find_addresses(draft.text)]
        tags = [Span(tag.start, tag.end, "tag") for tag in find_hashtags(draft.text)]
        return Published(
            network="linkedin",
            account=account.key,
            id=urn,
            url=f"{self._base_url()}/feed/update/{urn}",
            text=draft.text,
            link=draft.link,
            media=draft.media,
            created_at=self._now(),
            body=runs(draft.text, [*links, *tags]),
            card=draft.card,
        )

    def _post_json(self, post: Published) -> dict[str, Any]:
        moment = int(post.created_at.timestamp() * 1000)
        return {
            "id": post.id,
            "author": post.account,
            "commentary": self._drafts[post.id].commentary,
            "createdAt": moment,
            "publishedAt": moment,
            "lifecycleState": "PUBLISHED",
            "visibility": "PUBLIC",
        }

    def _next_id(self) -> int:
        self._last_id = max(self._last_id + 1, int(self._now().timestamp() * 1000) << 16)
        return self._last_id


def refused(refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
    """Return a refusal as LinkedIn sends it."""
    fields: dict[str, Any] = {"status": refusal.status, "code": refusal.code, "message": refusal.message}
    if refusal.input_code:
        fields["errorDetails"] = {"inputErrors": [{"code": refusal.input_code}]}
    return web.json_response(fields, status=refusal.status, headers=headers)


async def _nothing_here(_request: web.Request) -> web.Response:
    return refused(Refusal(404, "RESOURCE_NOT_FOUND", "No virtual resource found"))


def _member(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise _REFUSALS["401"]
    return re.sub(r"[^\w]", "", token.partition("-")[0]) or "member"


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("the body is no JSON object")
    return body
