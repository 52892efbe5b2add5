"""Include and exclude: which entries of a source are wanted at all, by words, patterns and age."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import regex

from bot.settings.values import filter_parts
from content_queue.item import Entry, Reason

_PATIENCE = 0.05
"""Seconds that one pattern may look at one entry."""
_PATIENCE_FOR_ALL = 0.5
"""Seconds that are wasted on patterns that run away, in one document."""


@dataclass(slots=True)
class _Patience:
    """What is left of the time for patterns that run away."""

    left: float = _PATIENCE_FOR_ALL


class _RunsAwayError(Exception):
    """A pattern did not come to an end on these words."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of the settings, where it looks ("" everywhere) and for what."""

    text: str
    pattern: Any  # regex carries no types
    folded: bool
    where: str = ""

    def matches(self, entry: Entry, patience: _Patience) -> bool:
        """Say whether the entry holds it; raise :class:`_RunsAwayError`."""
        if patience.left <= 0:
            raise _RunsAwayError(self.text)
        words = _words(entry, self.where)
        began = time.perf_counter()
        try:
            found = self.pattern.search(_folded(words) if self.folded else words, timeout=_PATIENCE)
        except TimeoutError:
            patience.left -= time.perf_counter() - began
            raise _RunsAwayError(self.text) from None
        return found is not None


@dataclass(frozen=True, slots=True)
class Sift:
    """What a source lets in: all, or what an include names, less what an exclude names or is too old."""

    include: tuple[_Rule, ...] = ()
    exclude: tuple[_Rule, ...] = ()
    max_age: timedelta | None = None

    @classmethod
    def from_settings(
        cls, include: Sequence[str], exclude: Sequence[str], max_age: timedelta | None = None
    ) -> Sift:
        """Read words (any case, accents or none) and ``/patterns/``; raise ValueError for a bad one."""
        return cls(tuple(map(_rule, include)), tuple(map(_rule, exclude)), max_age)

    def refusals(self, entries: Iterable[Entry], now: datetime) -> list[Reason | None]:
        """Return for each entry why it is not wanted, or None.

        What a pattern that runs away could not judge is not let in, or it would be a way around the filter.
        """
        if not (self.include or self.exclude or self.max_age):
            return [None for _ in entries]
        patience = _Patience()
        return [self._too_old(entry, now) or self._refusal(entry, patience) for entry in entries]

    def _refusal(self, entry: Entry, patience: _Patience) -> Reason | None:
        try:
            out = _first(self.exclude, entry, patience)
            wanted = out is None and (not self.include or _first(self.include, entry, patience) is not None)
        except _RunsAwayError as error:
            return Reason("%(rule)s took too long on it: write it more simply", {"rule": str(error)})
        if out is not None:
            return Reason("excluded by %(rule)s", {"rule": out.text})
        if not wanted:
            return Reason("holds none of %(rules)s", {"rules": ", ".join(rule.text for rule in self.include)})
        return None

    def _too_old(self, entry: Entry, now: datetime) -> Reason | None:
        if self.max_age is None or entry.published_at is None or now - entry.published_at <= self.max_age:
            return None
        return Reason("older than %(days)s days", {"days": f"{self.max_age / timedelta(days=1):g}"})


def _first(rules: Iterable[_Rule], entry: Entry, patience: _Patience) -> _Rule | None:
    """Return the first rule that the entry fits."""
    return next((rule for rule in rules if rule.matches(entry, patience)), None)


def _rule(text: str) -> _Rule:
    """A word stands for itself between word boundaries; /.../ is a regular expression, any case."""
    where, wanted, is_pattern = filter_parts(text)
    if is_pattern:
        try:
            return _Rule(text, regex.compile(wanted, regex.IGNORECASE), folded=False, where=where)
        except regex.error as error:
            raise ValueError(f"{text} is no regular expression: {error}") from None
    word = _folded(wanted)
    if not word:
        raise ValueError("an empty word would match everything")
    return _Rule(text, regex.compile(rf"(?<!\w){regex.escape(word)}(?!\w)"), folded=True, where=where)


def _words(entry: Entry, where: str) -> str:
    own = {"author": (entry.author,), "category": entry.topics, "form": (entry.form,)}
    if where in own:
        return "\n".join(own[where])
    if where:
        return "\n".join(getattr(version, _FIELD[where]) for version in entry.versions)
    parts = [entry.author, *entry.topics]
    for version in entry.versions:
        parts += [version.title, version.summary]
    return "\n".join(parts)


_FIELD = {"title": "title", "text": "summary", "language": "language"}


def _folded(text: str) -> str:
    """Lower case without accents, each white space a plain space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.split())
