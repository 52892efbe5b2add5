"""What a flood brought: the page on which a person sees what waits, chooses what comes in, and lets go."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.desk import from_sources
from bot.desk.web.card import slip
from bot.desk.web.door import Door, Values, form_of
from bot.desk.web.form import whole
from content_queue.item import Scope
from content_queue.operations import flood
from content_queue.operations.resuming import letting_go
from content_queue.store.database import Transaction

SHOWN = 50
"""So many titles of each part: who decides on more looks at the newest."""
USUAL = 10
"""So many of the newest are offered first."""


def router(door: Door) -> APIRouter:
    """Return the addresses at which a flood is decided on."""
    pages = _Releasing(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/sources/{name}/release", pages.choose, methods=["GET"])
    made.add_api_route("/sources/{name}/release", pages.release, methods=["POST"])
    return made


class _Releasing:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def choose(self, request: Request, name: str, newest: str = "") -> Response:
        if not await self._door.ask(flood.waiting, name):
            return RedirectResponse(f"/sources/{quote(name, safe='')}", status_code=303)
        return await self._door.show(request, "release.html", partial(self._read, name, whole(newest)))

    async def release(self, request: Request, name: str) -> Response:
        form, now = form_of(request), self._door.parts.now()
        newest, seen = form.number("newest"), form.number("seen")
        made = await self._door.act(
            request, lambda tx, who: from_sources.release(tx, now, who, name, newest=newest, seen=seen)
        )
        words = self._door.words(request)
        none = words.say("Nothing of it comes in; %(source)s goes on.", source=name)
        came = words.count("One entry waits to be judged.", "%(n)s entries wait to be judged.", len(made))
        return self._door.done(request, came if made else none, f"/sources/{quote(name, safe='')}")

    def _read(self, name: str, chosen: int | None, tx: Transaction, now: datetime) -> Values:
        desk, entries = self._door.parts.desk, flood.listed(tx, name)
        wanted = None if chosen is None else min(chosen, len(entries))
        seen = letting_go(tx, now, Scope.SOURCE, name, desk.gaps)
        return {
            "name": name,
            "count": len(entries),
            "chosen": wanted,
            "offered": min(USUAL, len(entries)) if wanted is None else wanted,
            "inside": entries[: wanted or 0],
            "outside": entries[wanted or 0 :],
            "shown": SHOWN,
            "slips": [(slip(tx, desk, now, post), at) for post, at in seen.out],
            "now": now,
        }
