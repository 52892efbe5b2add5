"""A published spreadsheet's CSV, read as facts: pure, synchronous, and fit to run in the cage.

    bytes -> text (charset) -> rows -> facts (rows of one id: a fact, in a language each) -> entries
                                    -> mistakes, by row and column

A mistaken row keeps back its own fact alone. Whatever a cell holds is text: nothing is reckoned.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sources.charset import decode
from bot.sources.links import is_web
from bot.sources.pack import LANGUAGES, VERSION_KEYS, Flaw, entry_of, flaws_of
from bot.sources.parsed import BadFeed, Parsed
from bot.sources.words import tidy
from content_queue import identity
from content_queue.item import Entry, Kind, Reason

MAX_ROWS = 2_000
"""Rows that are read: far more facts than a movement says."""
MAX_BYTES = 4_000_000
MAX_CELL = 3_000
MAX_ID = 100
MAX_TOLD = 20
"""Mistakes that are named; the others are counted."""
COLUMNS = {
    "identifiant": "id",
    "genre": "kind",
    "langue": "language",
    "lang": "language",
    "titre": "title",
    "resume": "summary",
    "adresse": "url",
    "texte de remplacement": "alt",
    "mention": "credit",
    "source": "credit",
    "autres formulations": "wordings",
    "chiffre": "figure",
    "etiquette": "label",
    "sujets": "topics",
    "au present": "present",
    "a revoir": "review_by",
    "confirme": "confirmed",
}
"""Other names of columns, without case and accents, each with the field that it means."""
_OF_THE_FACT = ("kind", "topics", "present", "review_by", "confirmed")
_FIELDS = frozenset({"id", "language", *_OF_THE_FACT, *VERSION_KEYS})
_NEEDED = ("title", "credit")
_BETWEEN = ",;\t"
_KINDS = {
    "vidéo": "video",
    "fait": "fact",
    "citation": "quote",
    "annonce": "announcement",
    "événement": "event",
    "communiqué": "press",
}
_LANGUAGES = {"français": "fr", "french": "fr", "anglais": "en", "english": "en"}
_YES = frozenset({"true", "yes", "oui", "vrai", "1", "x"})
_PARTED = re.compile(r"\s*[|\n]\s*")
_LISTED = re.compile(r"\s*[|\n,;]\s*")
# What a spreadsheet shows in the place of a value that it could not reckon.
_NO_VALUE = re.compile(
    r"#(?:REF!|N/A|NAME\?|NOM\s?\?|VALUE!|VALEUR\s?!|DIV/0\s?!|NUM!|NOMBRE!|NULL!|NUL!|ERROR!)"
)
_FILES = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")
_MISTAKE = Reason("row %(row)s, column %(column)s: %(reason)s")


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its number as a spreadsheet counts, and its cells by field."""

    number: int
    cells: Mapping[str, str]

    @property
    def name(self) -> str:
        """What names its fact: its id, else its words, else nothing but its place."""
        words = identity.fingerprint(self.cells.get("title", ""), "")
        return self.cells.get("id") or (f"words:{words}" if words else f"row:{self.number}")


@dataclass(frozen=True, slots=True)
class _Fault:
    row: _Row
    key: str
    text: str


def parse_sheet(document: bytes, *, content_type: str, kind: Kind, language: str) -> Parsed:
    """Read a sheet's rows into entries: of ``kind`` and in ``language`` where a row names neither.

    Raises BadFeed with one line where it is no sheet of facts at all.
    """
    text, damage = decode(document, content_type)
    text = text.replace("\0", "").lstrip("\ufeff")
    _refuse_others(document, text, content_type)
    rows, headings, left_out = _rows(text)
    facts: dict[str, list[_Row]] = {}
    for row in rows:
        facts.setdefault(row.name, []).append(row)
    entries: list[Entry] = []
    faults: list[_Fault] = []
    unread: list[str] = []
    for name, own in facts.items():
        fact, found = _fact(own, kind, language)
        if found:
            faults += found
            unread.append(_guid(name) if own[0].cells.get("id") else "")
        else:
            entries.append(entry_of(name, fact))
    whole = not left_out and all(unread)  # a mistaken row without an id may be any fact's
    return Parsed(
        tuple(entries),
        notes=(damage,) if damage else (),
        mistakes=tuple(_told(faults, headings, left_out)),
        unread=tuple(unread) if whole else None,
    )


def _refuse_others(document: bytes, text: str, content_type: str) -> None:
    """Say in one line what came in the place of a sheet."""
    declared = content_type.partition(";")[0].strip().lower()
    if document.startswith(_FILES):
        raise BadFeed("it is a file of its own format, not a sheet's CSV: publish the sheet as CSV")
    if declared in {"text/html", "application/xhtml+xml"} or text.lstrip()[:1] == "<":
        raise BadFeed("it is a web page, not a sheet's CSV: publish the sheet to the web as CSV")
    if not text.strip():
        raise BadFeed("the sheet is empty")
    if len(document) > MAX_BYTES:
        raise BadFeed("the sheet is larger than 4 MB")


