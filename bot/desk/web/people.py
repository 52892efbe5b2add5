"""People: who may do what, inviting, changing a role, and what falls before somebody goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk import members
from bot.desk.address import invitation_link
from bot.desk.web.door import Door, Values, form_of, session_of
from bot.desk.web.form import Form
from bot.desk.web.refusal import RefusalError
from bot.desk.words.catalogue import LANGUAGES
from content_queue.operations import access, people
from content_queue.people import Action, Grant, Role, may
from content_queue.store.database import Transaction


def router(door: Door) -> APIRouter:
    """Return the addresses of the people."""
    pages = _People(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/people", pages.people, methods=["GET"])
    made.add_api_route("/people", pages.add, methods=["POST"])
    made.add_api_route("/people/{ref}", pages.one, methods=["GET"])
    made.add_api_route("/people/{ref}/role", pages.role, methods=["POST"])
    made.add_api_route("/people/{ref}/link", pages.link, methods=["POST"])
    made.add_api_route("/people/{ref}/end", pages.end, methods=["POST"])
    made.add_api_route("/people/{ref}/remove", pages.remove, methods=["POST"])
    made.add_api_route("/people/{ref}/erase", pages.erase, methods=["POST"])
    return made


class _People:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def people(self, request: Request) -> Response:
        return await self._door.show(request, "people.html", partial(self._read, request))

    async def add(self, request: Request) -> Response:
        form, now = form_of(request), self._door.parts.now()
        grants, own = self._grants(form), not form.one("not_own")
        made = await self._door.act(
            request,
            lambda tx, who: members.add(tx, now, who, form.one("name"), grants, approves_own=own),
        )
        return await self._with_link(request, made)

    async def link(self, request: Request, ref: str) -> Response:
        now = self._door.parts.now()
        made = await self._door.act(
            request, lambda tx, who: members.invite(tx, now, who, people.find(tx, ref))
        )
        return await self._with_link(request, made)

    async def one(self, request: Request, ref: str) -> Response:
        return await self._door.show(request, "person.html", partial(self._read_one, request, ref))

    async def role(self, request: Request, ref: str) -> Response:
        form, now = form_of(request), self._door.parts.now()
        grants, own = self._grants(form), not form.one("not_own")
        changed = await self._door.act(
            request,
            lambda tx, who: members.change_role(tx, now, who, people.find(tx, ref), grants, approves_own=own),
        )
        said = self._door.words(request).say("%(name)s has another role.", name=changed.name)
        return self._door.done(request, said, f"/people/{changed.who}")

    async def end(self, request: Request, ref: str) -> Response:
        await self._door.act(request, lambda tx, who: members.end_session(tx, who, people.find(tx, ref), 0))
        said = self._door.words(request).say("That person has to sign in again.")
        return self._door.done(request, said, f"/people/{ref}")

    async def remove(self, request: Request, ref: str) -> Response:
        form, now = form_of(request), self._door.parts.now()
        to = form.one("to")
        await self._door.act(
            request,
            lambda tx, who: members.remove(
                tx, now, who, people.find(tx, ref), people.find(tx, to) if to else None
            ),
        )
        said = self._door.words(request).say("Done: that person can do nothing here any more.")
        return self._door.done(request, said, "/people")

    async def erase(self, request: Request, ref: str) -> Response:
        now = self._door.parts.now()
        await self._door.act(request, lambda tx, who: members.erase(tx, now, who, people.find(tx, ref)))
        said = self._door.words(request).say("The name is forgotten; the history keeps a number.")
        return self._door.done(request, said, "/people")

    async def _with_link(self, request: Request, made: members.Invitation) -> Response:
        """Show a link here and never again."""
        base = f"{request.url.scheme}://{request.headers.get('host', '')}"
        public = self._door.parts.reached.public_url or base
        link = await self._door.ask(invitation_link, public, "", made.key)
        read = partial(self._read, request, invitation=made, link=link)
        return await self._door.show(request, "people.html", read)

    def _read(
        self,
        request: Request,
        tx: Transaction,
        now: datetime,
        *,
        invitation: members.Invitation | None = None,
        link: str = "",
    ) -> Values:
        everyone = people.everyone(tx, removed=True)
        invited = {each.id for each in everyone if access.open_invitations(tx, now, each.id)}
        return {
            "people": [each for each in everyone if each.active],
            "left": [each for each in everyone if not each.active],
            "invited": invited,
            "invitation": invitation,
            "link": link,
            "may_change": self._may_change(request),
            "now": now,
            **_choices(),
        }

    def _read_one(self, request: Request, ref: str, tx: Transaction, now: datetime) -> Values:
        person = people.find(tx, ref)
        return {
            "one": person,
            "falls": people.falls(tx, now, person),
            "others": [each for each in people.everyone(tx) if each.id != person.id],
            "may_change": self._may_change(request),
            "now": now,
            **_choices(),
        }

    def _grants(self, form: Form) -> Sequence[Grant]:
        role, language = form.one("role"), form.one("only_language")
        if role not in set(Role) or language not in {"", *LANGUAGES}:
            raise RefusalError(422, "choose a role")
        chosen = [name for name in form.all("channel") if name in self._door.parts.desk.styles]
        if role == Role.ADMIN:
            return [Grant(Role.ADMIN)]
        return [Grant(Role(role), channel, language) for channel in chosen or [""]]

    @staticmethod
    def _may_change(request: Request) -> bool:
        session = session_of(request)
        return session is not None and may(session.person, Action.PEOPLE)


def _choices() -> Values:
    return {"roles": list(Role)}
