"""LinkedIn's door for renewing access tokens, as the stand-in keeps it.

Sources: learn.microsoft.com, LinkedIn, "Refresh Tokens with OAuth 2.0"; the errors are those of
RFC 6749. Every refresh token that begins with a member's id and "-refresh" is known here, and ends a year
after its first use.
"""

import re
from datetime import datetime, timedelta

from aiohttp import web

from bot.sandbox.published import Clock

APP_SECRET = "app-secret"  # noqa: S105  the stand-in's own
_KNOWN = re.compile(r"\w+-refresh[\w-]*", re.ASCII)
_ACCESS = timedelta(days=60)
_REFRESH = timedelta(days=365)


class RenewedTokens:
    """Renews access tokens, and knows until when those that it gave last."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._ends: dict[str, datetime] = {}
        self._refresh_ends: dict[str, datetime] = {}

    def has_ended(self, access: str) -> bool:
        """Tell whether a token was given here and is over."""
        end = self._ends.get(access)
        return end is not None and end <= self._now()

    async def renew(self, request: web.Request) -> web.Response:
        """Answer a renewal, or with the error of OAuth that fits."""
        if request.content_type != "application/x-www-form-urlencoded":
            return _refused(400, "invalid_request", "the request is not form-encoded")
        form = {name: str(value) for name, value in (await request.post()).items()}
        for name in ("grant_type", "refresh_token", "client_id", "client_secret"):
            if not form.get(name):
                return _refused(400, "invalid_request", f'A required parameter "{name}" is missing')
        if form["grant_type"] != "refresh_token":
            return _refused(400, "unsupported_grant_type", "the grant type is not supported")
        if form["client_secret"] != APP_SECRET:
            return _refused(401, "invalid_client", "Client authentication failed")
        return self._given(form["refresh_token"])

    def _given(self, refresh: str) -> web.Response:
        now = self._now()
        end = self._refresh_ends.setdefault(refresh, now + _REFRESH)
        if not _KNOWN.fullmatch(refresh) or end <= now:
            return _refused(400, "invalid_grant", "The provided refresh token is invalid, expired or revoked")
        access = f"{refresh.partition('-')[0]}-access-{len(self._ends) + 1}"
        self._ends[access] = min(now + _ACCESS, end)
        answer = {
            "access_token": access,
            "expires_in": int((self._ends[access] - now).total_seconds()),
            "refresh_token": refresh,
            "refresh_token_expires_in": int((end - now).total_seconds()),
        }
        return web.json_response(answer)


def _refused(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)
