"""The guard before every page: host, session, origin, form token; and the headers on every answer.

    request -> host -> open address? hub? -> token or session -> (POST: origin -> form -> form token) -> page

What is not let through by name is refused. An error of ours becomes a calm page, its name a line of the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hmac import compare_digest
from traceback import extract_tb
from urllib.parse import parse_qs, quote

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.desk.api.gate import PREFIX, problem
from bot.desk.web.cookie import cookie_name, set_session
from bot.desk.web.form import CSRF, Form, brings_a_picture, read_form
from bot.desk.web.parts import DeskParts
from bot.desk.web.refusal import RefusalError
from bot.desk.web.session import Session, Sessions
from bot.desk.web.websub import PREFIX as HUBS
from bot.desk.words.catalogue import sentence
from content_queue.operations import access, people
from content_queue.store.database import Transaction

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
PUBLIC = frozenset({"/fr", "/en", "/fr/", "/en/", "/feed.xml", "/fr/feed.xml", "/en/feed.xml"})
"""What everybody may read, for a minute from their own store."""
INVITATION = "/invitation/"
ENTRANCE = ("/sign-in", INVITATION)
"""Where strangers come in."""
KEYED = (INVITATION, HUBS)
"""Addresses that end in a key."""
HSTS = 365 * 24 * 3600
"""Seconds."""
CLOSED = sentence(
    "This desk can be reached from elsewhere without https: nobody can sign in. Its operator sets"
    " desk.public_url to an https address, behind a proxy."
)
SIGN_IN_FIRST = sentence("Sign in first. Nothing was changed.")
NOBODY_YET = sentence("Open the desk by the address that the worker printed when it started.")

FOR_A_PICTURE = 6
"""So many times longer a form may take that brings a picture: a phone's are large, its line is thin."""

Looked = tuple[Session | None, str | None, bool]
Refuse = Callable[[Scope, int, str], Response]
"""Makes the page of a refusal: its status and one English line."""


