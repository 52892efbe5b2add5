"""A stand-in for a Bluesky server: sessions, pictures, and the records of an account.

Sources: the lexicons of com.atproto.server, com.atproto.repo and com.atproto.identity, and what the reference
server answers. The same record key twice is its error 500, and no second record.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.accounts import Account, Accounts
from bot.sandbox.bluesky_rules import COLLECTION, Blob, Refusal, check_key, read_record
from bot.sandbox.bluesky_sign_in import Sessions, did_of
from bot.sandbox.faults import Faults
from bot.sandbox.pictures import picture_type
from bot.sandbox.published import Clock, Media, Published, Timeline
from bot.sandbox.rich_text import runs

_LARGEST_BLOB = 5 * 1024 * 1024
_LARGEST_PAGE = 100
_USUAL_WAIT = timedelta(minutes=5)

Method = Callable[[web.Request], Awaitable[dict[str, Any]]]

_REFUSALS = {
    "401": Refusal(401, "AuthenticationRequired", "Invalid identifier or password"),
    "402": Refusal(402, "PaymentRequired", "Payment Required"),
    "403-duplicate": Refusal(403, "Forbidden", "duplicate content"),
    "429": Refusal(429, "RateLimitExceeded", "Rate Limit Exceeded"),
    "500": Refusal(500, "InternalServerError", "Internal Server Error"),
    "502": Refusal(502, "UpstreamFailure", "Upstream Failure"),
    "503": Refusal(503, "NotEnoughResources", "Service Unavailable"),
}


class BlueskyVoice:
    """How Bluesky words its refusals."""

    network = "bluesky"

    def __init__(self, now: Clock) -> None:
        self._now = now

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return Bluesky's answer for an effect; a 429 asks to wait `retry_after`, by default 5 minutes."""
        wait = _USUAL_WAIT if retry_after is None else retry_after
        headers = (
            {"RateLimit-Reset": str(int((self._now() + wait).timestamp()) + 1)} if effect == "429" else {}
        )
        return refused(_REFUSALS[effect], headers)

    def empty(self) -> web.Response:
        """Return a 200 that says nothing."""
        return web.json_response({})


