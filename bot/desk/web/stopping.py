"""Stop and go on: pause everything or one channel, see every hold, and what lifting one would let out."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.desk import operations
from bot.desk.web.card import slip, target_name
from bot.desk.web.door import Door, Values, form_of
from bot.desk.web.refusal import RefusalError
from content_queue.item import Scope
from content_queue.operations import flood, holds
from content_queue.operations.resuming import letting_go
from content_queue.store.database import Transaction

LONGEST = 24 * 365
"""Hours."""


def router(door: Door) -> APIRouter:
    """Return the addresses of pause and resume."""
    pages = _Stopping(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/holds", pages.holds, methods=["GET"])
    made.add_api_route("/pause", pages.pause, methods=["POST"])
    made.add_api_route("/resume", pages.confirm, methods=["GET"])
    made.add_api_route("/resume", pages.resume, methods=["POST"])
    return made


class _Stopping:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def holds(self, request: Request) -> Response:
        return await self._door.show(request, "holds.html", self._read_holds)

    async def pause(self, request: Request) -> Response:
        form, now = form_of(request), self._door.parts.now()
        scope, target = self._what(form.one("scope"), form.one("target"))
        hours = form.number("hours") if form.one("hours") else 0
        until = now + timedelta(hours=min(hours, LONGEST)) if hours else None
        why = form.one("why")
        await self._door.act(
            request,
            lambda tx, who: operations.pause(tx, now, who, scope, target, why=why, until=until),
        )
        words = self._door.words(request)
        said = words.say("%(what)s is held: nothing of it goes out.", what=target_name(scope, target))
        everything = words.say("Everything is paused: nothing goes out.")
        return self._door.done(request, said if target else everything, "/holds")

    async def confirm(self, request: Request, scope: str = "everything", target: str = "") -> Response:
        if scope == Scope.SOURCE and await self._door.ask(flood.waiting, target) > 0:
            return RedirectResponse(f"/sources/{quote(target, safe='')}/release", status_code=303)
        read = partial(self._read_confirm, *self._what(scope, target))
        return await self._door.show(request, "resume.html", read)

    async def resume(self, request: Request) -> Response:
        form = form_of(request)
        scope, target = self._what(form.one("scope"), form.one("target"))
        now = self._door.parts.now()
        await self._door.act(request, lambda tx, who: operations.resume(tx, now, who, scope, target))
        words = self._door.words(request)
        said = words.say("%(what)s goes on.", what=target_name(scope, target))
        return self._door.done(request, said if target else words.say("Publishing goes on."), "/holds")

    @staticmethod
    def _what(scope: str, target: str) -> tuple[Scope, str]:
        if scope not in set(Scope) or (scope == Scope.EVERYTHING) != (target == ""):
            raise RefusalError(422, "say what to hold")
        return Scope(scope), target

    def _read_holds(self, tx: Transaction, now: datetime) -> Values:
        active = holds.active(tx, now)
        held = {hold.target for hold in active if hold.scope is Scope.CHANNEL}
        return {"holds": active, "held": held, "now": now}

    def _read_confirm(self, scope: Scope, target: str, tx: Transaction, now: datetime) -> Values:
        desk = self._door.parts.desk
        seen = letting_go(tx, now, scope, target, desk.gaps)
        if not seen.lifted:
            raise ValueError(f"nothing holds {scope.value} {target}".rstrip())
        name = target_name(scope, target)
        return {
            "lifted": seen.lifted,
            "scope": scope.value,
            "target": target,
            "name": name,
            "slips": [(slip(tx, desk, now, post), at) for post, at in seen.out],
            "still": len(seen.still),
            "later": len(seen.later),
        }
