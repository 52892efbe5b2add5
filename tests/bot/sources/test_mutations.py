"""Ten thousand damaged documents of the shapes that real feeds have: read or refused, quickly, every one.

``make soak`` tries a million. Each is told by its seed and number, so that one that fails can be made again.
"""

import random
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bot.sources.quick import quicken
from tests.bot.sources.test_fuzz import PIECES, SHAPES, survives

SHARDS = 8
QUICK, LONG = 10_000 // SHARDS, 1_000_000 // SHARDS
MOST = 5.0
"""Seconds of computing for one document."""
_ENTRY_END = re.compile(rb"</(?:\w+:)?(?:item|entry)>|\}\s*,")
_SHORT = 6_000
Change = Callable[[random.Random, bytes, tuple[bytes, ...]], bytes]


@cache
def shapes(corpus: Path) -> tuple[bytes, ...]:
    """The heads of real documents with their first two entries, and small ones of our own."""
    heads = (
        path.read_bytes()[: 4 * _SHORT] for path in sorted((corpus / "feeds").rglob("*")) if path.is_file()
    )
    return (*SHAPES, *(head for head in map(_two_entries, heads) if head))


def _two_entries(head: bytes) -> bytes:
    ends = [match.end() for match in _ENTRY_END.finditer(head)][:2]
    return head[: min(ends[-1] if ends else _SHORT, _SHORT)]


def _at(chance: random.Random, document: bytes) -> tuple[int, int]:
    start = chance.randrange(len(document) + 1)
    return start, min(len(document), start + chance.randrange(60))


def _replace(chance: random.Random, document: bytes, _others: tuple[bytes, ...]) -> bytes:
    start, end = _at(chance, document)
    return document[:start] + chance.choice(PIECES) + document[end:]


def _repeat(chance: random.Random, document: bytes, _others: tuple[bytes, ...]) -> bytes:
    start, end = _at(chance, document)
    return document[:start] + document[start:end] * chance.choice((2, 3, 200)) + document[end:]


def _flip(chance: random.Random, document: bytes, _others: tuple[bytes, ...]) -> bytes:
    start, _ = _at(chance, document)
    return document[:start] + bytes([chance.randrange(256)]) + document[start + 1 :]


def _splice(chance: random.Random, document: bytes, others: tuple[bytes, ...]) -> bytes:
    other = chance.choice(others)
    return document[: _at(chance, document)[0]] + other[_at(chance, other)[0] :]


def _cut(chance: random.Random, document: bytes, _others: tuple[bytes, ...]) -> bytes:
    return document[: _at(chance, document)[0]]


def _spoken_otherwise(chance: random.Random, document: bytes, _others: tuple[bytes, ...]) -> bytes:
    name = chance.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-7"))
    return document.decode("utf-8", "replace").encode(name, "replace")


CHANGES: tuple[Change, ...] = (_replace, _replace, _repeat, _flip, _flip, _splice, _cut, _spoken_otherwise)


def mutate(chance: random.Random, known: tuple[bytes, ...]) -> bytes:
    """A document with one to six changes."""
    document = chance.choice(known)
    for _ in range(chance.randint(1, 6)):
        document = chance.choice(CHANGES)(chance, document, known)
    return document[: 10 * _SHORT]


def meet(corpus: Path, seed: int, count: int) -> None:
    """Read ``count`` documents of one seed, with the parser as the cage has it."""
    quicken()
    known = shapes(corpus)
    assert len(known) > 50
    for number in range(count):
        document = mutate(random.Random(f"{seed}/{number}"), known)
        began = time.process_time()
        try:
            survives(document)
        except BaseException as error:
            error.add_note(f"seed {seed}, document {number}: {document[:300]!r}")
            raise
        assert time.process_time() - began < MOST, (seed, number)


@pytest.mark.corpus
@pytest.mark.parametrize("seed", range(SHARDS))
def test_ten_thousand_damaged_documents_are_read_or_refused(seed: int, corpus: Path) -> None:
    meet(corpus, seed, QUICK)


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(100, 100 + SHARDS))
def test_a_million_damaged_documents_are_read_or_refused(seed: int, corpus: Path) -> None:
    meet(corpus, seed, LONG)
