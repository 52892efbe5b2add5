"""One's own account: the browsers that are signed in, another password, the API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk import members, passwords
from bot.desk.passwords import CrowdError, WeakPasswordError
from bot.desk.web.door import Door, Values, form_of, session_of
from bot.desk.web.entrance import SLOWER
from bot.desk.web.refusal import RefusalError
from bot.desk.words.catalogue import sentence
from content_queue.operations import access, people
from content_queue.people import Person, Token, within
from content_queue.store.database import Transaction

DAYS = (30, 90, 365)
NOT_YOURS = sentence("This is not your present password.")


def router(door: Door) -> APIRouter:
    """Return the addresses of one's own account."""
    pages = _Account(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/account", pages.account, methods=["GET"])
    made.add_api_route("/account/sessions/end", pages.end, methods=["POST"])
    made.add_api_route("/account/password", pages.password, methods=["POST"])
    made.add_api_route("/account/tokens", pages.give, methods=["POST"])
    made.add_api_route("/account/tokens/revoke", pages.revoke, methods=["POST"])
    return made


class _Account:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def account(self, request: Request) -> Response:
        return await self._page(request)

    async def end(self, request: Request) -> Response:
        form = form_of(request)
        number = form.number("session") if form.one("session") else 0
        await self._door.act(request, lambda tx, who: members.end_session(tx, who, who, number))
        said = self._door.words(request).say("That browser has to sign in again.")
        return self._door.done(request, said, "/account")

    async def password(self, request: Request) -> Response:
        form, person = form_of(request), self._person(request)
        new, now = form.exact("password"), self._door.parts.now()
        try:
            passwords.check(new, person.login, person.name)
            kept = await self._door.ask(people.by_login, person.login)
            if not await self._door.parts.passwords.fits(form.exact("present"), kept[1] if kept else ""):
                raise RefusalError(403, NOT_YOURS)
            hashed = await self._door.parts.passwords.hashed(new)
        except WeakPasswordError as error:
            raise RefusalError(422, str(error)) from None
        except CrowdError:
            raise RefusalError(429, SLOWER) from None
        await self._door.act(request, lambda tx, who: people.set_password(tx, now, who, hashed))
        return self._door.done(request, "", "/sign-in")

    async def give(self, request: Request) -> Response:
        form, now = form_of(request), self._door.parts.now()
        scope, days = form.one("scope"), form.number("days")
        if scope not in set(Token):
            raise RefusalError(422, "choose what the token may be used for")
        lasts, name = timedelta(days=days), form.one("name")
        _, secret = await self._door.act(
            request, lambda tx, who: members.give_token(tx, now, who, who, name, Token(scope), lasts)
        )
        return await self._page(request, secret)  # shown here and never again: nothing to load twice

    async def revoke(self, request: Request) -> Response:
        name, now = form_of(request).one("name"), self._door.parts.now()
        await self._door.act(request, lambda tx, who: members.revoke_token(tx, now, who, who, name))
        said = self._door.words(request).say("The token opens nothing any more.")
        return self._door.done(request, said, "/account")

    async def _page(self, request: Request, secret: str = "") -> Response:
        person, session = self._person(request), session_of(request)

        def read(tx: Transaction, now: datetime) -> Values:
            tokens = [each for each in access.tokens(tx, person.id) if each.works(now)]
            scopes = [scope for scope in Token if within(person, scope)]
            stays = access.sessions(tx, now, person.id)
            here = session.number if session else 0
            return {
                "stays": stays, "here": here, "tokens": tokens, "scopes": scopes, "days": DAYS, "now": now,
                "secret": secret, "least": passwords.LEAST,
            }  # fmt: skip

        return await self._door.show(request, "account.html", read)

    def _person(self, request: Request) -> Person:
        session = session_of(request)
        if session is None or not session.number:
            raise RefusalError(404, "There is nothing at this address.")
        return session.person
