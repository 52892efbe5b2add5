"""The template language: names in braces, and nothing more.

``{title}`` stands for the title as it was written; what it holds is never read as a template. A doubled brace
is the sign itself. A line whose names are all empty disappears, and a paragraph that has no line left
disappears with its blank line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from string import Formatter

NAMES = {
    "title": "the title; in a later round of an evergreen item, its fresh wording",
    "wording": "the same as title",
    "summary": "the summary, as much of it as fits",
    "lead": "the summary's first sentence",
    "url": "the address; empty where the channel carries no link",
    "credit": "the source of a fact, or the partner's name",
    "hashtags": "the hashtags, separated by spaces",
}

_Line = tuple[tuple[str, str], ...]  # pairs of literal text and the name behind it, "" for none

_BETWEEN_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9\-]*)(?:\s[^<>]*)?>", re.IGNORECASE)
_URL_IN_TAG = re.compile(r"=\s*[\"']?\{url\}")


def check(template: str) -> list[str]:
    """Return the mistakes in ``template``, one line each; none if it can be filled."""
    try:
        pieces = list(Formatter().parse(template))
    except ValueError:
        return ["a { or } has no partner; write {{ or }} for the sign itself"]
    if all(name is None for _, name, _, _ in pieces):
        return ["it names nothing of the item, and would say the same every time"]
    mistakes = [
        mistake
        for _, name, spec, conversion in pieces
        if name is not None and (mistake := _mistake(name, spec or "", conversion or ""))
    ]
    return list(dict.fromkeys(mistakes + [line for line in map(_loose_tag, template.split("\n")) if line]))


def _mistake(name: str, spec: str, conversion: str) -> str:
    if name in NAMES:
        return f"{{{name}}} takes nothing but its name in the braces" if spec or conversion else ""
    close = get_close_matches(name, NAMES, n=1)
    hint = f"did you mean {{{close[0]}}}?" if close else f"the names are {', '.join(NAMES)}"
    return f"there is no {{{name}}}; {hint}"


def _loose_tag(line: str) -> str:
    """Return what is wrong with the line's tags: a line may disappear, and must take its tags along."""
    opened: list[str] = []
    for closing, tag in _TAG.findall(line):
        if not closing:
            opened.append(tag)
        elif not opened or opened.pop() != tag:
            return f"</{tag}> closes no <{tag}> of its line"
    return f"<{opened[-1]}> is not closed on its line" if opened else ""


def needs_link(template: str) -> bool:
    """Return whether the address stands inside a tag, which would be broken without it."""
    return bool(_URL_IN_TAG.search(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put ``values`` in place of the names; each must already be safe in the network's markup.

    Raises ValueError with the mistakes that :func:`check` finds.
    """
    paragraphs = ("\n".join(_lines(paragraph, values)) for paragraph in _paragraphs(template))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _lines(paragraph: tuple[_Line, ...], values: Mapping[str, str]) -> list[str]:
    return [_write(line, values) for line in paragraph if _speaks(line, values)]


def _speaks(line: _Line, values: Mapping[str, str]) -> bool:
    names = [name for _, name in line if name]
    return not names or any(values[name] for name in names)


def _write(line: _Line, values: Mapping[str, str]) -> str:
    return "".join(literal + (values[name] if name else "") for literal, name in line).rstrip(" ")


@lru_cache(maxsize=256)
def _paragraphs(template: str) -> tuple[tuple[_Line, ...], ...]:
    if mistakes := check(template):
        raise ValueError("; ".join(mistakes))
    paragraphs = _BETWEEN_PARAGRAPHS.split(template.strip().replace("\r\n", "\n"))
    return tuple(tuple(map(_line, paragraph.split("\n"))) for paragraph in paragraphs)


def _line(line: str) -> _Line:
    return tuple((literal, name or "") for literal, name, _, _ in Formatter().parse(line))
