"""JSON-LD: what a page says of itself to search engines. Read with care: anything may stand in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_LONGEST = 200_000
_DEEPEST = 6
_MOST = 500
_TELLING = (
    *("Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle", "VideoObject", "WebPage"),
    "SocialMediaPosting",
)


def linked_data(scripts: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    """Return the things that a page's scripts describe, those that tell of an article first."""
    found = [thing for script in scripts for thing in _things(_loaded(script), 0)][:_MOST]
    return tuple(sorted(found, key=_rank))


def first_of(things: Iterable[Mapping[str, Any]], name: str) -> str:
    """Return the first text that a telling thing gives under ``name``, "" where none does."""
    texts = (_text(thing.get(name)) for thing in things if _rank(thing) < len(_TELLING))
    return next((text for text in texts if text), "")


def _loaded(script: str) -> object:
    try:
        return json.loads(script[:_LONGEST], strict=False)
    except (ValueError, RecursionError):
        return None


def _things(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield value
        yield from _things(value.get("@graph"), depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _things(each, depth + 1)


def _rank(thing: Mapping[str, Any]) -> int:
    kinds = thing.get("@type")
    named = kinds if isinstance(kinds, list) else [kinds]
    return min((_TELLING.index(kind) for kind in named if kind in _TELLING), default=len(_TELLING))


def _text(value: object) -> str:
    """A text, the first of several, or the address of a picture that is described."""
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if isinstance(value, dict):
        return _text(value.get("url"))
    return value if isinstance(value, str) else ""
