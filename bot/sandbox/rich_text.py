"""Text with marks on it, cut into runs that a page can show."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Span:
    """A mark over `text[start:end]`, counted in code points."""

    start: int
    end: int
    kind: str
    href: str = ""
    shown: str = ""
    """What a reader sees in its place; empty where it shows the text itself."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text under one set of marks."""

    text: str
    kinds: frozenset[str] = frozenset()
    href: str = ""


def runs(text: str, spans: Iterable[Span]) -> tuple[Run, ...]:
    """Cut the text wherever a mark begins or ends."""
    marks = tuple(spans)
    cuts = sorted({0, len(text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    return tuple(_run(text, marks, start, end) for start, end in pairwise(cuts))


def _run(text: str, marks: tuple[Span, ...], start: int, end: int) -> Run:
    over = [mark for mark in marks if mark.start <= start and end <= mark.end]
    shown = next((mark.shown for mark in over if mark.shown), text[start:end])
    href = next((mark.href for mark in over if mark.href), "")
    return Run(shown, frozenset(mark.kind for mark in over), href)
