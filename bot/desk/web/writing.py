"""Writing: a new item by form, and other words for one that is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Never

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk import judging, operations
from bot.desk.operations import Draft
from bot.desk.permission import allow
from bot.desk.pictures import bring
from bot.desk.web.card import card
from bot.desk.web.door import Door, Values, form_of, session_of
from bot.desk.web.form import Form
from bot.desk.web.judging import CONFLICT, item_number
from bot.desk.web.refusal import RefusalError
from bot.desk.words.catalogue import LANGUAGES, sentence
from bot.sources.story import NoStory, Story
from content_queue.item import Item, Kind, Version, item_name
from content_queue.operations.rows import item_by_id
from content_queue.people import Action
from content_queue.store.database import Transaction

UNPROCESSABLE = 422
_FIELDS = ("title", "summary", "url", "alt")
_CORRECTED = (
    sentence("%(item)s is corrected and waits for judgement."),
    sentence("%(item)s is corrected and approved."),
)


def router(door: Door) -> APIRouter:
    """Return the addresses of the two forms."""
    pages = _Writing(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/add", pages.add_form, methods=["GET"])
    made.add_api_route("/add", pages.add, methods=["POST"])
    made.add_api_route("/add/read", pages.read, methods=["POST"])
    made.add_api_route("/items/{ref}/edit", pages.edit_form, methods=["GET"])
    made.add_api_route("/items/{ref}/edit", pages.edit, methods=["POST"])
    made.add_api_route("/items/{ref}/side", pages.side, methods=["POST"])
    made.add_api_route("/items/{ref}/alone", pages.alone, methods=["POST"])
    return made


class _Writing:
    def __init__(self, door: Door) -> None:
        self._door = door

    async def add_form(self, request: Request) -> Response:
        return await self._add_page(request, Form(), "")

    async def add(self, request: Request) -> Response:
        form, parts = form_of(request), self._door.parts
        try:
            form = await self._with_picture(request, form, Action.ADD)
            draft = _draft(form, self._door)
            now = parts.now()
            number = await self._door.act(
                request, lambda tx, who: operations.add(tx, parts.desk, now, who, draft)
            )
        except RefusalError as error:
            if error.status != UNPROCESSABLE:
                raise
            return await self._add_page(request, form, error.line)
        name = item_name(number)
        words = self._door.words(request)
        line = words.say("%(item)s is in the queue. Look at it, then approve it.", item=name)
        return self._door.done(request, line, f"/items/{name}")

    async def read(self, request: Request) -> Response:
        """Read the page whose address was given, and show what it proposes: nothing is kept yet."""
        form, session, find = form_of(request), session_of(request), self._door.parts.find_story
        if session is None or find is None:
            raise RefusalError(404, "there is no such page")
        await self._door.ask(lambda tx: allow(self._door.sessions.present(tx, session), Action.ADD))
        try:
            story = await find(form.address("from") or _refuse_nothing())
        except NoStory as error:
            return await self._add_page(request, form, str(error))
        except RefusalError as error:
            return await self._add_page(request, form, error.line)
        return await self._add_page(request, _proposed(story, form.one("from")), "")

    async def edit_form(self, request: Request, ref: str) -> Response:
        read = partial(self._read_item, item_number(ref), None, "")
        return await self._door.show(request, "edit.html", read)

    async def edit(self, request: Request, ref: str) -> Response:
        form, number = form_of(request), item_number(ref)
        old = await self._door.ask(item_by_id, number)
        approved = form.one("then") == "approve"
        try:
            form = await self._with_picture(request, form, Action.EDIT, old)
        except RefusalError as error:
            return await self._edit_again(request, number, form, error)
        return await self._reword(request, form, old, f"/items/{item_name(number)}", approved=approved)

    async def side(self, request: Request, ref: str) -> Response:
        """Take the words of one language, written on the item's card; the others stay as they are."""
        form, old = form_of(request), await self._door.ask(item_by_id, item_number(ref))
        language = form.one("language")
        if language not in LANGUAGES:
            raise RefusalError(UNPROCESSABLE, "this form is not complete: load the page again")
        whole = _completed(form, old, language)
        return await self._reword(request, whole, old, f"/pending#{item_name(old.id)}", approved=False)

    async def alone(self, request: Request, ref: str) -> Response:
        """Take the word that an item is for one language alone, or that it is not."""
        number, now, alone = item_number(ref), self._door.parts.now(), form_of(request).one("alone") == "yes"
        await self._door.act(request, lambda tx, who: judging.one_language(tx, now, who, number, alone=alone))
        return self._door.done(request, "", f"/pending#{item_name(number)}")

    async def _with_picture(
        self, request: Request, form: Form, action: Action, item: Item | None = None
    ) -> Form:
        """Return the form as if it had named the picture that came with it, which is kept from now on."""
        session, parts = session_of(request), self._door.parts
        if not form.picture or session is None:
            return form
        await self._door.ask(lambda tx: allow(self._door.sessions.present(tx, session), action, item))
        try:
            source = await bring(parts.store, parts.now(), form.picture)
        except ValueError as error:
            raise RefusalError(UNPROCESSABLE, str(error)) from None
        return replace(form, fields={**form.fields, **_shown_everywhere(source)}, picture=b"")

    async def _reword(
        self, request: Request, form: Form, old: Item, then: str, *, approved: bool
    ) -> Response:
        desk, now = self._door.parts.desk, self._door.parts.now()
        try:
            versions, act = tuple(_versions(form, old)), partial(operations.edit, approved=approved)
            shown, confirmed = form.number("revision"), form.day("confirmed")
            await self._door.act(
                request,
                lambda tx, who: act(
                    tx, desk, now, who, old.id, versions, revision=shown, confirmed=confirmed
                ),
            )
        except RefusalError as error:
            return await self._edit_again(request, old.id, form, error)
        line = self._door.words(request).say(_CORRECTED[approved], item=item_name(old.id))
        return self._door.done(request, line, then)

    async def _edit_again(self, request: Request, number: int, form: Form, error: RefusalError) -> Response:
        """Show the form again with what was typed: nothing a person wrote is lost."""
        if error.status not in {CONFLICT, UNPROCESSABLE}:
            raise error
        read = partial(self._read_item, number, form, error.line)
        return await self._door.show(request, "edit.html", read, status=error.status)

    async def _add_page(self, request: Request, form: Form, problem: str) -> Response:
        def read(_tx: Transaction, now: datetime) -> Values:
            typed = {language: _typed(form, language) for language in LANGUAGES}
            reads = self._door.parts.find_story is not None
            kinds = list(Kind)
            return {
                "form": form,
                "typed": typed,
                "kinds": kinds,
                "problem": problem,
                "now": now,
                "reads": reads,
            }

        return await self._door.show(request, "add.html", read, status=UNPROCESSABLE if problem else 200)

    def _read_item(
        self, number: int, form: Form | None, problem: str, tx: Transaction, _now: datetime
    ) -> Values:
        shown = card(tx, self._door.parts.desk, number)
        typed = {
            side.language: _typed(form, side.language) if form else side.version or Version(side.language, "")
            for side in shown.sides
        }
        confirmed = form.one("confirmed") if form else shown.item.confirmed or ""
        current = form is not None
        return {"card": shown, "typed": typed, "problem": problem, "current": current, "confirmed": confirmed}


