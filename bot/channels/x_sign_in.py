"""Signing an account on X in: a link that a person opens, a PIN that X shows them, the account's own tokens.

Source: docs.x.com, "PIN-based OAuth": OAuth 1.0a with ``oob`` in place of an address to come back to. tweepy
walks this way too, but by a session of its own making, which waits for ever, follows redirects and always
asks X; so the requests are signed with the library that tweepy signs with.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from bot.channels.answer import AnswerError, by_status, mapping, status_line, wait_until
from bot.channels.network import App, SignedIn, Wiring
from bot.channels.session import quieten
from bot.channels.wire import Wire
from bot.http_client.api import Call
from bot.message import ChannelError, LockedOut, Refused, TryLater
from bot.secret import Secret

_HOME = "https://api.x.com"
_TOKEN = re.compile(r"[\w-]{1,512}", re.ASCII)
_APP_HINT = "is the app's key or secret wrong, or are its *User authentication settings* not set up?"
_PIN_HINT = "the PIN is wrong, or used, or too old: begin again"


class XSignIn:
    """One sign-in by an app of the operator's: its API key and secret."""

    def __init__(self, wiring: Wiring[Any], app: App) -> None:
        """Take what is needed; ``wiring.api`` leads these calls too."""
        self._keys = {"API_KEY": Secret(app.id), "API_SECRET": app.secret}
        self._wiring = replace(wiring, secrets=self._keys)
        self._host = wiring.api.rstrip("/") or _HOME
        self._app = app
        self._asked: tuple[str, Secret] | None = None

    async def link(self, state: str) -> str:
        """Ask X for a link, which ends within minutes. X knows the sign-in by it: it takes no ``state``."""
        try:
            given = await self._token("request_token", callback_uri="oob")
        except (LockedOut, Refused) as error:
            raise LockedOut(f"{error.reason} ({_APP_HINT})") from None
        if given.get("oauth_callback_confirmed") != "true":
            raise Refused("X gave no link for a PIN")
        self._asked = given["oauth_token"], Secret(given["oauth_token_secret"])
        return f"{self._host}/oauth/authorize?{urlencode({'oauth_token': self._asked[0]})}"

    async def signed_in(self, code: str) -> SignedIn:
        """Return the account's tokens for a PIN, with the app's. Raises TryLater, Refused or LockedOut."""
        if self._asked is None:
            raise Refused("there is no link that this PIN could be of")
        token, secret = self._asked
        how = {"resource_owner_key": token, "resource_owner_secret": secret.reveal(), "verifier": code}
        try:
            given = await self._token("access_token", **how)
        except (LockedOut, Refused) as error:  # the app itself was good enough for the link
            raise Refused(f"{error.reason} ({_PIN_HINT})") from None
        own = {"ACCESS_TOKEN": given["oauth_token"], "ACCESS_TOKEN_SECRET": given["oauth_token_secret"]}
        return SignedIn(self._keys | {name: Secret(value) for name, value in own.items()})

    async def _token(self, step: str, **how: str) -> dict[str, str]:
        """Take one step and return what X gives for it: form-encoded, a token and its secret among it."""
        from oauthlib.oauth1 import Client

        quieten("oauthlib")
        signer = Client(self._app.id, client_secret=self._app.secret.reveal(), **how)
        _, headers, _ = signer.sign(f"{_HOME}/oauth/{step}", http_method="POST")
        wire = Wire("X", self._wiring, self._judged)
        try:
            good = await wire.once(Call("POST", f"{self._host}/oauth/{step}", headers))
        finally:
            await wire.close()
        fields = {name: values[0] for name, values in parse_qs(good.body.decode("ascii", "replace")).items()}
        if not all(_TOKEN.fullmatch(fields.get(name, "")) for name in ("oauth_token", "oauth_token_secret")):
            raise TryLater("X gave no token")
        return fields

    def _judged(self, error: AnswerError) -> ChannelError:
        """Return what an answer means: the old API's own words where it has some."""
        errors = error.fields.get("errors")
        first = mapping(errors[0]) if isinstance(errors, list) and errors else error.fields
        reason = status_line("X", error.status, first.get("message"), self._wiring.redact)
        wait = wait_until(error.headers.get("x-rate-limit-reset"), self._wiring.clock_now())
        return by_status(error.status, reason, wait)
