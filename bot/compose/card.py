"""A fact as a picture: what stands on the card, and what its alt text says. Pure; drawing is elsewhere.

A card is named by an address of its own, ``card:?figure=...``, which holds all that stands on it: the same
fact in the same colours is the same card, and what was approved can be drawn again to the letter.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from bot.compose.money import shortest
from bot.compose.typography import clean, our_own
from content_queue.item import Version

WIDE, SQUARE = "wide", "square"
SIZES = {WIDE: (1200, 675), SQUARE: (1080, 1080)}
"""In pixels: 16 to 9, as X, Mastodon and Bluesky show a picture whole, and square."""

_SCHEME = "card:?"
_THOUSANDS = r"\d{1,3}(?:[,\u00a0]\d{3})+"
_FIGURE = re.compile(
    rf"""(?<![\w,.])(?:
      \$\d[\d,]*(?:\.\d+)?[BM]?                                  # $31.8B
    | {_THOUSANDS}(?:[ \u00a0](?:à|to)[ \u00a0]{_THOUSANDS})?      # 7 530, 1,800 to 2,600
    | \d+(?:[.,]\d+)?\u00a0?(?:%|[GMk]\$)                        # 65 %, 31,8 G$
    | (?!(?:19|20)\d\d\b)\d+(?:[.,]\d+)?                        # 350, no year
    )(?!\w)""",
    re.VERBOSE,
)
_SOURCE = re.compile(r"^source\s*:\s*", re.IGNORECASE)
_ALT = {"fr": ("Carte\u00a0: ", "Source\u00a0: "), "en": ("Card: ", "Source: ")}


@dataclass(frozen=True, slots=True)
class Look:
    """How the movement's cards look: their shape, colours (#rrggbb), and the name that signs them."""

    shape: str = WIDE
    ground: str = "#0b2559"
    depth: str = "#06122f"
    accent: str = "#39c0ed"
    ink: str = "#ffffff"
    sign: str = "Technopolys"


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card, and how it looks. Without a figure the words stand large."""

    figure: str
    words: str
    source: str
    look: Look = Look()

    @property
    def address(self) -> str:
        """The address that names this very card."""
        return _SCHEME + urlencode({**{name: getattr(self, name) for name in _OWN}, **asdict(self.look)})


_OWN = ("figure", "words", "source")


def is_card(address: str) -> bool:
    """Say whether an address names a card of ours."""
    return address.startswith(_SCHEME)


def card_at(address: str) -> Card:
    """Return the card that an address names; raise ValueError where it names none."""
    held = dict(parse_qsl(address.removeprefix(_SCHEME), keep_blank_values=True))
    if not is_card(address) or set(held) != {*_OWN, *(field.name for field in fields(Look))}:
        message = "the address names no card"
        raise ValueError(message)
    look = Look(**{name: value for name, value in held.items() if name not in _OWN})
    return Card(held["figure"], held["words"], held["source"], look)


def card_of(version: Version, look: Look) -> Card:
    """Return the card of a fact's words in one language.

    ``version.figure`` and ``version.label`` stand on it; without them the first figure of the sentence that
    is no year, and the sentence itself.
    """
    language = version.language
    sentence = shortest(our_own(clean(version.title), language), language)
    figure, label = (our_own(clean(text), language) for text in (version.figure, version.label))
    if not label:
        found = _FIGURE.search(sentence)
        figure, label = figure or (found[0] if found else ""), sentence
    source = _SOURCE.sub("", our_own(clean(version.credit), language))
    return Card(shortest(figure, language), label, source, look)


def alt_of(card: Card, language: str) -> str:
    """Return what a card shows, in words."""
    before, source = _ALT.get(language, _ALT["en"])
    says_it = not card.figure or card.figure in card.words
    words = (card.words if says_it else f"{card.figure} {card.words}").rstrip(".")
    return f"{before}{words}." + (f" {source}{card.source}." if card.source else "")


def in_shape(card: Card, shape: str) -> Card:
    """Return the same card in another shape."""
    return replace(card, look=replace(card.look, shape=shape))
