"""Include and exclude: which entries of a source are wanted at all, by words or patterns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import regex

from content_queue.item import Entry, Reason

_PATIENCE = timedelta(milliseconds=100)
"""How long one pattern may look at one entry; one that runs away does not match."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of the settings and what it looks for."""

    text: str
    pattern: Any  # regex carries no types
    folded: bool

    def matches(self, words: str) -> bool:
        try:
            found = self.pattern.search(
                _folded(words) if self.folded else words, timeout=_PATIENCE.total_seconds()
            )
        except TimeoutError:
            return False
        return found is not None


@dataclass(frozen=True, slots=True)
class Sift:
    """What a source lets in: everything, or what an include names, less what an exclude names."""

    include: tuple[_Rule, ...] = ()
    exclude: tuple[_Rule, ...] = ()

    @classmethod
    def from_settings(cls, include: Sequence[str], exclude: Sequence[str]) -> Sift:
        """Read words (any case, accents or none) and ``/patterns/``; raise ValueError for a bad one."""
        return cls(tuple(map(_rule, include)), tuple(map(_rule, exclude)))

    def refusal(self, entry: Entry) -> Reason | None:
        """Return why ``entry`` is not wanted, or None; looks at titles, texts, topics and author."""
        words = _words(entry)
        for rule in self.exclude:
            if rule.matches(words):
                return Reason("excluded by %(rule)s", {"rule": rule.text})
        if self.include and not any(rule.matches(words) for rule in self.include):
            return Reason("holds none of %(rules)s", {"rules": ", ".join(rule.text for rule in self.include)})
        return None


def _rule(text: str) -> _Rule:
    """A word stands for itself between word boundaries; /.../ is a regular expression, any case."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):  # noqa: PLR2004  two slashes and more
        try:
            return _Rule(text, regex.compile(text[1:-1], regex.IGNORECASE), folded=False)
        except regex.error as error:
            raise ValueError(f"{text} is no regular expression: {error}") from None
    word = _folded(text)
    if not word:
        raise ValueError("an empty word would match everything")
    return _Rule(text, regex.compile(rf"(?<!\w){regex.escape(word)}(?!\w)"), folded=True)


def _words(entry: Entry) -> str:
    parts = [entry.author, *entry.topics]
    for version in entry.versions:
        parts += [version.title, version.summary]
    return "\n".join(parts)


def _folded(text: str) -> str:
    """Lower case without accents, each white space a plain space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.split())
