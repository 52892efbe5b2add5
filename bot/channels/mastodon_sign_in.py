"""Signing an account on Mastodon in: an app that the bot registers itself, a link, a code that is shown.

Source: docs.joinmastodon.org, "Logging in with an account", methods apps and oauth. The redirect address is
OAuth's for programs without one: the server shows the code. A code belongs to the app of its link, which is
another one each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from bot.channels.answer import AnswerError, by_status, status_line, wait_of
from bot.channels.network import App, SignedIn, Wiring
from bot.channels.wire import Wire
from bot.http_client.api import Call
from bot.message import ChannelError, LockedOut, Refused, TryLater
from bot.secret import Secret

_BACK = "urn:ietf:wg:oauth:2.0:oob"
_SCOPES = "read:accounts read:statuses write:statuses write:media"
_NAME = "technopolys-bot"
_CODE_HINT = "the code is wrong, or used, or too old: begin again"
_WORD = re.compile(r"[\x21-\x7e]{1,1024}")


class MastodonSignIn:
    """One sign-in by an app of our own."""

    def __init__(self, wiring: Wiring[Any], host: str) -> None:
        """Take what is needed; ``host`` is the server's base address."""
        self._wiring = wiring
        self._host = host
        self._app = App("", Secret(""))

    async def link(self, state: str) -> str:
        """Register an app with the server and return the address that a person opens."""
        asked = {"client_name": _NAME, "redirect_uris": _BACK, "scopes": _SCOPES}
        given = await self._posted("/api/v1/apps", asked, "client_id", "client_secret")
        self._app = App(given["client_id"], Secret(given["client_secret"]))
        self._wiring = replace(self._wiring, secrets={"CLIENT_SECRET": self._app.secret})
        shown = {
            "response_type": "code",
            "client_id": self._app.id,
            "redirect_uri": _BACK,
            "scope": _SCOPES,
            "state": state,
        }
        return f"{self._host}/oauth/authorize?{urlencode(shown, quote_via=quote)}"

    async def signed_in(self, code: str) -> SignedIn:
        """Return the account's token for a code; it has no end. Raises TryLater, Refused or LockedOut."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self._app.id,
            "client_secret": self._app.secret.reveal(),
            "redirect_uri": _BACK,
            "scope": _SCOPES,
        }
        try:
            given = await self._posted("/oauth/token", asked, "access_token")
        except (LockedOut, Refused) as error:
            raise Refused(f"{error.reason} ({_CODE_HINT})") from None
        return SignedIn({"ACCESS_TOKEN": Secret(given["access_token"])})

    async def _posted(self, path: str, asked: Mapping[str, str], *wanted: str) -> dict[str, str]:
        """Post a form and return what is ``wanted`` of the answer."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        wire = Wire("Mastodon", self._wiring, self._judged)
        try:
            good = await wire.once(Call("POST", f"{self._host}{path}", headers, urlencode(asked).encode()))
        finally:
            await wire.close()
        given = {name: value for name in wanted if isinstance(value := good.fields.get(name), str)}
        if len(given) < len(wanted) or not all(map(_WORD.fullmatch, given.values())):
            raise TryLater(f"{self._host} did not answer as Mastodon does")
        return given

    def _judged(self, error: AnswerError) -> ChannelError:
        words = error.fields.get("error_description") or error.fields.get("error")
        reason = status_line("Mastodon", error.status, words, self._wiring.redact)
        return by_status(error.status, reason, wait_of(error.headers.get("retry-after")))
