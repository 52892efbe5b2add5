"""Rows to drafts: each checked by itself; rows that share an id are versions of one item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from bot.desk.batch.lines import Line
from bot.desk.batch.pictures import picture_at
from bot.desk.operations import Draft
from bot.settings.mistakes import Mistakes, check_table
from bot.settings.values import Language, WebAddress
from content_queue.item import Kind, Version

_OF_THE_ITEM = ("kind", "topics", "at", "confirmed", "channel")

When = Callable[[str], datetime]
"""Reads a time as people write it, or raises ValueError."""
KINDS = {
    "vidéo": "video",
    "fait": "fact",
    "citation": "quote",
    "annonce": "announcement",
    "événement": "event",
    "communiqué": "press",
}
_LANGUAGES = {"français": "fr", "anglais": "en", "french": "fr", "english": "en"}


def _in_english(names: Mapping[str, str]) -> BeforeValidator:
    """Take a word in capitals or in French for the name that it means."""

    def named(value: object) -> object:
        word = value.strip().casefold() if isinstance(value, str) else value
        return names.get(word, word) if isinstance(word, str) else word

    return BeforeValidator(named)


def _listed(value: Any) -> object:  # noqa: ANN401  pydantic hands in what was written
    parts = re.split(r"\s*[,;|]\s*", value.strip()) if isinstance(value, str) else None
    return value if parts is None else [part for part in parts if part]


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Row(BaseModel):
    """One row of a file: an item, or one language of it where rows share an ``id`` or ``group``."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str = Field("", validation_alias=AliasChoices("id", "group"))
    kind: Annotated[Kind, _in_english(KINDS)] = Kind.ARTICLE
    lang: Annotated[Language, _in_english(_LANGUAGES)]
    title: Annotated[str, Field(min_length=1)]
    summary: str = ""
    url: WebAddress = ""
    image: str = ""
    alt: str = ""
    topics: Words = ()
    at: str = ""
    confirmed: date | None = None
    channel: Words = ()


@dataclass(frozen=True, slots=True)
class Numbered:
    """A draft and the line that it begins on."""

    line: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a row: the line it begins on, the column ("" for the whole row), one sentence."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        """Write it as the command line does."""
        column = f"item.{self.column}: " if self.column else ""
        return f"line {self.line}: {column}{self.text}"


class MistakenError(Exception):
    """No draft is made of the rows; ``mistakes`` holds one for each thing to mend."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def drafts(lines: Iterable[Line], when: When, folder: Path | None) -> list[Numbered]:
    """Return the drafts that ``lines`` make; raise :class:`MistakenError` with every mistake.

    ``folder`` is where pictures named as files lie; None takes web addresses alone.
    """
    reading = _Reading(folder, when)
    groups: dict[str, list[tuple[int, Row]]] = {}
    for line in lines:
        row = check_table(str(line.number), dict(line.fields), Row, reading.found)
        if row is not None:
            groups.setdefault(row.id or f"line {line.number}", []).append((line.number, row))
    made = [reading.draft(rows) for rows in groups.values()]
    if reading.found.noted:
        raise MistakenError(reading.found.noted)
    return made


class _Found(Mistakes):
    """Collects the mistakes of rows: a key is the row's line, a dot, and its column."""

    def __init__(self) -> None:
        super().__init__("")
        self.noted: list[Mistake] = []

    def add(self, key: str, text: str) -> None:
        line, _, column = key.partition(".")
        self.noted.append(Mistake(int(line), column, text))


class _Reading:
    def __init__(self, folder: Path | None, when: When) -> None:
        self._folder = folder
        self._when = when
        self.found = _Found()

    def draft(self, rows: Sequence[tuple[int, Row]]) -> Numbered:
        self._check_agreement(rows)
        line, first = rows[0]
        versions = tuple(self._version(number, row) for number, row in rows)
        at = self._at(line, first.at) if first.at else None
        made = Draft(first.kind, versions, first.topics, first.channel, at, first.confirmed)
        return Numbered(line, made)

    def _check_agreement(self, rows: Sequence[tuple[int, Row]]) -> None:
        first, languages = rows[0][1], {rows[0][1].lang}
        for number, row in rows[1:]:
            if row.lang in languages:
                self._note(number, "lang", f'"{row.lang}" stands twice for the id "{row.id}"')
            languages.add(row.lang)
            for name in _OF_THE_ITEM:
                if name in row.model_fields_set and getattr(row, name) != getattr(first, name):
                    self._note(number, name, f'it differs from the first row of the id "{row.id}"')

    def _version(self, line: int, row: Row) -> Version:
        try:
            image = picture_at(row.image, self._folder)
        except ValueError as error:
            self._note(line, "image", str(error))
            image = ""
        return Version(row.lang, row.title, row.summary, row.url, image, row.alt)

    def _at(self, line: int, text: str) -> datetime | None:
        try:
            return self._when(text)
        except ValueError as error:
            self._note(line, "at", str(error))
            return None

    def _note(self, line: int, key: str, text: str) -> None:
        self.found.add(f"{line}.{key}", text)
