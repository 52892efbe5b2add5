"""Sums of dollars in three widths: in a sentence, where space is short, and on a picture.

French « 31,8 milliards de dollars », « 31,8 milliards $ », « 31,8 G$ »; English "$31.8 billion" and, where
short and on pictures alike, "$31.8B".
"""

from __future__ import annotations

import re

_NO_BREAK = "\u00a0"
_NUMBER = r"\d[\d \u00a0]*(?:,\d+)?"
_FRENCH = re.compile(
    rf"(?P<number>{_NUMBER})[ \u00a0](?P<scale>milliards?|millions?)(?: de dollars|[ \u00a0]\$)(?!\w)"
)
_ENGLISH = re.compile(r"\$(?P<number>\d[\d,]*(?:\.\d+)?)[ \u00a0](?P<scale>billion|million)(?!\w)")
_SYMBOLS = {"milliard": "G$", "million": "M$"}
_LETTERS = {"billion": "B", "million": "M"}


def shorter(text: str, language: str) -> str:
    """Return ``text`` with its sums written as where space is short."""
    if language == "fr":
        return _FRENCH.sub(rf"\g<number> \g<scale>{_NO_BREAK}$", text)
    return _shortest_english(text) if language == "en" else text


def shortest(text: str, language: str) -> str:
    """Return ``text`` with its sums written as on a picture."""
    if language == "fr":
        return _FRENCH.sub(_symbol, text)
    return _shortest_english(text) if language == "en" else text


def _symbol(sum_: re.Match[str]) -> str:
    return f"{sum_['number']}{_NO_BREAK}{_SYMBOLS[sum_['scale'].removesuffix('s')]}"


def _shortest_english(text: str) -> str:
    return _ENGLISH.sub(lambda sum_: f"${sum_['number']}{_LETTERS[sum_['scale']]}", text)
