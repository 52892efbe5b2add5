"""Coming in and leaving: sign in, use an invitation, sign out. Slow for whoever guesses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.desk import passwords
from bot.desk.keys import digest, fresh_key
from bot.desk.passwords import CrowdError, WeakPasswordError
from bot.desk.throttle import Throttle, keys
from bot.desk.web import cookie
from bot.desk.web.door import Door, Values, form_of, place_of, session_of
from bot.desk.web.refusal import RefusalError
from bot.desk.words.catalogue import sentence
from content_queue.operations import access, people
from content_queue.people import Person
from content_queue.store.database import Transaction

TOO_MANY = 429
BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
WRONG = sentence("This name and this password do not go together.")
SLOWER = sentence("Too many tries. Wait a little, then try again.")
OVER = sentence("This link has been used, or its time is over. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the queue knows about a try to sign in."""

    person: Person | None
    kept: str
    device: str


def router(door: Door) -> APIRouter:
    """Return the addresses where people come in and leave."""
    pages = _Entrance(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/sign-in", pages.ask, methods=["GET"])
    made.add_api_route("/sign-in", pages.sign_in, methods=["POST"])
    made.add_api_route("/sign-out", pages.sign_out, methods=["POST"])
    made.add_api_route("/invitation/{key}", pages.invited, methods=["GET"])
    made.add_api_route("/invitation/{key}", pages.join, methods=["POST"])
    return made


class _Entrance:
    def __init__(self, door: Door) -> None:
        self._door = door
        self._throttle = Throttle()

    async def ask(self, request: Request, next: str = "") -> Response:  # noqa: A002  the address says so
        if session_of(request) is not None:
            return RedirectResponse(place_of(next, "/"), status_code=303)
        return await self._sign_in_page(request, next)

    async def sign_in(self, request: Request) -> Response:
        form, now = form_of(request), self._door.parts.now()
        login, password, wanted = form.one("login"), form.exact("password"), form.one("next")
        known = await self._door.ask(_known, now, login, self._device(request))
        tries = keys(people.plain(login), self._door.parts.reached.client(request.scope), known.device)
        if self._throttle.wait(now, tries):
            return await self._sign_in_page(request, wanted, login, SLOWER, TOO_MANY)
        self._throttle.failed(now, tries)  # counted before the work, so that many at once are many
        try:
            fits = await self._door.parts.passwords.fits(password, known.kept)
        except CrowdError:
            return await self._sign_in_page(request, wanted, login, SLOWER, TOO_MANY)
        if not fits or known.person is None:
            return await self._sign_in_page(request, wanted, login, WRONG, 403)
        self._throttle.succeeded(tries)
        return await self._come_in(request, known.person, place_of(wanted, "/"))

    async def sign_out(self, request: Request) -> Response:
        session = session_of(request)
        if session is not None and session.number:
            await self._door.tell(access.end_session, session.person.id, session.number)
        answer = RedirectResponse("/sign-in", status_code=303)
        cookie.drop_session(answer, request.scope, secure=self._secure(request))
        return answer

    async def invited(self, request: Request, key: str) -> Response:
        return await self._invitation_page(request, key)

    async def join(self, request: Request, key: str) -> Response:
        form, now = form_of(request), self._door.parts.now()
        password = form.exact("password")
        person = await self._door.ask(_invited, now, digest(key))
        try:
            if person is None:
                raise RefusalError(403, OVER)
            passwords.check(password, person.login, person.name, again=form.exact("again"))
            hashed = await self._door.parts.passwords.hashed(password)
        except WeakPasswordError as error:
            return await self._invitation_page(request, key, str(error))
        except CrowdError:
            return await self._invitation_page(request, key, SLOWER)
        joined = await self._door.tell(_join, now, digest(key), hashed)
        if joined is None:
            raise RefusalError(403, OVER)
        return await self._come_in(request, joined, "/")

    async def _come_in(self, request: Request, person: Person, place: str) -> Response:
        """Begin a new stay, whatever the browser brought, and know the browser from now on."""
        stay, device, now = fresh_key(), fresh_key(), self._door.parts.now()
        agent = browser_of(request.headers.get("user-agent", ""))
        await self._door.tell(_begin, now, person, stay.digest, device.digest, agent)
        answer = RedirectResponse(place, status_code=303)
        cookie.set_session(answer, request.scope, stay.value, secure=self._secure(request))
        cookie.set_device(answer, request.scope, device.value, secure=self._secure(request))
        return answer

    async def _sign_in_page(
        self, request: Request, wanted: str, login: str = "", problem: str = "", status: int = 200
    ) -> Response:
        values = {"next": place_of(wanted, ""), "login": login, "problem": problem}
        return await self._door.show_stranger(request, "sign_in.html", values, status=status)

    async def _invitation_page(self, request: Request, key: str, problem: str = "") -> Response:
        person = await self._door.ask(_invited, self._door.parts.now(), digest(key))
        if person is None:
            raise RefusalError(403, OVER)
        values = {"invited": person, "key": key, "problem": problem, "least": passwords.LEAST}
        return await self._door.show_stranger(
            request, "invitation.html", values, status=422 if problem else 200
        )

    def _device(self, request: Request) -> str:
        name = cookie.cookie_name(request.scope, secure=self._secure(request), what="device")
        return request.cookies.get(name, "")

    def _secure(self, request: Request) -> bool:
        return self._door.parts.reached.secure(request.headers)


def browser_of(agent: str) -> str:
    """Call a browser as its owner would: "Firefox, Android"; "" where it says nothing that is known."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    return ", ".join(filter(None, (browser, system)))


def _known(tx: Transaction, now: datetime, login: str, device: str) -> _Known:
    found = people.by_login(tx, login)
    if found is None:
        return _Known(None, "", "")
    person, kept = found
    browser = digest(device) if device else ""
    return _Known(person, kept, browser if access.knows_device(tx, now, person.id, browser) else "")


def _invited(tx: Transaction, now: datetime, key: str) -> Person | None:
    number = access.invited(tx, now, key)
    return None if number is None else people.by_id(tx, number)


def _join(tx: Transaction, now: datetime, key: str, hashed: str) -> Person | None:
    number = access.use_invitation(tx, now, key)
    if number is None:
        return None
    people.set_password(tx, now, people.by_id(tx, number), hashed)
    return people.by_id(tx, number)


def _begin(tx: Transaction, now: datetime, person: Person, stay: str, device: str, agent: str) -> Values:
    access.tidy(tx, now)
    access.begin_session(tx, now, person.id, stay, agent)
    access.know_device(tx, now, person.id, device)
    return {}
