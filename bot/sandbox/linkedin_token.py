"""LinkedIn's door for access tokens, as the stand-in keeps it: for a code, or for a refresh token.

Sources: learn.microsoft.com, LinkedIn, "Refresh Tokens with OAuth 2.0", "Authorization Code Flow"; the errors
are those of RFC 6749. Every refresh token that begins with a member's id and "-refresh" is known here, and
ends a year after its first use.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web

from bot.sandbox.linkedin_codes import Codes
from bot.sandbox.published import Clock

APP_SECRET = "app-secret"  # noqa: S105  the stand-in's own
PARTNER = "86partner"
"""The app that LinkedIn gives refresh tokens; others get none."""
_KNOWN = re.compile(r"\w+-refresh[\w-]*", re.ASCII)
_ACCESS = timedelta(days=60)
_REFRESH = timedelta(days=365)


_NEEDED = {
    "authorization_code": ("code", "redirect_uri", "client_id", "client_secret"),
    "refresh_token": ("refresh_token", "client_id", "client_secret"),
}


class Tokens:
    """Gives and renews access tokens, and knows until when those that it gave last."""

    def __init__(self, now: Clock, codes: Codes) -> None:
        self._now = now
        self._codes = codes
        self._ends: dict[str, datetime] = {}
        self._refresh_ends: dict[str, datetime] = {}

    def has_ended(self, access: str) -> bool:
        """Tell whether a token was given here and is over."""
        end = self._ends.get(access)
        return end is not None and end <= self._now()

    async def give(self, request: web.Request) -> web.Response:
        """Answer with a token, or with the error of OAuth that fits."""
        if request.content_type != "application/x-www-form-urlencoded":
            return _refused(400, "invalid_request", "the request is not form-encoded")
        form = {name: str(value) for name, value in (await request.post()).items()}
        grant = form.get("grant_type", "")
        for name in ("grant_type", *_NEEDED.get(grant, ())):
            if not form.get(name):
                return _refused(400, "invalid_request", f'A required parameter "{name}" is missing')
        if grant not in _NEEDED:
            return _refused(400, "unsupported_grant_type", "the grant type is not supported")
        if form["client_secret"] != APP_SECRET:
            return _refused(401, "invalid_client", "Client authentication failed")
        return self._given(form["refresh_token"]) if grant == "refresh_token" else self._for_code(form)

    def _for_code(self, form: Mapping[str, str]) -> web.Response:
        member = self._codes.spend(form["code"], form["client_id"], form["redirect_uri"])
        if member is None:
            words = "Unable to retrieve access token: appid/redirect uri/code verifier does not match"
            return _refused(400, "invalid_request", words)
        if form["client_id"] == PARTNER:
            return self._given(f"{member}-refresh-{len(self._refresh_ends) + 1}")
        access = self._access(member, self._now() + _ACCESS)
        return web.json_response({"access_token": access, "expires_in": int(_ACCESS.total_seconds())})

    def _access(self, member: str, end: datetime) -> str:
        access = f"{member}-access-{len(self._ends) + 1}"
        self._ends[access] = end
        return access

    def _given(self, refresh: str) -> web.Response:
        now = self._now()
        end = self._refresh_ends.setdefault(refresh, now + _REFRESH)
        if not _KNOWN.fullmatch(refresh) or end <= now:
            return _refused(400, "invalid_grant", "The provided refresh token is invalid, expired or revoked")
        access = self._access(refresh.partition("-")[0], min(now + _ACCESS, end))
        answer = {
            "access_token": access,
            "expires_in": int((self._ends[access] - now).total_seconds()),
            "refresh_token": refresh,
            "refresh_token_expires_in": int((end - now).total_seconds()),
        }
        return web.json_response(answer)


def _refused(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)
