"""The feed that polling is measured with has the shape of real ones, or its figures would tell little."""

import re
from pathlib import Path
from statistics import median

import pytest

from tests.bench.server import document

_TEXTS = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_ENTRY = re.compile(rb"<item[\s>]")
_ELEMENT = re.compile(rb"<[A-Za-z]")


@pytest.mark.corpus
def test_it_has_as_many_elements_an_entry_as_wordpress_writes(corpus: Path) -> None:
    bodies = [path.read_bytes() for path in sorted((corpus / "feeds").rglob("*")) if path.is_file()]
    real = [_elements(body) for body in bodies if b"<generator>https://wordpress.org/?v=" in body]
    assert len(real) > 3
    assert _elements(document().encode()) == pytest.approx(median(real), rel=0.2)


def _elements(body: bytes) -> float:
    bare = _TEXTS.sub(b"", body)
    return len(_ELEMENT.findall(bare)) / len(_ENTRY.findall(bare))
