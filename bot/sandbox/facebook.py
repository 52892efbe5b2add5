"""A stand-in for Meta's Graph API, as far as a page posts by it: posts, photos, what a token may.

Sources: developers.facebook.com. The part of a token before its first dash is whose it is: a page's number,
or anything else for a person. A page's token posts to its own page alone, and the same words twice running
are refused.
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.accounts import Account, Accounts
from bot.sandbox.facebook_rules import (
    LARGEST_PICTURE,
    LONGEST_ALT,
    Draft,
    Refusal,
    absent,
    check_version,
    invalid,
    read_draft,
)
from bot.sandbox.facebook_usage import Calls, usage
from bot.sandbox.faults import Faults
from bot.sandbox.links import find_addresses, find_hashtags
from bot.sandbox.pictures import picture_type
from bot.sandbox.published import Card, Clock, Media, Published, Timeline
from bot.sandbox.rich_text import Span, runs

APP, APP_SECRET = "138", "app-secret"
"""The one app whose people can sign in here, with any code that begins with "code-". It wants its proof."""
_SHORT, _LONG = "person-short", "person-long"
_BACK = "https://www.facebook.com/connect/login_success.html"
_PERSON = "100000000000042"
_SCOPES = ("pages_show_list", "pages_read_engagement", "pages_manage_posts")
_MOST_LISTED = 100
_KINDS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})

Act = Callable[[web.Request], Awaitable[web.Response]]

_REFUSALS = {
    "401": Refusal(190, "Error validating access token: Session has expired", 463, 401),
    "402": Refusal(200, "(#200) Provide valid app ID", 0, 402),
    "403-duplicate": Refusal(506, "Duplicate status message", 1455006, 403),
    "429": Refusal(32, "(#32) Page request limit reached", 0, 429),
    "500": Refusal(1, "An unknown error has occurred.", 99, 500),
    "502": Refusal(2, "Service temporarily unavailable", 0, 502),
    "503": Refusal(2, "Service temporarily unavailable", 0, 503),
}


class FacebookVoice:
    """How Facebook words its refusals."""

    network = "facebook"

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return Facebook's answer for an effect; a wait is told in whole minutes, as it does."""
        minutes = max(round(retry_after.total_seconds() / 60), 1) if retry_after else 0
        told = usage("42", {"call_count": 100, "estimated_time_to_regain_access": minutes})
        return refused(_REFUSALS[effect], told if minutes else {})

    def empty(self) -> web.Response:
        """Return a 200 that names no post."""
        return web.json_response({})