class BlueskyApi:
    """The methods of XRPC and what stands behind them."""

    def __init__(
        self, now: Clock, accounts: Accounts, timeline: Timeline, faults: Faults, base_url: Callable[[], str]
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._faults = faults
        self._base_url = base_url
        self._voice = BlueskyVoice(now)
        self._sessions = Sessions()
        self._blobs: dict[str, Blob] = {}
        self._records: dict[tuple[str, str], dict[str, Any]] = {}
        self._methods: dict[tuple[str, str], Method] = {
            ("POST", "com.atproto.server.createSession"): self._create_session,
            ("POST", "com.atproto.server.refreshSession"): self._refresh_session,
            ("GET", "com.atproto.server.getSession"): self._get_session,
            ("GET", "com.atproto.identity.resolveHandle"): self._resolve_handle,
            ("POST", "com.atproto.repo.uploadBlob"): self._upload_blob,
            ("POST", "com.atproto.repo.createRecord"): self._create_record,
            ("POST", "com.atproto.repo.deleteRecord"): self._delete_record,
            ("GET", "com.atproto.repo.getRecord"): self._get_record,
            ("GET", "com.atproto.repo.listRecords"): self._list_records,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the one address of XRPC."""
        return [web.route("*", "/xrpc/{method}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        operation = request.match_info["method"].rpartition(".")[2].lower()
        return await self._faults.answer(self._voice, operation, request, self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            method = self._methods.get((request.method, request.match_info["method"]), _unknown)
            return web.json_response(await method(request))
        except Refusal as refusal:
            return refused(refusal)

    async def _create_session(self, request: web.Request) -> dict[str, Any]:
        return self._sessions.open(await _json_object(request), self._now())

    async def _refresh_session(self, request: web.Request) -> dict[str, Any]:
        return self._sessions.refresh(request.headers.get("Authorization", ""), self._now())

    async def _get_session(self, request: web.Request) -> dict[str, Any]:
        account = self._caller(request)
        return {"did": did_of(account.key), "handle": account.key, "active": True}

    async def _resolve_handle(self, request: web.Request) -> dict[str, Any]:
        handle = request.query.get("handle", "").lower()
        if self._accounts.get("bluesky", handle) is None:
            raise Refusal(400, "InvalidRequest", "Unable to resolve handle")
        return {"did": did_of(handle)}

    async def _upload_blob(self, request: web.Request) -> dict[str, Any]:
        self._caller(request)
        content = await request.read()
        kind = picture_type(content)
        if kind is None or kind != request.content_type:
            raise Refusal(400, "InvalidMimeType", "The bytes are not what their type says")
        if len(content) > _LARGEST_BLOB:
            raise Refusal(413, "PayloadTooLarge", "request entity too large")
        cid = f"bafkrei{hashlib.sha256(content).hexdigest()[:52]}"
        self._blobs[cid] = Blob(cid, Media(content=content, content_type=kind))
        return {"blob": {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": len(content)}}

    async def _create_record(self, request: web.Request) -> dict[str, Any]:
        account = self._caller(request)
        body = await _json_object(request)
        if body.get("repo") not in (account.key, did_of(account.key)):
            raise Refusal(401, "AuthenticationRequired", "Authentication Required")
        if body.get("collection") != COLLECTION:
            raise Refusal(400, "InvalidRequest", "This stand-in keeps posts only")
        rkey = check_key(body.get("rkey"))
        draft = read_record(body.get("record"), self._blobs)
        if (account.key, rkey) in self._records:
            raise Refusal(500, "InternalServerError", "Internal Server Error")
        self._records[account.key, rkey] = body["record"]
        first = next((span.href for span in draft.spans if span.href), None)
        post = Published(
            network="bluesky",
            account=account.key,
            id=rkey,
            url=f"{self._base_url()}/profile/{account.key}/post/{rkey}",
            text=draft.text,
            link=first or (draft.card.address if draft.card else None),
            media=draft.media,
            created_at=self._now(),
            body=runs(draft.text, draft.spans),
            card=draft.card,
        )
        self._timeline.add(post)
        return self._reference(account, rkey)

    async def _delete_record(self, request: web.Request) -> dict[str, Any]:
        account = self._caller(request)
        rkey = str((await _json_object(request)).get("rkey"))
        self._records.pop((account.key, rkey), None)
        self._timeline.remove("bluesky", account.key, rkey)
        return {}

    async def _get_record(self, request: web.Request) -> dict[str, Any]:
        repo, rkey = request.query.get("repo", ""), request.query.get("rkey", "")
        account = self._owner(repo)
        record = self._records.get((account.key, rkey)) if account else None
        if account is None or record is None:
            raise Refusal(400, "RecordNotFound", f"Could not locate record: at://{repo}/{COLLECTION}/{rkey}")
        return {**self._reference(account, rkey), "value": record}

    async def _list_records(self, request: web.Request) -> dict[str, Any]:
        """Return a page of records, the newest keys first."""
        account = self._owner(request.query.get("repo", ""))
        limit, cursor = int(request.query.get("limit", "50")), request.query.get("cursor")
        if account is None or not 1 <= limit <= _LARGEST_PAGE:
            raise Refusal(400, "InvalidRequest", "Could not find repo, or a limit out of bounds")
        keys = sorted((rkey for owner, rkey in self._records if owner == account.key), reverse=True)
        rest = [rkey for rkey in keys if cursor is None or rkey < cursor]
        page = [
            {**self._reference(account, rkey), "value": self._records[account.key, rkey]}
            for rkey in rest[:limit]
        ]
        return {"records": page} | ({"cursor": rest[limit - 1]} if len(rest) > limit else {})

    def _owner(self, repo: str) -> Account | None:
        accounts = (account for account in self._accounts.all() if account.network == "bluesky")
        return next((one for one in accounts if repo in (one.key, did_of(one.key))), None)

    def _reference(self, account: Account, rkey: str) -> dict[str, Any]:
        cid = hashlib.sha256(
            json.dumps(self._records[account.key, rkey], sort_keys=True).encode()
        ).hexdigest()
        return {"uri": f"at://{did_of(account.key)}/{COLLECTION}/{rkey}", "cid": f"bafyrei{cid[:52]}"}

    def _caller(self, request: web.Request) -> Account:
        handle = self._sessions.handle_of(request.headers.get("Authorization", ""), self._now())
        return self._accounts.on_bluesky(handle)


def refused(refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
    """Return a refusal as XRPC sends it."""
    body = {"error": refusal.code, "message": refusal.message}
    return web.json_response(body, status=refusal.status, headers=headers)


async def _unknown(_request: web.Request) -> dict[str, Any]:
    raise Refusal(501, "MethodNotImplemented", "Method Not Implemented")


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise Refusal(400, "InvalidRequest", "The body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequest", "The body is not a JSON object")
    return body