def _rows(text: str) -> tuple[list[_Row], Mapping[str, str], int]:
    """Return the rows that hold something, how people call each column, and how many rows were too many."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    rows: list[_Row] = []
    columns: dict[int, str] = {}
    headings: dict[str, str] = {}
    left_out = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns, headings = _columns(cells)
            elif len(rows) == MAX_ROWS:
                left_out += 1
            else:
                rows.append(_row(number, cells, columns))
    except csv.Error as error:
        raise BadFeed(f"it is no valid CSV: {error}") from None
    if not rows:
        raise BadFeed("the sheet has no row below the names of its columns")
    return rows, headings, left_out


def _delimiter(text: str) -> str:
    """Sheets write the one that their country is used to."""
    heading = text.lstrip().partition("\n")[0]
    return max(_BETWEEN, key=heading.count)


def _columns(cells: Sequence[str]) -> tuple[dict[int, str], dict[str, str]]:
    """Return the field of each column that means one, and each field's heading as it is written."""
    columns: dict[int, str] = {}
    headings: dict[str, str] = {}
    for place, cell in enumerate(cells):
        heading = tidy(cell)
        field = _field(heading)
        if field in headings:
            raise BadFeed(f"two of its columns mean {field}: {headings[field]}, {heading}")
        if field:
            columns[place], headings[field] = field, heading
    missing = [field for field in _NEEDED if field not in headings]
    if missing:
        raise BadFeed(f"its first row does not name the columns: {' and '.join(missing)} missing")
    return columns, headings


def _field(heading: str) -> str:
    """Return the field that a heading means, in any case, with or without accents; "" for any other."""
    name = identity.bare(heading)
    field = COLUMNS.get(name, name.replace(" ", "_"))
    return field if field in _FIELDS else ""


def _row(number: int, cells: Sequence[str], columns: Mapping[int, str]) -> _Row:
    named = {field: cells[place].strip() for place, field in columns.items() if place < len(cells)}
    return _Row(number, named | {"id": tidy(named.get("id", ""))})


def _guid(name: str) -> str:
    return f"pack:{name}"


def _fact(rows: Sequence[_Row], kind: Kind, language: str) -> tuple[dict[str, Any], list[_Fault]]:
    """Return a fact as a pack has it, and what is wrong with its rows."""
    fact: dict[str, Any] = {"id": rows[0].name, "kind": kind.value}
    faults: list[_Fault] = []
    spoken: dict[str, _Row] = {}
    for row in rows:
        faults += _cell_faults(row)
        fact |= _of_fact(row.cells)
        own = _language(row.cells.get("language", "")) or language
        if own in spoken:
            what = "has this id and language" if row.cells.get("id") else "says the same"
            faults.append(_Fault(row, "id", f"row {spoken[own].number} {what} already"))
        elif own not in LANGUAGES:
            faults.append(_Fault(row, "language", "the language is neither fr nor en"))
        spoken.setdefault(own, row)
        fact[own] = _words(row.cells)
    if not faults:
        faults = [_placed(flaw, rows, spoken) for flaw in flaws_of(fact)]
    return fact, faults


def _cell_faults(row: _Row) -> Iterator[_Fault]:
    for field, cell in row.cells.items():
        if _NO_VALUE.fullmatch(cell):
            yield _Fault(row, field, "the sheet shows an error there, not a value")
        elif len(cell) > (MAX_ID if field == "id" else MAX_CELL):
            yield _Fault(row, field, "it is far too long")
    image = row.cells.get("image", "")
    if image and not is_web(image):
        yield _Fault(row, "image", "image is no http or https address")


def _of_fact(cells: Mapping[str, str]) -> dict[str, Any]:
    """What a row says of its fact in every language; an empty cell says nothing."""
    said: dict[str, Any] = {key: cells[key] for key in ("review_by", "confirmed") if cells.get(key)}
    named = cells.get("kind", "").casefold()
    named = _KINDS.get(named, named)
    if named not in {"", Kind.FACT}:  # what it calls a fact is what the source says that it brings
        said["kind"] = named
    if cells.get("topics"):
        said["topics"] = [topic for topic in _LISTED.split(cells["topics"]) if topic]
    if cells.get("present", "").casefold() in _YES:
        said["present"] = True
    return said


def _words(cells: Mapping[str, str]) -> dict[str, Any]:
    words: dict[str, Any] = {key: cells[key] for key in VERSION_KEYS if cells.get(key)}
    return words | {"wordings": [one for one in _PARTED.split(cells.get("wordings", "")) if one]}


def _language(written: str) -> str:
    word = written.strip().casefold()
    return _LANGUAGES.get(word, re.split("[-_]", word)[0])


def _placed(flaw: Flaw, rows: Sequence[_Row], spoken: Mapping[str, _Row]) -> _Fault:
    """Find the row that a flaw stands in: of its language, else the last one that fills the column."""
    filled = [row for row in rows if row.cells.get(flaw.key)]
    row = spoken.get(flaw.language) or next(reversed(filled), rows[0])
    return _Fault(row, flaw.key, flaw.text)


def _told(faults: Sequence[_Fault], headings: Mapping[str, str], left_out: int) -> Iterator[Reason]:
    """Name the mistakes in the order of their rows."""
    if left_out:
        counts = {"most": str(MAX_ROWS), "count": str(left_out)}
        yield Reason("only the first %(most)s rows are read: %(count)s stand below them", counts)
    ordered = sorted(faults, key=lambda fault: fault.row.number)
    for fault in ordered[:MAX_TOLD]:
        column = headings.get(fault.key, fault.key)
        args = {"row": str(fault.row.number), "column": column, "reason": fault.text}
        yield Reason(_MISTAKE.text, args)
    if len(ordered) > MAX_TOLD:
        yield Reason("and %(count)s more mistakes", {"count": str(len(ordered) - MAX_TOLD)})