class FacebookApi:
    """The routes of the API and what stands behind them."""

    def __init__(
        self, now: Clock, accounts: Accounts, timeline: Timeline, faults: Faults, base_url: Callable[[], str]
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._faults = faults
        self._base_url = base_url
        self._voice = FacebookVoice()
        self._photos: dict[str, tuple[str, Media]] = {}
        self._calls = Calls(now)
        self._used = set[str]()
        self._last_id = 0

    def routes(self) -> list[web.RouteDef]:
        """Return every address of the API that is here; any other is Facebook's error."""
        on = r"/{version:v\d+\.\d+}"
        return [
            web.get(f"{on}/me", self._serving("me", self._me)),
            web.get(f"{on}/me/accounts", self._serving("accounts", self._pages)),
            web.get(f"{on}/oauth/access_token", self._serving("sign-in", self._sign_in, signed=False)),
            web.get(f"{on}/debug_token", self._serving("token", self._token)),
            web.get(rf"{on}/{{page:\d+}}/published_posts", self._serving("timeline", self._list)),
            web.post(rf"{on}/{{page:\d+}}/feed", self._serving("create", self._create)),
            web.post(rf"{on}/{{page:\d+}}/photos", self._serving("upload", self._upload)),
            web.delete(rf"{on}/{{post:\d+_\d+}}", self._serving("delete", self._delete)),
            web.route("*", f"{on}/{{rest:.*}}", _nothing_here),
        ]

    def _serving(
        self, operation: str, act: Act, *, signed: bool = True
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            told: dict[str, str] = {}
            try:
                check_version(request.match_info["version"])
                whose = _whose(request) if signed else ""
                if whose.isdecimal():
                    told = self._calls.count(whose)
                    self._calls.refuse_excess(whose)
                response = await act(request)
            except Refusal as refusal:
                response = refused(refusal)
            response.headers.update(told)
            return response

        return self._faults.serving(self._voice, operation, answer)

    async def _me(self, request: web.Request) -> web.Response:
        whose = _whose(request)
        if whose.isdecimal():
            return web.json_response({"id": whose, "name": self._accounts.on_facebook(whose).name})
        return web.json_response({"id": _PERSON, "name": "Anne Vague"})

    async def _token(self, request: web.Request) -> web.Response:
        whose = request.query.get("input_token", "").partition("-")[0]
        about = {"app_id": "138", "application": "Les vagues", "expires_at": 0, "is_valid": True}
        kind = {"type": "PAGE", "profile_id": whose} if whose.isdecimal() else {"type": "USER"}
        granted = [{"scope": scope, "target_ids": [whose]} for scope in _SCOPES]
        return web.json_response(
            {"data": {**about, **kind, "scopes": list(_SCOPES), "granular_scopes": granted}}
        )

    async def _sign_in(self, request: web.Request) -> web.Response:
        asked = request.query
        if (asked.get("client_id"), asked.get("client_secret")) != (APP, APP_SECRET):
            raise Refusal(1, "Error validating client secret.")
        if asked.get("grant_type") == "fb_exchange_token":
            if asked.get("fb_exchange_token") != _SHORT:
                raise Refusal(190, "Invalid OAuth access token.", 467)
            return web.json_response({"access_token": _LONG, "token_type": "bearer", "expires_in": 5_183_944})
        if asked.get("redirect_uri") != _BACK:
            raise Refusal(191, "Can't load URL: The domain of this URL isn't included in the app's domains")
        code = asked.get("code", "")
        if not code.startswith("code-") or code in self._used:
            raise Refusal(100, "This authorization code has been used.", 36009)
        self._used.add(code)
        return web.json_response({"access_token": _SHORT, "token_type": "bearer", "expires_in": 5_000})

    async def _pages(self, request: web.Request) -> web.Response:
        whose = _whose(request)
        if whose.isdecimal():
            raise Refusal(100, "(#100) Tried accessing nonexisting field (accounts) on node type (Page)")
        pages = [account for account in self._accounts.all() if account.network == "facebook"]
        listed = [{"id": one.key, "name": one.name, "access_token": f"{one.key}-own"} for one in pages]
        if request.headers.get("Authorization") != f"Bearer {_LONG}":
            listed = [{**one, "access_token": f"{one['access_token']}-short"} for one in listed]
        return web.json_response({"data": listed})

    async def _create(self, request: web.Request) -> web.Response:
        account = self._page(request)
        draft = read_draft(await _json(request), account.key, self._photos)
        last = self._timeline.of("facebook", account.key)[-1:]
        if [(post.text, post.link, post.media) for post in last] == [(draft.text, draft.link, draft.media)]:
            raise Refusal(506, "Duplicate status message", 1455006)
        post = self._published(draft, account)
        self._timeline.add(post)
        return web.json_response({"id": post.id})

    async def _list(self, request: web.Request) -> web.Response:
        account, query = self._page(request), request.query
        limit, start = query.get("limit", "25"), query.get("after", "0")
        since = query.get("since", "0")
        if not (limit.isdecimal() and start.isdecimal() and since.isdecimal()) or int(limit) > _MOST_LISTED:
            raise invalid(f"limit is a number up to {_MOST_LISTED}, since a moment, after a cursor")
        fields = set(query.get("fields", "id,message,created_time").split(","))
        posts = self._timeline.of("facebook", account.key)[::-1]
        wanted = [post for post in posts if post.created_at.timestamp() >= int(since)]
        end = int(start) + int(limit)
        page: dict[str, Any] = {"data": [_post(post, fields) for post in wanted[int(start) : end]]}
        if page["data"]:
            page["paging"] = {"cursors": {"before": start, "after": str(end)}}
        if end < len(wanted):
            page["paging"]["next"] = f"{self._base_url()}{request.path}?access_token=…&after={end}"
        return web.json_response(page)

    async def _upload(self, request: web.Request) -> web.Response:
        account, fields = self._page(request), await request.post()
        file, alt = fields.get("source"), str(fields.get("alt_text_custom", ""))
        if unknown := sorted(fields.keys() - {"alt_text_custom", "published", "source"}):
            raise invalid(f"Invalid parameter: {unknown[0]}")
        if fields.get("published") != "false":
            raise invalid("published must be false: a photo here goes out with its post alone")
        content = file.file.read() if isinstance(file, web.FileField) else b""
        kind = picture_type(content)
        if kind not in _KINDS or len(content) > LARGEST_PICTURE:
            raise Refusal(100, "(#100) Photos should be smaller than 4 MB and saved as JPG, PNG", 1366046)
        if len(alt) > LONGEST_ALT:
            raise invalid("alt_text_custom is too long")
        number = str(self._next_id())
        self._photos[number] = (account.key, Media(alt, content, kind))
        return web.json_response({"id": number})

    async def _delete(self, request: web.Request) -> web.Response:
        name = request.match_info["post"]
        page = name.partition("_")[0]
        if _whose(request) != page or not self._timeline.remove("facebook", page, name):
            raise absent(name)
        return web.json_response({"success": True})

    def _page(self, request: web.Request) -> Account:
        page, whose = request.match_info["page"], _whose(request)
        if not whose.isdecimal():
            raise Refusal(
                200, "(#200) The user hasn't authorized the application to perform this action", 0, 403
            )
        if whose != page:
            raise absent(page)
        return self._accounts.on_facebook(page)

    def _published(self, draft: Draft, account: Account) -> Published:
        number = self._next_id()
        links = [Span(one.start, one.end, "link", one.address) for one in find_addresses(draft.text)]
        tags = [Span(tag.start, tag.end, "tag") for tag in find_hashtags(draft.text)]
        return Published(
            network="facebook",
            account=account.key,
            id=f"{account.key}_{number}",
            url=f"{self._base_url()}/{account.key}/posts/{number}",
            text=draft.text,
            link=draft.link,
            media=draft.media,
            created_at=self._now(),
            body=runs(draft.text, [*links, *tags]),
            card=Card(draft.link) if draft.link else None,
        )

    def _next_id(self) -> int:
        self._last_id = max(self._last_id + 1, int(self._now().timestamp() * 1000) << 16)
        return self._last_id


def refused(refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
    """Return a refusal as the Graph API sends it."""
    error: dict[str, Any] = {
        "message": refusal.message,
        "type": "OAuthException",
        "code": refusal.code,
        "fbtrace_id": "AbCdEf",
    }
    if refusal.subcode:
        error["error_subcode"] = refusal.subcode
    return web.json_response({"error": error}, status=refusal.status, headers=headers)


async def _nothing_here(request: web.Request) -> web.Response:
    return refused(Refusal(2500, f"Unknown path components: /{request.match_info['rest']}"))


def _whose(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Refusal(
            2500, "An active access token must be used to query information about the current user."
        )
    shown = request.query.get("appsecret_proof")
    if shown is None and token in {_SHORT, _LONG}:
        raise Refusal(100, "API calls from the server require an appsecret_proof argument")
    if shown is not None and shown != hmac.new(APP_SECRET.encode(), token.encode(), "sha256").hexdigest():
        raise Refusal(100, "Invalid appsecret_proof provided in the API argument")
    return token.partition("-")[0]


def _post(post: Published, fields: set[str]) -> dict[str, str]:
    known = {
        "id": post.id,
        "message": post.text,
        "created_time": f"{post.created_at:%Y-%m-%dT%H:%M:%S}+0000",
        "permalink_url": post.url,
    }
    if unknown := sorted(fields - known.keys()):
        raise invalid(f"Tried accessing nonexisting field ({unknown[0]})")
    return {name: known[name] for name in sorted(fields)}


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("the body is no JSON object")
    return body
