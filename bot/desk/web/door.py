"""What every page and act shares: the store's threads, the reader's language, the frame of a page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.desk.permission import NotAllowedError
from bot.desk.web.address import host, is_web
from bot.desk.web.card import target_name
from bot.desk.web.form import Form
from bot.desk.web.parts import DeskParts
from bot.desk.web.refusal import RefusalError
from bot.desk.web.session import Session, Sessions
from bot.desk.words.catalogue import LANGUAGES, load
from bot.desk.words.language import Words
from content_queue.item import Hold, Scope, item_name, post_name
from content_queue.lifecycle import ASKS_A_PERSON, ImpossibleStepError
from content_queue.operations import holds, overview, people
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import UnknownError
from content_queue.people import Action, Person, decides, may, proposes
from content_queue.store.database import Transaction
from content_queue.store.locks import BusyError

A = ParamSpec("A")
R = TypeVar("R")

LANGUAGE_COOKIE = "language"
MANY = 1000
"""From so many items that wait on, a page says that they are many, not how many."""
_HERE = Path(__file__).parent
_PLACE = re.compile(r"/(?:[a-z0-9]+(?:/[a-z0-9]+)*)?")
"""Our own addresses: nothing that a browser could read as another host."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: what waits for people, and whether all is paused."""

    waiting: int
    to_settle: int
    paused: tuple[Hold, ...]
    names: Mapping[str, str]
    """The name behind each number that the history writes."""


Values = Mapping[str, Any]
Read = Callable[[Transaction, datetime], Values]


