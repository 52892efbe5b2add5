"""Signing in to a Mastodon server, as the stand-in keeps it: apps, the page that shows a code, tokens.

Sources: docs.joinmastodon.org, methods apps and oauth; RFC 6749. A code serves once, the app that it was made
for alone, with the redirect address that this app has.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.accounts import Accounts
from bot.sandbox.agreeing import said, shown

_OOB = "urn:ietf:wg:oauth:2.0:oob"
_SCOPES = frozenset(
    {"read", "write", "profile", "read:accounts", "read:statuses", "write:statuses", "write:media"}
)


@dataclass(frozen=True, slots=True)
class _Registered:
    """An app that somebody registered."""

    secret: str
    scopes: frozenset[str]


class SignIns:
    """The apps that are known and the codes that are out."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._apps: dict[str, _Registered] = {}
        self._codes: dict[str, tuple[str, str]] = {}
        self._number = 0

    async def register(self, request: web.Request) -> web.Response:
        """Register an app that shows its people a code."""
        form = await _form(request)
        scopes = frozenset(form.get("scopes", "read").split())
        if not form.get("client_name"):
            return _refused(422, "Validation failed: Application name can't be blank")
        if form.get("redirect_uris") != _OOB:
            return _refused(422, "Validation failed: Redirect URI must be an absolute URI.")
        if not scopes <= _SCOPES:
            return _refused(422, "Validation failed: Scopes doesn't match configured on the server.")
        self._number += 1
        app, secret = f"app-{self._number}", f"app-secret-{self._number}"
        self._apps[app] = _Registered(secret, scopes)
        fields = {"id": str(self._number), "name": form["client_name"], "redirect_uri": _OOB}
        return web.json_response({**fields, "client_id": app, "client_secret": secret})

    def agree(self, request: web.Request) -> web.Response:
        """Show a code to who opens the link: the first account known, or the one that ``as`` names."""
        asked = request.query
        app = self._apps.get(asked.get("client_id", ""))
        if app is None or asked.get("redirect_uri") != _OOB:
            return said(400, "The redirect URI included is not valid.")
        if asked.get("response_type") != "code" or not set(asked.get("scope", "").split()) <= app.scopes:
            return said(400, "The requested scope is invalid, unknown, or malformed.")
        if "decline" in asked:
            return said(401, "The resource owner or authorization server denied the request.")
        self._number += 1
        code = f"code-{self._number}"
        self._codes[code] = asked["client_id"], asked.get("as") or self._accounts.first("mastodon", "anne")
        return shown(code)

    async def token(self, request: web.Request) -> web.Response:
        """Give a token for a code, once."""
        form = await _form(request)
        app = self._apps.get(form.get("client_id", ""))
        if app is None or form.get("client_secret") != app.secret:
            return _refused(401, "invalid_client", "Client authentication failed due to unknown client.")
        if form.get("grant_type") != "authorization_code":
            return _refused(400, "unsupported_grant_type", "The authorization grant type is not supported.")
        of, user = self._codes.get(form.get("code", ""), ("", ""))
        if of != form["client_id"] or form.get("redirect_uri") != _OOB:
            return _refused(400, "invalid_grant", "The provided authorization grant is invalid or expired.")
        del self._codes[form["code"]]
        self._number += 1
        token = {"access_token": f"{user}-access-{self._number}", "token_type": "Bearer"}
        return web.json_response({**token, "scope": " ".join(sorted(app.scopes)), "created_at": 0})


async def _form(request: web.Request) -> Mapping[str, str]:
    return {name: str(value) for name, value in (await request.post()).items()}


def _refused(status: int, error: str, description: str = "") -> web.Response:
    more = {"error_description": description} if description else {}
    return web.json_response({"error": error, **more}, status=status)
