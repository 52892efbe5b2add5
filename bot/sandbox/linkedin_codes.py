"""LinkedIn's page on which a person agrees to an app, as the stand-in keeps it, and the codes that it gives.

Source: learn.microsoft.com, LinkedIn, "Authorization Code Flow". There is nobody to click here: whoever opens
the page agrees, or declines with ``decline=1`` in the address.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.accounts import Accounts

_SCOPES = {
    "86sandbox": frozenset({"openid", "profile", "w_member_social"}),
    "86partner": frozenset(
        {"openid", "profile", "w_member_social", "w_organization_social", "r_organization_social"}
    ),
}
"""The apps that are known, and what their products open."""
_BACK = frozenset({"https://localhost/", "https://bot.example.org/back"})
"""The redirect addresses that both have."""
_PERSON = "urn:li:person:"


@dataclass(frozen=True, slots=True)
class _Code:
    """For whom a code was made, and with which address."""

    app: str
    back: str
    member: str


class Codes:
    """The codes that are out."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._codes: dict[str, _Code] = {}
        self._number = 0

    async def agree(self, request: web.Request) -> web.Response:
        """Lead back with a code: for the first member that is known, or the one that ``as`` names."""
        asked = request.query
        app, back = asked.get("client_id", ""), asked.get("redirect_uri", "")
        if app not in _SCOPES or back not in _BACK:  # nobody is led to an address that the app has not
            return web.Response(status=400, text="The redirect_uri does not match the registered value")
        if asked.get("response_type") != "code":
            return _back(back, request, error="unsupported_response_type")
        wanted = asked.get("scope", "").split()
        if closed := [scope for scope in wanted if scope not in _SCOPES[app]]:
            words = f'Scope "{closed[0]}" is not authorized for your application'
            return _back(back, request, error="unauthorized_scope_error", error_description=words)
        if "decline" in asked:
            words = "The user cancelled LinkedIn login"
            return _back(back, request, error="user_cancelled_login", error_description=words)
        self._number += 1
        code = f"AQ-{self._number}"
        self._codes[code] = _Code(app, back, asked.get("as") or self._member())
        return _back(back, request, code=code)

    def spend(self, code: str, app: str, back: str) -> str | None:
        """Return whose code this is, once; None for one that is none, or another app's or address's."""
        found = self._codes.get(code)
        if found is None or (found.app, found.back) != (app, back):
            return None
        del self._codes[code]
        return found.member

    def _member(self) -> str:
        return self._accounts.first("linkedin", f"{_PERSON}member", _PERSON).removeprefix(_PERSON)


def _back(address: str, request: web.Request, **fields: str) -> web.Response:
    shown = urlencode({**fields, "state": request.query.get("state", "")})
    return web.Response(status=302, headers={"Location": f"{address}?{shown}"})
