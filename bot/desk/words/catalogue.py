"""Loading a gettext catalogue straight from its ``.po``: no compiled file stands in the repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

FOLDER = Path(__file__).parent
LINE = "line"
"""The context of sentences that the queue writes with names in them: they are looked up by their shape."""
LANGUAGES = ("fr", "en")

_GAP = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language: its sentences, and the shapes of sentences that carry names."""

    sentences: NullTranslations
    shapes: tuple[tuple[re.Pattern[str], str], ...] = ()


def sentence(text: str) -> str:
    """Mark a sentence that is translated later, where it is shown."""
    return text


@cache
def load(language: str) -> Catalogue:
    """Read a language's catalogue, once for all; English has none, for its sentences stand in the code."""
    path = FOLDER / f"{language}.po"
    if not path.is_file():
        return Catalogue(NullTranslations())
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        read = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    shapes = [(shape(str(one.id)), str(one.string)) for one in read if one.context == LINE]
    return Catalogue(GNUTranslations(compiled), tuple(shapes))


def shape(sentence: str) -> re.Pattern[str]:
    """Return the pattern of a sentence whose ``%(name)s`` gaps are filled."""
    pieces = _GAP.split(sentence)
    words = [re.escape(piece) for piece in pieces[::2]]
    gaps = [f"(?P<{name}>.*)" for name in pieces[1::2]]
    woven = [part for pair in zip(words, [*gaps, ""], strict=True) for part in pair]
    return re.compile("".join(woven), re.DOTALL)
