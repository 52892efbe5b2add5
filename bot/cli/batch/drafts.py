"""Rows to drafts: each checked by itself; rows that share an id are versions of one item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from bot.cli.batch.lines import Line
from bot.cli.batch.pictures import picture_at
from bot.cli.context import CliError
from bot.desk.operations import Draft
from bot.settings.mistakes import Mistakes, check_table
from bot.settings.values import Language, WebAddress
from content_queue.item import Kind, Version

_OF_THE_ITEM = ("kind", "topics", "at", "confirmed", "channel")

When = Callable[[str], datetime]
"""Reads a time as people write it, or raises ``CliError``."""


def _listed(value: Any) -> object:  # noqa: ANN401  pydantic hands in what was written
    parts = re.split(r"\s*[,;|]\s*", value.strip()) if isinstance(value, str) else None
    return value if parts is None else [part for part in parts if part]


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Row(BaseModel):
    """One row of a file: an item, or one language of it where rows share an ``id`` or ``group``."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str = Field("", validation_alias=AliasChoices("id", "group"))
    kind: Kind = Kind.ARTICLE
    lang: Language
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


def drafts(path: Path, lines: Iterable[Line], when: When) -> list[Numbered]:
    """Return the drafts that ``lines`` make; raise ``SettingsError`` with every mistake."""
    reading = _Reading(path, when)
    groups: dict[str, list[tuple[int, Row]]] = {}
    for line in lines:
        row = check_table(f"line {line.number}: item", dict(line.fields), Row, reading.mistakes)
        if row is not None:
            groups.setdefault(row.id or f"line {line.number}", []).append((line.number, row))
    made = [reading.draft(rows) for rows in groups.values()]
    reading.mistakes.raise_if_any()
    return made


class _Reading:
    def __init__(self, path: Path, when: When) -> None:
        self._folder = path.parent
        self._when = when
        self.mistakes = Mistakes(str(path))

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
        except CliError as error:
            self._note(line, "at", str(error))
            return None

    def _note(self, line: int, key: str, text: str) -> None:
        self.mistakes.add(f"line {line}: item.{key}", text)
