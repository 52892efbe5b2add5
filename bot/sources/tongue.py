"""Tells in which language a text is, by its commonest small words.

A library would know a hundred languages and cost megabytes; here French and English must be told apart, and
told from their neighbours, in texts of a few words or more. Where the words do not say, nothing is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, repeat
from types import MappingProxyType
from typing import Final

UNKNOWN: Final = "und"
"""A language that is none of these, as ISO 639 writes it: no channel speaks it."""
_LOOKED_AT: Final = 2000
_ENOUGH: Final = 2
_CLEARLY: Final = 1.5
_SEVERAL: Final = 3
_MOST: Final = 0.8
_SMALL_WORDS: Final = MappingProxyType(
    {
        "fr": "le la de les des du un une et est dans pour sur avec qui que par plus ce cette ces au"
        " aux sont pas nous vous ses son sa leur l d qu n s c j ne se à été être où mais comme"
        " notre nos votre vos chez ou entre ont",
        "en": "the of and to in is for on with that are by this from at as it you your be was has have"
        " will our we not an its how what can their more than they about but or if new all into"
        " when who which were been i",
        "de": "der die das und ist in den von zu mit für auf ein eine einen dem des im nicht sich auch"
        " es an werden aus bei nach wie wird sind über zum zur als noch hat oder",
        "es": "el la los las de del y en un una por con para que se su es al lo más como no sus este"
        " esta pero sobre ha ser son entre cuando muy",
        "it": "il lo la gli le di del della dei e è in un una per con che non si da al nel sono come"
        " più anche ma questo questa suo su dalla alla",
        "pt": "os de do da dos das em um uma por com para que não se é ao no na mais como seu sua são"
        " foi mas pelo pela",
        "nl": "de het een en van in is op te dat die voor met zijn niet aan er om ook als bij naar door"
        " uit maar nog wordt over dit",
        "pl": "i w na z do się nie że jest o to jak po za od dla przez co są tym już tego ale oraz może",
    }
)
_LANGUAGES: Final = MappingProxyType(
    {word: [name for name, words in _SMALL_WORDS.items() if word in words.split()]
     for words in _SMALL_WORDS.values() for word in words.split()}
)  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+")
_ADDRESS: Final = re.compile(r"https?://\S+|[@#]\w+")
_OTHER_SCRIPT: Final = re.compile("[\u0370-\u1cff\u2e80-\ud7ff]")


def tell(text: str) -> str:
    """Return "fr", "en" or a neighbour's code, "und" for another script, "" where the words do not say."""
    told = _ADDRESS.sub(" ", text[:_LOOKED_AT]).lower()
    words = _WORD.findall(told)
    if _OTHER_SCRIPT.search(told) and 2 * sum(bool(_OTHER_SCRIPT.match(word)) for word in words) > len(words):
        return UNKNOWN
    found = Counter(chain.from_iterable(map(_LANGUAGES.get, words, repeat(()))))
    (first, most), (_, next_most) = [*found.most_common(2), ("", 0), ("", 0)][:2]
    return first if most >= _ENOUGH and most >= _CLEARLY * next_most else ""


def believed(own: str, texts: Iterable[str]) -> str:
    """Return the language that a document says it is in, or the one that its texts clearly are in.

    Many systems say "en" whatever they are used for: most texts must speak against it to be heard.
    """
    told = Counter(name for text in texts if (name := tell(text)) not in {"", UNKNOWN})
    if not own or not told:
        return own
    (other, most), clear = told.most_common(1)[0], told.total()
    overruled = other != own and own in _SMALL_WORDS and most >= _SEVERAL and most >= _MOST * clear
    return other if overruled else own


def tell_each(texts: Iterable[str]) -> list[str]:
    """Tell each text's language; what does not say by itself is in the language of most of the others."""
    told = [tell(text) for text in texts]
    clear = Counter(name for name in told if name)
    common = clear.most_common(1)[0][0] if clear else ""
    return [name or common for name in told]
