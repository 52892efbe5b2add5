"""A sheet of items: pasted cells or a file, shown as what they make before any of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from bot.desk import operations
from bot.desk.batch.drafts import KINDS, Mistake, MistakenError, Numbered, drafts
from bot.desk.batch.lines import COLUMNS, SHEET, SHEETS, TREES, UnreadableError, lines_of
from bot.desk.batch.when import read_when
from bot.desk.operations import Shown
from bot.desk.permission import allow
from bot.desk.web.card import Card, card_of
from bot.desk.web.door import Door, Values, form_of, session_of
from bot.desk.web.form import Form
from bot.desk.web.refusal import RefusalError
from bot.desk.words.catalogue import sentence
from content_queue.identity import canonical
from content_queue.item import Kind, item_name
from content_queue.people import Action, Person
from content_queue.store.database import Transaction

UNPROCESSABLE = 422
MOST = 100
"""Items that one sheet may bring here: so many a person can still look through."""
IT = sentence("it")
_EXAMPLE = (
    ("fact", "fr", "a1", "https://example.org/fr"),
    ("fact", "en", "a1", "https://example.org/en"),
)
_FIELDS = ("kind", "lang", "group", "title", "summary", "url", "image", "alt", "topics", "at", "channel")
Found = Sequence[tuple[Numbered, Card]]


class Bringing:
    """The page that takes a sheet."""

    def __init__(self, door: Door) -> None:
        """Stand behind the desk's door."""
        self._door = door

    async def ask(self, request: Request) -> Response:
        """Answer with the empty page."""
        return await self._page(request, "", (), ())

    async def take(self, request: Request) -> Response:
        """Show what a sheet makes or, once that was looked at, bring it: all of it or nothing."""
        form = form_of(request)
        text = form.one("sheet.text") or form.one("text")
        try:
            found = self._read(text, form)
            cards = await self._door.ask(self._preview, self._person(request), found)
        except MistakenError as error:
            return await self._page(request, text, (), error.mistakes)
        except UnreadableError as error:
            return await self._page(request, text, (), (Mistake(0, "", str(error)),))
        if form.one("then") == "bring":
            return await self._bring(request, found)
        return await self._page(request, text, list(zip(found, cards, strict=True)), ())

    async def example(self, request: Request) -> Response:
        """Answer with a sheet to fill in, its columns named in the reader's language."""
        words = self._door.words(request)
        french = words.language == "fr"
        kinds = {kind: name for name, kind in KINDS.items()} if french else {}
        rows = [self._columns(request)]
        for kind, language, group, url in _EXAMPLE:
            title = self._door.words_in(language).say("A figure that stays true")
            rows.append([kinds.get(kind, kind), language, group, title, "", url, "", "", "", "", ""])
        # our own words alone, in which nothing has to be quoted
        sheet = "".join(f"{(';' if french else ',').join(row)}\r\n" for row in rows)
        headers = {"content-disposition": 'attachment; filename="technopolys.csv"'}
        # sheets take a file for UTF-8 by the mark at its beginning alone
        return Response(sheet.encode("utf-8-sig"), media_type="text/csv", headers=headers)

    def _read(self, text: str, form: Form) -> list[Numbered]:
        now, zone = self._door.parts.now(), self._door.parts.zone
        if not text:
            raise UnreadableError("paste the cells of a sheet, or choose a file")
        lines = lines_of(text, _ending(form))
        _few(len(lines), MOST * 2)  # an item has a row in each language
        found = drafts(lines, lambda written: read_when(written, now, zone), None)
        if not found:
            raise UnreadableError("there is no row below the names of the columns")
        _few(len(found), MOST)
        mistakes = _twice(found)
        if mistakes:
            raise MistakenError(mistakes)
        return found

    def _person(self, request: Request) -> partial[Person]:
        session = session_of(request)
        if session is None:
            raise RefusalError(403, "This desk does not know you.")
        return partial(self._door.sessions.present, session=session)

    def _preview(self, tx: Transaction, person: partial[Person], found: Sequence[Numbered]) -> list[Card]:
        desk, now, who = self._door.parts.desk, self._door.parts.now(), person(tx)
        allow(who, Action.ADD)
        cards, mistakes = [], []
        for one in found:
            try:
                cards.append(card_of(desk, _unnamed(operations.preview(tx, desk, now, who, one.draft))))
            except ValueError as error:
                mistakes.append(Mistake(one.line, "", str(error)))
        if mistakes:
            raise MistakenError(mistakes)
        return cards

    async def _bring(self, request: Request, found: Sequence[Numbered]) -> Response:
        await self._door.act(request, lambda tx, who: self._add(tx, who, found))
        words = self._door.words(request)
        line = words.count("One item is in the queue.", "%(n)s items are in the queue.", len(found))
        return self._door.done(request, line, "/pending")

    def _add(self, tx: Transaction, who: Person, found: Sequence[Numbered]) -> None:
        desk, now = self._door.parts.desk, self._door.parts.now()
        for one in found:
            operations.add(tx, desk, now, who, one.draft)

    async def _page(self, request: Request, text: str, found: Found, mistakes: Sequence[Mistake]) -> Response:
        def read(tx: Transaction, now: datetime) -> Values:
            allow(self._person(request)(tx), Action.ADD)
            return {
                "text": text,
                "found": found,
                "mistakes": mistakes,
                "most": MOST,
                "endings": ",".join((*SHEETS, *TREES)),
                "now": now,
                "columns": self._columns(request),
                "kinds": list(Kind),
                "ending": _ending(form_of(request)) if request.method == "POST" else SHEET,
            }

        status = UNPROCESSABLE if mistakes else 200
        return await self._door.show(request, "bring.html", read, status=status)

    def _columns(self, request: Request) -> list[str]:
        french = self._door.words(request).language == "fr"
        names = {field: name for name, field in COLUMNS.items()} if french else {}
        return [names.get(field, field) for field in _FIELDS]


def _ending(form: Form) -> str:
    name = form.one("sheet.name") if form.one("sheet.text") else form.one("ending")
    return name[name.rfind(".") :] if "." in name else SHEET


def _few(count: int, most: int) -> None:
    if count > most:
        raise UnreadableError("this is too much at once: bring at most 100 items")


def _unnamed(shown: Shown) -> Shown:
    """Return what is shown without the id of an item that is not there yet."""
    refusals = {channel: why.replace(item_name(0), IT) for channel, why in shown.refusals.items()}
    return replace(shown, refusals=refusals)


def _twice(found: Sequence[Numbered]) -> list[Mistake]:
    """Return a mistake for each item whose address another one of the sheet has already."""
    seen: dict[str, int] = {}
    mistakes = []
    for one in found:
        for address in {canonical(each.url) for each in one.draft.versions if each.url}:
            if address in seen:
                mistakes.append(Mistake(one.line, "url", f"line {seen[address]} has this address already"))
            seen.setdefault(address, one.line)
    return mistakes
