"""Fact packs: facts and quotes that people wrote, in YAML or CSV, in one language or several.

A fact worded in the past with its year stays true. One worded in the present says until when it may go
out; a quote says on which day someone confirmed it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from bot.sources.links import is_web
from bot.sources.words import tidy
from content_queue.item import Entry, Kind, Version

LANGUAGES = ("fr", "en")
MAX_TITLE = 300
_FACT_KEYS = {"id", "kind", "topics", "present", "review_by", "confirmed", *LANGUAGES}
VERSION_KEYS = {"title", "summary", "url", "image", "alt", "credit", "wordings", "figure", "label"}
_BETWEEN = "|"  # between wordings or topics in one cell of a CSV file
_Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a fact cannot be used: in which language's words ("" in none), under which key, one line."""

    language: str
    key: str
    text: str

    def __str__(self) -> str:
        """Return the line, with its language where it is of one."""
        return f"{self.language}: {self.text}" if self.language else self.text


class BadPack(ValueError):  # noqa: N818  named by what it is
    """A pack cannot be used; ``mistakes`` has a line for each, with file and id."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        """Keep every mistake."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def load_pack(name_or_path: str, base: Path) -> tuple[Entry, ...]:
    """Read a built-in pack by its name, or a .yaml, .yml or .csv file relative to ``base``.

    Raises BadPack with every mistake at once.
    """
    file, text = _text_of(name_or_path, base)
    facts = _from_csv(text, file) if file.endswith(".csv") else _from_yaml(text, file)
    mistakes: list[str] = []
    seen: set[str] = set()
    entries = []
    for number, fact in enumerate(facts, start=1):
        name = str(fact.get("id") or "").strip()
        found = [*map(str, flaws_of(fact)), *(["this id stands twice"] if name in seen else [])]
        seen.add(name)
        mistakes += [f"{file}: {name or f'fact {number}'}: {mistake}" for mistake in found]
        if not found:
            entries.append(entry_of(name, fact))
    if mistakes:
        raise BadPack(mistakes)
    return tuple(entries)


def _text_of(name_or_path: str, base: Path) -> tuple[str, str]:
    packs = files("bot.sources") / "packs"
    built_in = {Path(pack.name).stem: pack for pack in packs.iterdir() if pack.name.endswith(".yaml")}
    if name_or_path in built_in:
        return f"{name_or_path}.yaml", built_in[name_or_path].read_text(encoding="utf-8")
    path = base / name_or_path
    try:
        return name_or_path, path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        names = ", ".join(sorted(built_in))
        raise BadPack([f"{name_or_path}: no readable UTF-8 file, and no built-in pack ({names})"]) from None


def _from_yaml(text: str, file: str) -> list[_Raw]:
    import yaml

    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        line = str(error).splitlines()[-1].strip() if str(error) else "damaged"
        raise BadPack([f"{file}: no valid YAML: {line}"]) from None
    facts = content.get("facts") if isinstance(content, dict) else None
    if not isinstance(facts, list) or not all(isinstance(fact, dict) for fact in facts):
        raise BadPack([f"{file}: it needs a list `facts`, each with an id"])
    return facts


def _from_csv(text: str, file: str) -> list[_Raw]:
    """One row for each fact and language; several wordings or topics stand in one cell, parted by |."""
    facts: dict[str, dict[str, Any]] = {}
    try:
        rows = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        raise BadPack([f"{file}: no valid CSV: {error}"]) from None
    for row in rows:
        cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        fact = facts.setdefault(cells.get("id", ""), {"id": cells.get("id", "")})
        fact |= {key: cells[key] for key in ("kind", "review_by", "confirmed") if cells.get(key)}
        if cells.get("topics"):
            fact["topics"] = _parted(cells["topics"])
        if cells.get("present", "").lower() in {"true", "yes", "oui", "1"}:
            fact["present"] = True
        version: dict[str, Any] = {key: cells[key] for key in VERSION_KEYS if cells.get(key)}
        version["wordings"] = _parted(cells.get("wordings", ""))
        fact[cells.get("language", "")] = version
    if not facts:
        raise BadPack([f"{file}: it needs a row of column names (id, language, title, credit) and facts"])
    return list(facts.values())


