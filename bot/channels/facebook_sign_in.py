"""Signing a Facebook page in: a link that a person opens, a code that they bring back, the page's own token.

Source: developers.facebook.com, manually build a login flow; long-lived tokens; /me/accounts. The page that
Facebook leads back to is its own, made for programs without an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from bot.channels.answer import AnswerError, mapping
from bot.channels.facebook_errors import meaning
from bot.channels.facebook_token import proof
from bot.channels.network import App, SignedIn, Wiring
from bot.channels.wire import Wire
from bot.http_client.api import Call
from bot.message import ChannelError, Refused
from bot.secret import Secret

_DIALOG = "https://www.facebook.com"
_BACK = "https://www.facebook.com/connect/login_success.html"
_SCOPES = ("pages_show_list", "pages_read_engagement", "pages_manage_posts")
_NAMED = 5
"""So many pages are named to a person who signed in for another one."""


class FacebookSignIn:
    """One sign-in by an app of the operator's."""

    def __init__(self, wiring: Wiring[Any], host: str, app: App) -> None:
        """Take what is needed; ``host`` is the base address of the Graph API."""
        self._wiring = replace(wiring, secrets={"APP_SECRET": app.secret})
        self._version, self._page = wiring.options.version, wiring.options.page
        self._api = f"{host}/{self._version}"
        self._app = app

    async def link(self, state: str) -> str:
        """Return the address that a person opens; ``state`` comes back beside the code."""
        asked = {
            "client_id": self._app.id,
            "redirect_uri": _BACK,
            "response_type": "code",
            "scope": ",".join(_SCOPES),
            "state": state,
        }
        return f"{_DIALOG}/{self._version}/dialog/oauth?{urlencode(asked)}"

    async def signed_in(self, code: str) -> SignedIn:
        """Return the page's own token for a code, and the app's secret, which proves every call with it.

        Raises TryLater, Refused or LockedOut.
        """
        wire = Wire("Facebook", self._wiring, self._judged)
        try:
            first = await self._token(wire, {"redirect_uri": _BACK, "code": code})
            longer = {"grant_type": "fb_exchange_token", "fb_exchange_token": first}
            own = await self._pages_own(wire, await self._token(wire, longer))
            return SignedIn({"PAGE_TOKEN": Secret(own), "APP_SECRET": self._app.secret})
        finally:
            await wire.close()

    async def _token(self, wire: Wire, how: Mapping[str, str]) -> str:
        ours = {"client_id": self._app.id, "client_secret": self._app.secret.reveal()}
        call = Call("GET", f"{self._api}/oauth/access_token?{urlencode({**ours, **how})}")
        token = (await wire.once(call)).fields.get("access_token")
        if not isinstance(token, str) or not token:
            raise Refused("Facebook gave no token for this code")
        return token

    async def _pages_own(self, wire: Wire, token: str) -> str:
        """Return the token of the page among those that the person may post to. A long one has no end."""
        shown = proof(self._app.secret, Secret(token))
        asked = urlencode({"fields": "id,name,access_token", "limit": "100", **shown})
        headers = {"Authorization": f"Bearer {token}"}
        answer = await wire.once(Call("GET", f"{self._api}/me/accounts?{asked}", headers))
        listed = answer.fields.get("data")
        pages = [mapping(one) for one in listed] if isinstance(listed, list) else []
        for page in pages:
            own = page.get("access_token")
            if page.get("id") == self._page and isinstance(own, str) and own:
                return own
        names = ", ".join(f"{page.get('name')} ({page.get('id')})" for page in pages[:_NAMED]) or "none"
        told = f"page {self._page} is not among those that were chosen ({names}): choose it, too"
        raise Refused(self._wiring.redact(told))

    def _judged(self, error: AnswerError) -> ChannelError:
        return meaning(error, self._wiring.redact, self._version)
