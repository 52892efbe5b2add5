"""The guard before every page: host, session, origin, form token; and the headers on every answer.

    request -> host -> open address? -> token or session -> (POST: origin -> form -> form token) -> page

What is not let through by name is refused. An error of ours becomes a calm page, its name a line of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hmac import compare_digest
from traceback import extract_tb
from urllib.parse import parse_qs, urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.desk.web.form import CSRF, read_form
from bot.desk.web.refusal import RefusalError
from bot.desk.web.session import LIFETIME, Session, Sessions
from bot.desk.words.catalogue import sentence

log = structlog.get_logger()

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    # not no-referrer: browsers then send "Origin: null" with our own forms, which we refuse
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
OPEN = ("/healthz", "/readyz")
STATIC = "/static/"

Refuse = Callable[[Scope, int, str], Response]
"""Makes the page of a refusal: its status and one English line."""


class Guard:
    """Stands around the whole application."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: Iterable[str], refuse: Refuse) -> None:
        self._app = app
        self._sessions = sessions
        self._hosts = frozenset(host.lower() for host in hosts)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to its page, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            await self._pass(scope, receive, answer)
        except Exception as error:
            # never with its text: that may carry what people typed, or a secret
            log.error("a page of the desk failed", path=scope["path"], error=_name(error))
            if answer.begun:
                raise
            await self._say(scope, answer, 500, sentence("Something went wrong here. It is in the log."))

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], Headers(scope=scope)
        if path in OPEN:
            await self._app(scope, receive, send)
        elif _host_name(headers.get("host", "")) not in self._hosts:
            await self._say(scope, send, 400, sentence("This desk does not answer to that name."))
        elif path.startswith(STATIC):
            await self._app(scope, receive, send)
        elif (entered := self._enter(scope)) is not None:
            await entered(scope, receive, send)
        elif (session := self._sessions.find(_cookie(scope, headers))) is None:
            line = sentence("Open the desk by the address that the worker printed when it started.")
            await self._say(scope, send, 403, line)
        else:
            await self._pass_signed_in(scope, receive, send, session)

    async def _pass_signed_in(self, scope: Scope, receive: Receive, send: Send, session: Session) -> None:
        scope.setdefault("state", {})["session"] = session
        if scope["method"] not in {"GET", "HEAD"}:
            try:
                await self._check_form(scope, receive, session)
            except RefusalError as error:
                await self._say(scope, send, error.status, error.line)
                return
        await self._app(scope, receive, send)

    async def _check_form(self, scope: Scope, receive: Receive, session: Session) -> None:
        if not _from_our_own_page(Headers(scope=scope)):
            raise RefusalError(403, "This form did not come from the desk. Nothing was changed.")
        form = await read_form(scope, receive)
        if not compare_digest(form.one(CSRF).encode(), session.csrf.encode()):
            raise RefusalError(403, "This form is too old: load the page again. Nothing was changed.")
        scope["state"]["form"] = form

    def _enter(self, scope: Scope) -> Response | None:
        if scope["path"] != "/" or scope["method"] != "GET" or b"token=" not in scope["query_string"]:
            return None
        offered = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        value = self._sessions.enter(offered)
        if value is None:
            return None
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            cookie_name(scope),
            value,
            max_age=int(LIFETIME.total_seconds()),
            path="/",
            secure=scope["scheme"] == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _say(self, scope: Scope, send: Send, status: int, line: str) -> None:
        await self._refuse(scope, status, line)(scope, _nothing, send)


class _Answer:
    """The way out: every answer leaves with our headers."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.begun = False
        self._send = send
        self._keep = scope["path"].startswith(STATIC)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS:
                headers[name] = value
            if not self._keep:
                headers["cache-control"] = "no-store"
        await self._send(message)


def cookie_name(scope: Scope) -> str:
    """Name the session's cookie by our port: browsers keep one jar for every port of a host."""
    server = scope.get("server")
    return f"desk_{server[1] if server else 0}"


def _cookie(scope: Scope, headers: Headers) -> str:
    return cookie_parser(headers.get("cookie", "")).get(cookie_name(scope), "")


def _from_our_own_page(headers: Headers) -> bool:
    """Say whether a request was sent by a page of this very desk, by what the browser swears."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    scheme, _, host = headers.get("origin", "").lower().partition("://")
    return scheme in {"http", "https"} and bool(host) and host == headers.get("host", "").lower()


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _name(error: Exception) -> str:
    last = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.name}:{last.lineno}"


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