def _refuse_nothing() -> Never:
    raise RefusalError(UNPROCESSABLE, "an address begins with https:// or http://")


def _draft(form: Form, door: Door) -> Draft:
    if form.one("kind") not in set(Kind):
        raise RefusalError(UNPROCESSABLE, "choose what kind of item it is")
    return Draft(
        kind=Kind(form.one("kind")),
        versions=tuple(_versions(form, None)),
        topics=tuple(filter(None, (topic.strip() for topic in form.one("topics").split(",")))),
        channels=form.all("channel"),
        at=form.moment("at", door.parts.zone),
        confirmed=form.day("confirmed"),
    )


def _versions(form: Form, old: Item | None) -> Iterator[Version]:
    """Yield the words of each language that has some; what the form does not show is kept."""
    spoken = [version.language for version in old.versions] if old else []
    for language in dict.fromkeys([*spoken, *LANGUAGES]):
        form.address(f"{language}.url")
        typed = _typed(form, language)
        known = (old.version(language) if old else None) or Version(language, "")
        beside = _picture(old) if typed.alt else ""  # a language that gets words, and a picture to them
        image = typed.image or known.image or beside
        if typed.title or typed.summary:
            yield replace(
                known, title=typed.title, summary=typed.summary, url=typed.url, image=image,
                alt=typed.alt if image else "",
            )  # fmt: skip


def _completed(form: Form, item: Item, language: str) -> Form:
    """Return a form of one language as if it had shown the others too."""
    kept = {
        f"{version.language}.{name}": (getattr(version, name),)
        for version in item.versions
        if version.language != language
        for name in _FIELDS
    }
    return replace(form, fields={**form.fields, **kept})


def _picture(item: Item | None) -> str:
    """Return the picture that stands beside an item's words, for a language that gets words for it."""
    return next((version.image for version in item.versions if version.image), "") if item else ""


def _shown_everywhere(source: str) -> dict[str, tuple[str, ...]]:
    return {
        f"{language}.{name}": (value,)
        for language in LANGUAGES
        for name, value in (("image", source), ("picture", "yes"))
    }


def _proposed(story: Story, address: str) -> Form:
    """Return the form as somebody would have filled it in who copied the page's own words."""
    fields = {
        f"{version.language}.{name}": (getattr(version, name),)
        for version in story.versions
        for name in (*_FIELDS, "image")
    }
    shown = {f"{version.language}.picture": ("yes",) for version in story.versions if version.image}
    return Form({**fields, **shown, "kind": (story.kind.value,), "from": (address,), "read": ("yes",)})


def _typed(form: Form, language: str) -> Version:
    title, summary, url, alt = (form.one(f"{language}.{name}") for name in _FIELDS)
    image = form.source(f"{language}.image") if form.one(f"{language}.picture") == "yes" else ""
    return Version(language, title, summary, url, image, alt)
