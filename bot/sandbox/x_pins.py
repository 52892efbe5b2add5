"""Signing in to X by PIN, as the stand-in keeps it: one app, whose requests must be signed with its secret.

Sources: docs.x.com, "PIN-based OAuth", "POST oauth/request_token", "POST oauth/access_token", "Creating a
signature"; RFC 5849. What is signed is X's own address, wherever the request goes.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlencode

from aiohttp import web

from bot.sandbox.accounts import Accounts
from bot.sandbox.agreeing import said, shown
from bot.sandbox.published import Clock

APP_KEY, APP_SECRET = "sandboxkey", "sandbox-key-secret"
"""The one app whose people can sign in here."""
_HOST = "https://api.x.com"
_LASTS = timedelta(minutes=5)
_FIRST_PIN = 1_000_003
_PART = re.compile(r'(\w+)="([^"]*)"')


@dataclass(slots=True)
class _Link:
    """A sign-in that was begun, and its PIN once a person has agreed."""

    number: int
    until: datetime
    user: str = ""
    pin: str = ""

    @property
    def secret(self) -> str:
        """The secret of its token."""
        return f"link-secret-{self.number}"


class Pins:
    """The sign-ins that are under way."""

    def __init__(self, accounts: Accounts, now: Clock) -> None:
        self._accounts = accounts
        self._now = now
        self._links: dict[str, _Link] = {}
        self._number = 0

    async def begin(self, request: web.Request) -> web.Response:
        """Give a request token to who asks for a PIN and signs as the app."""
        parts = _parts(request)
        if not _is_signed(request.path, parts, ""):
            return _refused(401, 32, "Could not authenticate you.")
        if parts.get("oauth_callback") != "oob":
            return _refused(403, 415, "Callback URL not approved for this client application.")
        self._number += 1
        token = f"link-{self._number}"
        self._links[token] = _Link(self._number, self._now() + _LASTS)
        return _given(oauth_token=token, oauth_token_secret=self._links[token].secret, confirmed=True)

    def agree(self, request: web.Request) -> web.Response:
        """Show a PIN to who opens the link: the first account that is known, or the one that ``as`` names."""
        link = self._links.get(request.query["oauth_token"])
        if link is None or link.until <= self._now():
            return said(403, "This page is no longer valid.")
        if "decline" in request.query:
            del self._links[request.query["oauth_token"]]
            return said(200, "You have cancelled the request.")
        link.user = request.query.get("as") or self._accounts.first("x", "1")
        link.pin = str(_FIRST_PIN + link.number)
        return shown(link.pin)

    async def finish(self, request: web.Request) -> web.Response:
        """Give the account's tokens for a PIN, once."""
        parts = _parts(request)
        token = parts.get("oauth_token", "")
        link = self._links.get(token)
        if link is None or link.until <= self._now():
            return _refused(401, 89, "Invalid or expired token.")
        if not _is_signed(request.path, parts, link.secret):
            return _refused(401, 32, "Could not authenticate you.")
        if not link.pin or parts.get("oauth_verifier") != link.pin:
            words = "Error processing your OAuth request: Invalid oauth_verifier parameter"
            return web.Response(status=401, text=words)
        del self._links[token]
        return _given(
            oauth_token=f"{link.user}-access-{link.number}",
            oauth_token_secret=f"access-secret-{link.number}",
            user_id=link.user,
        )


def _parts(request: web.Request) -> dict[str, str]:
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    found = _PART.findall(rest) if scheme == "OAuth" else []
    return {unquote(name): unquote(value) for name, value in found}


def _is_signed(path: str, parts: Mapping[str, str], token_secret: str) -> bool:
    """Tell whether the app signed a POST of no body to this path."""
    if parts.get("oauth_consumer_key") != APP_KEY or parts.get("oauth_signature_method") != "HMAC-SHA1":
        return False
    signed = sorted((_coded(name), _coded(parts[name])) for name in parts if name != "oauth_signature")
    parameters = "&".join(f"{name}={value}" for name, value in signed)
    base = "&".join(_coded(part) for part in ("POST", f"{_HOST}{path}", parameters))
    key = f"{_coded(APP_SECRET)}&{_coded(token_secret)}"
    made = base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()
    return hmac.compare_digest(made, parts.get("oauth_signature", ""))


def _coded(text: str) -> str:
    return quote(text, safe="-._~")


def _given(*, confirmed: bool = False, **fields: str) -> web.Response:
    more = {"oauth_callback_confirmed": "true"} if confirmed else {}
    return web.Response(text=urlencode(fields | more), content_type="text/html")


def _refused(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": message}]}, status=status)
