"""Draws one card and ends: its address on stdin, the PNG on stdout.

Started as ``python -m bot.compose.card_worker``: fonts and Pillow are gone with it.
"""

from __future__ import annotations

import sys

from bot.compose.card import card_at
from bot.compose.card_drawing import draw


def main() -> None:
    """Read the card's address, draw, answer."""
    sys.stdout.buffer.write(draw(card_at(sys.stdin.buffer.read().decode())))


if __name__ == "__main__":
    main()
