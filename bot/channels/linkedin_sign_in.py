"""Signing in to LinkedIn: a link that a person opens, a code that they bring back, the account's token.

Source: learn.microsoft.com, LinkedIn, "Authorization Code Flow". LinkedIn leads back to an address that the
app has among its redirect URLs; nothing has to answer there, for the code stands in the address itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from bot.channels.answer import AnswerError, by_status, status_line, wait_of
from bot.channels.network import App, SignedIn, Wiring
from bot.channels.wire import Wire
from bot.http_client.api import Call
from bot.message import ChannelError, TryLater
from bot.secret import Secret

_HOME = "https://www.linkedin.com"
_PAGE = "w_organization_social r_organization_social"
_MEMBER = "openid profile w_member_social"
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_LONGEST = timedelta(days=3650)


class LinkedInSignIn:
    """One sign-in by an app of the operator's: its client id and secret."""

    def __init__(self, wiring: Wiring[Any], app: App) -> None:
        """Take what is needed; ``wiring.api`` leads these calls too."""
        self._wiring = replace(wiring, secrets={"CLIENT_SECRET": app.secret})
        self._host = wiring.api.rstrip("/") or _HOME
        self._app = app
        page = wiring.options.author.startswith("urn:li:organization:")
        self._scope = _PAGE if page else _MEMBER

    async def link(self, state: str) -> str:
        """Return the address that a person opens; ``state`` comes back beside the code."""
        asked = {
            "response_type": "code",
            "client_id": self._app.id,
            "redirect_uri": self._app.back,
            "state": state,
            "scope": self._scope,
        }
        return f"{self._host}/oauth/v2/authorization?{urlencode(asked, quote_via=quote)}"

    async def signed_in(self, code: str) -> SignedIn:
        """Return the token for a code, and what renews it where LinkedIn lets the app renew.

        Raises TryLater, Refused or LockedOut.
        """
        given = await self._asked(code)
        access, refresh = given.get("access_token"), given.get("refresh_token")
        if not isinstance(access, str) or not _TOKEN.fullmatch(access):
            raise TryLater("LinkedIn gave no access token")
        token = {"ACCESS_TOKEN": Secret(access)}
        if not isinstance(refresh, str) or not _TOKEN.fullmatch(refresh):
            return SignedIn(token, self._end(given.get("expires_in")))
        renewing = {"REFRESH_TOKEN": Secret(refresh), "CLIENT_ID": Secret(self._app.id)}
        return SignedIn({**token, **renewing, "CLIENT_SECRET": self._app.secret})

    def _end(self, seconds: object) -> datetime | None:
        """Return the moment so many seconds from now; None for what is no such number."""
        if not isinstance(seconds, int) or not 0 < seconds <= _LONGEST.total_seconds():
            return None
        return self._wiring.clock_now() + timedelta(seconds=seconds)

    async def _asked(self, code: str) -> Mapping[str, Any]:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self._app.id,
            "client_secret": self._app.secret.reveal(),
            "redirect_uri": self._app.back,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        call = Call("POST", f"{self._host}/oauth/v2/accessToken", headers, urlencode(asked).encode())
        wire = Wire("LinkedIn", self._wiring, self._judged)
        try:
            return (await wire.once(call)).fields
        finally:
            await wire.close()

    def _judged(self, error: AnswerError) -> ChannelError:
        words = error.fields.get("error_description") or error.fields.get("error")
        reason = status_line("LinkedIn", error.status, words, self._wiring.redact)
        return by_status(error.status, reason, wait_of(error.headers.get("retry-after")))