class Door:
    """The desk's one way to the queue and to the screen."""

    def __init__(self, parts: DeskParts, sessions: Sessions) -> None:
        self.parts = parts
        self.sessions = sessions
        self._words = {language: Words(language, load(language), parts.zone) for language in LANGUAGES}
        self._templates = _environment(parts)

    async def ask(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> R:
        """Read from the queue, on the store's own threads."""
        return await outcome(self.parts.store.ask(operation, *args, **kwargs))

    async def tell(
        self, operation: Callable[Concatenate[Transaction, A], R], *args: A.args, **kwargs: A.kwargs
    ) -> R:
        """Write what concerns a person's own keys: nothing of the queue."""
        return await outcome(self.parts.store.tell(operation, *args, **kwargs))

    async def act(self, request: Request, operation: Callable[[Transaction, Person], R]) -> R:
        """Change the queue, as the person who asks; raise :class:`RefusalError` when it cannot be done."""
        session = session_of(request)
        if session is None:
            raise RefusalError(403, "This desk does not know you.")

        def as_person(tx: Transaction) -> R:
            return operation(tx, self.sessions.present(tx, session))

        done = await outcome(self.parts.store.tell(as_person))
        self.parts.changed()
        return done

    async def show(self, request: Request, template: str, read: Read, *, status: int = 200) -> Response:
        """Answer with a page, everything on it from one moment of the queue."""
        values, frame = await self.ask(_with_frame, self.parts.now(), read)
        everything = {**self._around(request), **values, "frame": frame}
        # a long page takes tens of milliseconds, its first time more: the worker's loop has other duties
        text = await asyncio.to_thread(self._render, template, everything)
        return HTMLResponse(text, status_code=status)

    async def show_stranger(
        self, request: Request, template: str, values: Values, *, status: int = 200
    ) -> Response:
        """Answer with a page for somebody who has not come in: nothing of the queue stands on it."""
        everything = {**self._around(request), **values}
        return HTMLResponse(await asyncio.to_thread(self._render, template, everything), status_code=status)

    async def show_public(self, request: Request, template: str, language: str, values: Values) -> Response:
        """Answer with a page for the public: no stay, no form, the language of its address."""
        words = self._words[language]
        other = next(each for each in LANGUAGES if each != language)
        around = {"_": words.say, "n_": words.count, "w": words, "lang": language, "other": other}
        text = await asyncio.to_thread(self._render, template, {**around, **values})
        return HTMLResponse(text)

    def refusal(self, request: Request, status: int, line: str, back: str = "/") -> Response:
        """Answer with one calm line."""
        words = self.words(request)
        values = {**self._around(request), "line": words.line(line), "back": back}
        return HTMLResponse(self._render("message.html", values), status_code=status)

    def words(self, request: Request) -> Words:
        """Return the reader's language: the person's, the one chosen on this browser, else the bot's."""
        session = session_of(request)
        chosen = (session.person.language if session else "") or request.cookies.get(LANGUAGE_COOKIE, "")
        return self._words[chosen if chosen in self._words else self.parts.language]

    def words_in(self, language: str) -> Words:
        """Return one of the desk's languages, whoever reads."""
        return self._words[language]

    def done(self, request: Request, line: str, default: str, *, undo: tuple[str, ...] = ()) -> Response:
        """Go on after an act, with a line that says what came of it, and perhaps a way back."""
        session = session_of(request)
        if session is not None and line:
            self.sessions.notice(session, line, undo)
        return RedirectResponse(back_of(request, default), status_code=303)

    def _around(self, request: Request) -> dict[str, Any]:
        """Return what every page may use."""
        words, session = self.words(request), session_of(request)
        return {
            "_": words.say,
            "n_": words.count,
            "w": words,
            "lang": words.language,
            "path": request.url.path,
            "csrf": session.csrf if session else "",
            "notices": self.sessions.take_notices(session) if session else [],
            "person": session.person if session else None,
            "decides": decides(session.person if session else None),
            "proposes": proposes(session.person if session else None),
            "announces": may(session.person if session else None, Action.PUBLISH_DURING_PAUSE),
            "version": self.parts.version,
            "frame": None,
        }

    def _render(self, template: str, values: Values) -> str:
        return self._templates.get_template(template).render(values)


def session_of(request: Request) -> Session | None:
    """Return the session that the guard found, or None on a page for strangers."""
    return cast("Session | None", getattr(request.state, "session", None))


def form_of(request: Request) -> Form:
    """Return the form that the guard has read and checked."""
    return cast(Form, request.state.form)


def back_of(request: Request, default: str) -> str:
    """Return where the form wants to go on, if that is one of our own pages."""
    form = getattr(request.state, "form", None)
    return place_of(form.one("back") if form is not None else "", default)


def place_of(wanted: str, default: str) -> str:
    """Return an address to go on to if it is one of our own pages, else ``default``."""
    return wanted if _PLACE.fullmatch(wanted) else default


async def outcome(future: Future[R]) -> R:
    """Return what an operation came to; raise :class:`RefusalError` for what cannot be done."""
    try:
        return await asyncio.wrap_future(future)
    except (LostRaceError, ImpossibleStepError) as error:
        raise RefusalError(409, str(error)) from None
    except NotAllowedError as error:
        raise RefusalError(403, str(error)) from None
    except UnknownError as error:
        raise RefusalError(404, str(error)) from None
    except BusyError as error:
        raise RefusalError(503, str(error)) from None
    except ValueError as error:
        raise RefusalError(422, str(error)) from None


def _with_frame(tx: Transaction, now: datetime, read: Read) -> tuple[Values, Frame]:
    values = read(tx, now)
    waiting, of_posts = overview.counts(tx, MANY)
    return values, Frame(
        waiting=waiting,
        to_settle=sum(of_posts.get(state.value, 0) for state in ASKS_A_PERSON),
        paused=tuple(hold for hold in holds.active(tx, now) if hold.scope is Scope.EVERYTHING),
        names=people.names(tx),
    )


def _environment(parts: DeskParts) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"item_name": item_name, "post_name": post_name, "host": host, "web": is_web}
    made.globals["target_name"] = target_name
    made.globals["many"] = MANY
    made.globals["shows_ahead"] = parts.picture is not None
    made.globals |= {"channels": tuple(parts.desk.styles.values()), "languages": LANGUAGES}
    return made
