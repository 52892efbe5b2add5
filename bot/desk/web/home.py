"""The first page: how everything fares, what is wrong first, each with what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.desk.web.door import LANGUAGE_COOKIE, Door, Values, back_of, form_of
from bot.desk.words.catalogue import LANGUAGES, sentence
from bot.watch.trouble import Kind, Trouble
from content_queue.operations import people
from content_queue.store.database import Transaction

_YEAR = 365 * 24 * 3600
_MENDS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        Kind.UNCERTAIN: ("/settle", sentence("Answer")),
        Kind.BY_HAND: ("/settle", sentence("Post it")),
        Kind.FAILED: ("/settle", sentence("Settle it")),
        Kind.MISSED: ("/settle", sentence("Look at it")),
        Kind.HELD: ("/holds", sentence("See the holds")),
        Kind.CLOCK: ("/holds", sentence("See the holds")),
        Kind.CHANGED: ("/items/%(target)s", sentence("Look at the item")),
        Kind.SOURCE: ("/sources/%(source)s", sentence("Look at the source")),
        Kind.SHEET: ("/sources/%(source)s", sentence("See the rows")),
    }
)


@dataclass(frozen=True, slots=True)
class Mend:
    """A trouble, and the page of the desk that mends it; where there is none, ``place`` is "".

    ``told_at`` is when people were told of it elsewhere, if they were.
    """

    trouble: Trouble
    place: str
    label: str
    told_at: datetime | None


def router(door: Door) -> APIRouter:
    """Return the addresses of the first page and of the language switch."""
    pages = _Home(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/", pages.home, methods=["GET"])
    made.add_api_route("/language", pages.language, methods=["POST"])
    return made


class _Home:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def home(self, request: Request) -> Response:
        return await self._door.show(request, "home.html", self._read)

    async def language(self, request: Request) -> Response:
        chosen = form_of(request).one("language")
        answer = RedirectResponse(back_of(request, "/"), status_code=303)
        if chosen in LANGUAGES:
            await self._door.act(request, lambda tx, who: people.set_language(tx, who, chosen))
        if chosen in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="lax")
        return answer

    def _read(self, tx: Transaction, now: datetime) -> Values:
        status = self._door.parts.status(tx, now)
        return {
            "status": status,
            "mends": [_mend(trouble, status.told_at(trouble)) for trouble in status.troubles],
        }


def _mend(trouble: Trouble, told_at: datetime | None) -> Mend:
    place, label = _MENDS.get(trouble.kind, ("", ""))
    place = place % trouble.what.args if "%" in place else place
    return Mend(trouble, place, label, told_at)