def _parted(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(_BETWEEN) if part.strip()]


def flaws_of(fact: _Raw) -> Iterator[Flaw]:
    """Say every reason why a fact cannot be used."""
    if not str(fact.get("id") or "").strip():
        yield Flaw("", "id", "it has no id")
    unknown = sorted(str(key) for key in fact.keys() - _FACT_KEYS)
    if unknown:
        yield Flaw("", "", f"unknown: {', '.join(unknown)}")
    yield from (Flaw("", key, text) for key, text in _mistakes_of_kind(fact))
    written = [language for language in LANGUAGES if fact.get(language)]
    if not written:
        yield Flaw("", "language", "it needs words under fr or en")
    for language in written:
        yield from (Flaw(language, key, text) for key, text in _mistakes_of_words(fact[language]))


def _mistakes_of_kind(fact: _Raw) -> Iterator[tuple[str, str]]:
    kind = fact.get("kind", "fact")
    if kind not in set(Kind):
        yield "kind", f"kind {kind!r} is none of {', '.join(Kind)}"
    for key in ("review_by", "confirmed"):
        if fact.get(key) and _day(fact[key]) is None:
            yield key, f"{key} is no day such as 2027-01-31"
    if fact.get("present") and not fact.get("review_by"):
        text = "a fact worded in the present needs review_by, the day after which it is stale"
        yield "review_by", text
    if kind == Kind.QUOTE and not fact.get("confirmed"):
        yield "confirmed", "a quote needs confirmed, the day on which someone confirmed it"
    if not isinstance(fact.get("topics", []), list):
        yield "topics", "topics is a list"


def _mistakes_of_words(words: object) -> Iterator[tuple[str, str]]:
    if not isinstance(words, dict):
        yield "", "it needs title and credit"
        return
    unknown = sorted(str(key) for key in words.keys() - VERSION_KEYS)
    if unknown:
        yield "", f"unknown: {', '.join(unknown)}"
    if not tidy(str(words.get("title") or "")):
        yield "title", "it has no title, the sentence that goes out"
    if not tidy(str(words.get("credit") or "")):
        yield "credit", "it has no credit, its source and year"
    wordings = words.get("wordings") or []
    if not isinstance(wordings, list):
        yield "wordings", "wordings is a list"
        return
    long = [key for key, text in _sentences(words, wordings) if len(text) > MAX_TITLE]
    if long:
        yield long[0], f"a wording is longer than {MAX_TITLE} characters"
    if words.get("url") and not is_web(str(words["url"])):
        yield "url", "url is no http or https address"


def _sentences(words: _Raw, wordings: list[Any]) -> Iterator[tuple[str, str]]:
    yield "title", str(words.get("title"))
    yield from (("wordings", str(text)) for text in wordings)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def entry_of(name: str, fact: _Raw) -> Entry:
    """Return the entry of a fact without flaws."""
    return Entry(
        guid=f"pack:{name}",
        kind=Kind(fact.get("kind", "fact")),
        versions=tuple(_version(language, fact[language]) for language in LANGUAGES if fact.get(language)),
        topics=tuple(tidy(str(topic)).lower() for topic in fact.get("topics", [])),
        evergreen=True,
        review_by=_day(fact.get("review_by")),
        confirmed=_day(fact.get("confirmed")),
    )


def _version(language: str, words: _Raw) -> Version:
    plain = {key: tidy(str(words.get(key) or "")) for key in VERSION_KEYS - {"wordings"}}
    wordings = tuple(tidy(str(text)) for text in words.get("wordings") or [])
    return Version(language=language, wordings=wordings, **plain)
