"""Draws a fact card: the figure large, its words, source and year, in the movement's colours.

Runs in a process of its own (:mod:`bot.compose.card_worker`): Pillow and the fonts never stay in the worker's
memory. The same card always makes the same bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations, pairwise
from math import cos, hypot, pi, sin
from typing import TYPE_CHECKING

from bot.compose.card import SIZES, SQUARE, WIDE, Card, Look

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont


_FONT = "font_source_sans_pro"
_FINE = 2  # drawn so many times larger, then scaled down: smooth edges
_MARGIN = 84
_LARGEST = {WIDE: 240, SQUARE: 300}
_SMALLEST = 60
_WORDS = {WIDE: 60, SQUARE: 78}
_MOST_LINES = 4
_SMALL, _TINY = 32, 18  # source and sign
_MOST_SOURCE = 2
_MOST_PIECES = 24  # words whose every way of breaking is tried
_NODES = 30
_INK = 0.8  # of a figure's size, how much it stands high at most
_BAR = 52  # the accent above the figure, and the gap below it


def draw(card: Card) -> bytes:
    """Return the card as a PNG."""
    from PIL import Image

    width, height = SIZES[card.look.shape]
    picture = _ground(card.look, width * _FINE, height * _FINE)
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    _write(picture, card)
    into = io.BytesIO()
    picture.save(into, "PNG", optimize=True)
    return into.getvalue()


def _ground(look: Look, width: int, height: int) -> Image.Image:
    """The ground from one blue into the other, with a net of points that grows denser to the right."""
    from PIL import Image, ImageChops, ImageDraw

    down = Image.linear_gradient("L").resize((width, height))
    across = Image.linear_gradient("L").rotate(90).resize((width, height))  # strong on the right
    shade = ImageChops.add(down, across, scale=2)
    picture = Image.composite(
        Image.new("RGB", (width, height), look.depth), Image.new("RGB", (width, height), look.ground), shade
    )
    net = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(net)
    points = _points(width, height)
    reach = height * 0.34
    for place, (x, y) in enumerate(points):
        for other_x, other_y in points[place + 1 :]:
            away = hypot(x - other_x, y - other_y)
            if away < reach:
                pen.line((x, y, other_x, other_y), fill=round(110 * (1 - away / reach)) + 40, width=2 * _FINE)
    for place, (x, y) in enumerate(points):
        size = (4 + place % 3 * 3) * _FINE
        pen.ellipse((x - size, y - size, x + size, y + size), fill=190 if place % 4 else 255)
    net = ImageChops.multiply(net, across)  # nothing behind the words
    picture.paste(Image.new("RGB", (width, height), look.accent), (0, 0), net)
    return picture


def _points(width: int, height: int) -> list[tuple[float, float]]:
    """Spread points by the golden angle around the right edge: even, and the same on every card."""
    centre_x, centre_y = width * 0.94, height * 0.30
    turn = pi * (3 - 5**0.5)
    return [
        (
            centre_x + cos(number * turn) * (number / _NODES) ** 0.5 * width * 0.46,
            centre_y + sin(number * turn) * (number / _NODES) ** 0.5 * height * 0.86,
        )
        for number in range(1, _NODES + 1)
    ]


def _write(picture: Image.Image, card: Card) -> None:
    from PIL import ImageDraw

    pen = ImageDraw.Draw(picture)
    width, height = picture.size
    room = width - 2 * _MARGIN
    foot = height - _MARGIN
    sign = _font("Semibold", _SMALL)
    _write_source(pen, card, room - pen.textlength(card.look.sign, font=sign) - _SMALL, foot)
    pen.text(
        (width - _MARGIN, foot),
        card.look.sign,
        font=sign,
        fill=card.look.accent,
        anchor="rs",
    )
    blocks = _blocks(pen, card, room)
    tall = _BAR + sum(block.height for block in blocks)
    y = max((foot - 40 - tall) / 2 + 10, _MARGIN * 0.7)
    pen.rectangle((_MARGIN, y, _MARGIN + 96, y + 10), fill=card.look.accent)
    y += _BAR
    for block in blocks:
        for line in block.lines:
            pen.text(
                (_MARGIN - block.left, y - block.top), line, font=block.font, fill=card.look.ink, anchor="la"
            )
            y += block.step
        y += block.after


def _write_source(pen: ImageDraw.ImageDraw, card: Card, room: float, foot: float) -> None:
    """Write the source beside the sign: on two lines where one is too narrow, smaller where two are."""
    size, lines = _SMALL, [card.source]
    while size > _TINY and max(pen.textlength(line, font=_font("Regular", size)) for line in lines) > room:
        font = _font("Regular", size)
        count = len(_lines(pen, card.source, font, room))
        lines = _even(pen, card.source, font, room, count) if count <= _MOST_SOURCE else [card.source]
        size -= 2
    pale = _mixed(card.look.ink, card.look.ground, 0.78)
    for line in reversed(lines):
        pen.text((_MARGIN, foot), line, font=_font("Regular", size), fill=pale, anchor="ls")
        foot -= size * 1.3


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one size; ``left`` and ``top`` are what a font leaves blank beside and above its ink."""

    lines: list[str]
    font: ImageFont.FreeTypeFont
    step: float
    after: float
    left: float = 0
    top: float = 0

    @property
    def height(self) -> float:
        """How much room it takes from above to below, in pixels."""
        return len(self.lines) * self.step + self.after