class Guard:
    """Stands around the whole application."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, parts: DeskParts, refuse: Refuse, api: ASGIApp
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._store = parts.store
        self._reached = parts.reached
        self._patience = parts.patience
        self._refuse = refuse
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to its page, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, secure=self._reached.secure(Headers(scope=scope)))
        try:
            await self._pass(scope, receive, answer)
        except Exception as error:
            # never with its text: that may carry what people typed, or a secret
            log.error("a page of the desk failed", path=place(scope["path"]), error=_name(error))
            if answer.begun:
                raise
            await self._say(scope, answer, 500, sentence("Something went wrong here. It is in the log."))

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:
            # read in one way by us and perhaps in another by a proxy before us: nothing after it is believed
            await self._say(scope, send, 400, sentence("This request says its length twice."), close=True)
        elif path in OPEN:
            await self._app(scope, receive, send)
        elif not self._reached.knows(headers):
            await self._say(scope, send, 400, sentence("This desk does not answer to that name."))
        elif path.startswith(STATIC) or (path in PUBLIC and scope["method"] in {"GET", "HEAD"}):
            await self._app(scope, receive, send)
        elif path.startswith(HUBS):
            # nobody signs in there: who calls knows its token, or nothing
            await self._app(scope, receive, send)
        elif self._reached.closed:
            await self._say(scope, send, 403, CLOSED)
        elif path.startswith(PREFIX):
            await self._api(scope, receive, send)
        else:
            await self._pass_known(scope, receive, send, self._cookie(headers, scope))

    async def _pass_known(self, scope: Scope, receive: Receive, send: Send, cookie: str) -> None:
        offered = _offered(scope)
        session, entered, inhabited = await self._ask(self._look, cookie, offered)
        if entered is not None:
            answer = RedirectResponse("/", status_code=303)
            set_session(answer, scope, entered, secure=self._reached.secure(Headers(scope=scope)))
            await answer(scope, receive, send)
        elif session is not None:
            await self._pass_signed_in(scope, receive, send, session)
        elif scope["path"].startswith(ENTRANCE):
            await self._pass_stranger(scope, receive, send)
        elif inhabited and scope["method"] in {"GET", "HEAD"}:
            wanted = quote(scope["path"])
            further = f"?next={wanted}" if wanted != "/" else ""
            await RedirectResponse(f"/sign-in{further}", status_code=303)(scope, receive, send)
        else:
            line = SIGN_IN_FIRST if inhabited else NOBODY_YET
            await self._say(scope, send, 403, line)

    def _look(self, tx: Transaction, cookie: str, offered: str) -> Looked:
        """Return the stay behind a cookie, a fresh one by the token, and whether anybody lives here."""
        entered = self._sessions.enter(tx, offered) if offered else None
        return self._sessions.find(tx, cookie), entered, people.anyone(tx)

    async def _pass_stranger(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a stranger to the pages where one comes in."""
        if await self._checked(scope, receive, send, None):
            await self._app(scope, receive, send)

    async def _pass_signed_in(self, scope: Scope, receive: Receive, send: Send, session: Session) -> None:
        scope.setdefault("state", {})["session"] = session
        if not await self._checked(scope, receive, send, session):
            return
        if session.stale is not None:
            self._store.tell(access.touch_session, self._sessions.now(), session.stale)
        await self._app(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive, send: Send, session: Session | None) -> bool:
        """Say whether a request may change something, if it would: else it is answered here."""
        if scope["method"] in {"GET", "HEAD"}:
            return True
        try:
            await self._check_form(scope, receive, session)
        except RefusalError as error:
            await self._say(scope, send, error.status, error.line)
            return False
        return True

    async def _check_form(self, scope: Scope, receive: Receive, session: Session | None) -> None:
        if not self._reached.from_own_page(Headers(scope=scope)):
            raise RefusalError(403, "This form did not come from the desk. Nothing was changed.")
        form = await self._read_form(scope, receive)
        if session is not None and not compare_digest(form.one(CSRF).encode(), session.csrf.encode()):
            raise RefusalError(403, "This form is too old: load the page again. Nothing was changed.")
        scope.setdefault("state", {})["form"] = form

    async def _read_form(self, scope: Scope, receive: Receive) -> Form:
        patience = self._patience * (FOR_A_PICTURE if brings_a_picture(scope) else 1)
        try:
            async with asyncio.timeout(patience.total_seconds()):
                return await read_form(scope, receive)
        except TimeoutError:
            raise RefusalError(408, "The form did not arrive in time. Nothing was changed.") from None

    async def _ask(
        self, look: Callable[[Transaction, str, str], Looked], cookie: str, offered: str
    ) -> Looked:
        return await asyncio.wrap_future(self._store.ask(look, cookie, offered))

    def _cookie(self, headers: Headers, scope: Scope) -> str:
        name = cookie_name(scope, secure=self._reached.secure(headers))
        return str(cookie_parser(headers.get("cookie", "")).get(name, ""))

    async def _say(self, scope: Scope, send: Send, status: int, line: str, *, close: bool = False) -> None:
        for_a_program = scope["path"].startswith(PREFIX)
        answer = problem(status, line) if for_a_program else self._refuse(scope, status, line)
        if close:
            answer.headers["connection"] = "close"
        await answer(scope, _nothing, send)


class _Answer:
    """The way out: every answer leaves with our headers."""

    def __init__(self, scope: Scope, send: Send, *, secure: bool) -> None:
        self.begun = False
        self._secure = secure
        self._send = send
        self._public = scope["path"] in PUBLIC
        self._keep = scope["path"].startswith(STATIC)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS:
                headers[name] = value
            if self._secure:
                headers["strict-transport-security"] = f"max-age={HSTS}"
            if self._public:
                headers["cache-control"] = "public, max-age=60"
            elif not self._keep:
                headers["cache-control"] = "no-store"
        await self._send(message)


def place(path: str) -> str:
    """Return a path as it may stand in a log: its key may not."""
    return next((f"{start}..." for start in KEYED if path.startswith(start)), path)


def _offered(scope: Scope) -> str:
    if scope["path"] != "/" or scope["method"] != "GET" or b"token=" not in scope["query_string"]:
        return ""
    return str(parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0])


def _name(error: Exception) -> str:
    last = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.name}:{last.lineno}"


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