def _blocks(pen: ImageDraw.ImageDraw, card: Card, room: float) -> list[_Block]:
    """Return the figure, as large as the room lets it, and the words."""
    size = _WORDS[card.look.shape] if card.figure else round(_WORDS[card.look.shape] * 1.35)
    font, lines = _wrapped(pen, card.words, size, room * (0.86 if card.look.shape == WIDE else 1))
    words = _Block(lines, font, font.size * 1.18, 0, top=font.size * 0.2)
    left = (pen.im.size[1] - 2 * _MARGIN - _BAR - words.height - 92) / _INK  # between the bar and the words
    return [_figure(pen, card, room, min(left, _LARGEST[card.look.shape])), words] if card.figure else [words]


def _figure(pen: ImageDraw.ImageDraw, card: Card, room: float, largest: float) -> _Block:
    size = max(round(largest), _SMALLEST)
    while size > _SMALLEST and pen.textlength(card.figure, font=_font("Black", size)) > room:
        size -= 6
    font = _font("Black", size)
    left, top, _, bottom = pen.textbbox((0, 0), card.figure, font=font, anchor="la")
    return _Block([card.figure], font, bottom - top, 44, left, top)


def _wrapped(
    pen: ImageDraw.ImageDraw, words: str, size: int, room: float
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """Break the words into lines of about one length, smaller where they would be too many."""
    while True:
        font = _font("Semibold", size)
        lines = _lines(pen, words, font, room)
        if len(lines) <= _MOST_LINES or size <= _SMALLEST // 2:
            return font, _even(pen, words, font, room, len(lines))
        size -= 4


def _even(
    pen: ImageDraw.ImageDraw, words: str, font: ImageFont.FreeTypeFont, room: float, count: int
) -> list[str]:
    """Return the same number of lines as even as they can be: no word is left alone on the last."""
    pieces = words.split(" ")
    breaks = combinations(range(1, len(pieces)), count - 1) if len(pieces) <= _MOST_PIECES else ()
    ways = ([" ".join(pieces[a:b]) for a, b in pairwise((0, *at, len(pieces)))] for at in breaks)
    lengths = ((way, [pen.textlength(line, font=font) for line in way]) for way in ways)
    fitting = [(max(own) - min(own), way) for way, own in lengths if max(own) <= room]
    return min(fitting)[1] if fitting else _lines(pen, words, font, room)


def _lines(pen: ImageDraw.ImageDraw, words: str, font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".lstrip(" ")
        if lines[-1] and pen.textlength(longer, font=font) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@cache
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    with (files(_FONT) / "files" / f"SourceSansPro-{weight}.ttf").open("rb") as file:
        return ImageFont.truetype(io.BytesIO(file.read()), size)


def _mixed(one: str, other: str, share: float) -> str:
    """Return the colour between two, ``share`` of the first."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)
