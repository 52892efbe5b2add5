"""The template language: names, defaults and conditions, and nothing more.

``{title}`` stands for the title as it was written; what it holds is never read as a template.
``{summary|Bonne lecture.}`` says the words behind the bar where the summary is empty.
``{if url}…{else}…{end}`` and ``{if not url}…{end}`` choose by whether a name has something to say;
``{if fr}`` and ``{if en}`` by the language. A doubled brace is the sign itself. A line whose names are all
empty disappears, and a paragraph that has no line left disappears with its blank line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import product

NAMES = {
    "title": "the title; in a later round of an evergreen item, its fresh wording",
    "wording": "the same as title",
    "summary": "the summary, as much of it as fits",
    "lead": "the summary's first sentence",
    "url": "the address; empty where the channel carries no link",
    "credit": "the source of a fact, or the partner's name",
    "hashtags": "the hashtags, separated by spaces",
}
LANGUAGES = {"fr": "the words are French", "en": "the words are English"}

_KNOWN = NAMES | LANGUAGES
_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<inside>[^{}\n]*)\}|[{}]|[^{}]+")
_CONDITION = re.compile(r"if\s+(?P<no>not\s+)?(?P<name>.*\S)\s*")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9\-]*)(?:\s[^<>]*)?>", re.IGNORECASE)
_URL_IN_TAG = re.compile(r"=\s*[\"']?\{url\}")
_MOST_TRIED = 6  # conditions whose every combination is tried for loose tags
_BLANK = " \t\r"


@dataclass(frozen=True, slots=True)
class _Words:
    """Literal words; ``name`` is what stands there instead where it has something to say."""

    words: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Choice:
    """A condition with both its branches."""

    name: str
    wanted: bool
    then: tuple[_Node, ...]
    otherwise: tuple[_Node, ...]


_Node = _Words | _Choice
_Line = tuple[_Words, ...]


def check(template: str) -> list[str]:
    """Return the mistakes in ``template``, one line each; none if it can be filled."""
    mistakes: list[str] = []
    nodes = _Parser(template, mistakes).nodes()
    if not mistakes and not any(_named(nodes)):
        return ["it names nothing of the item, and would say the same every time"]
    return list(dict.fromkeys(mistakes or _loose_tags(nodes)))


class _Parser:
    """Reads a template once, from left to right; what is wrong goes to ``mistakes``."""

    def __init__(self, template: str, mistakes: list[str]) -> None:
        self._tokens = _TOKEN.finditer(template.strip().replace("\r\n", "\n"))
        self._mistakes = mistakes
        self._end = ""

    def nodes(self) -> tuple[_Node, ...]:
        """Return the whole template."""
        nodes = self._until_end()
        while self._end:
            self._mistakes.append(f"{{{self._end}}} stands behind no {{if}}")
            nodes += self._until_end()
        return nodes

    def _until_end(self) -> tuple[_Node, ...]:
        """Read up to the next ``{else}`` or ``{end}``, which is kept, or to the end of the template."""
        self._end = ""
        nodes: list[_Node] = []
        for token in self._tokens:
            inside = token["inside"]
            if inside is None:
                nodes.append(self._literal(token[0]))
            elif inside.strip() in ("else", "end"):
                self._end = inside.strip()
                break
            elif condition := _CONDITION.fullmatch(inside.strip()):
                nodes.append(self._choice(condition))
            else:
                nodes.append(self._name(inside))
        return tuple(nodes)

    def _literal(self, words: str) -> _Words:
        if words in ("{", "}"):
            self._mistakes.append("a { or } has no partner; write {{ or }} for the sign itself")
        return _Words(words[:1] if words in ("{{", "}}") else words)

    def _choice(self, condition: re.Match[str]) -> _Choice:
        name = condition["name"]
        if name not in _KNOWN:
            self._mistakes.append(f"{{if {name}}}: {_unknown(name, _KNOWN)}")
        then, otherwise = self._until_end(), tuple[_Node, ...]()
        if self._end == "else":
            otherwise = self._until_end()
        if self._end != "end":
            self._mistakes.append(f"{{if {name}}} has no {{end}}")
        self._end = ""
        return _Choice(name, not condition["no"], then, otherwise)

    def _name(self, inside: str) -> _Words:
        name, _, default = inside.partition("|")
        if name not in NAMES:
            self._mistakes.append(_mistake(name))
        return _Words(default, name)


def _mistake(name: str) -> str:
    own = re.split(r"[!:]", name)[0]
    if own != name and own in NAMES:
        return (
            f"{{{own}}} takes nothing but its name in the braces, or words for when it is empty: {{{own}|…}}"
        )
    return f"there is no {{{name}}}; {_unknown(name, NAMES)}"


def _unknown(name: str, known: Mapping[str, str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {{{close[0]}}}?" if close else f"the names are {', '.join(known)}"


def _named(nodes: tuple[_Node, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, _Choice):
            yield from _named(node.then + node.otherwise)
        elif node.name:
            yield node.name


def _conditions(nodes: tuple[_Node, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, _Choice):
            yield node.name
            yield from _conditions(node.then + node.otherwise)


def _loose_tags(nodes: tuple[_Node, ...]) -> list[str]:
    """Return what is wrong with the tags of some line: a line may disappear, and must take its tags along."""
    names = list(dict.fromkeys(_conditions(nodes)))
    ways = (
        product((True, False), repeat=len(names)) if len(names) <= _MOST_TRIED else _all_or_none(len(names))
    )
    lines = (
        line
        for way in ways
        for line in _lines(
            _chosen(nodes, frozenset(name for name, says in zip(names, way, strict=True) if says))
        )
    )
    found = (_loose_tag("".join(words.words for words in line if not words.name)) for line in lines)
    return [mistake for mistake in found if mistake]


def _all_or_none(count: int) -> list[tuple[bool, ...]]:
    return [(True,) * count, (False,) * count]


def _loose_tag(line: str) -> str:
    opened: list[str] = []
    for closing, tag in _TAG.findall(line):
        if not closing:
            opened.append(tag)
        elif not opened or opened.pop() != tag:
            return f"</{tag}> closes no <{tag}> of its line"
    return f"<{opened[-1]}> is not closed on its line" if opened else ""


def needs_link(template: str) -> bool:
    """Return whether, for a message without one, the address still stands inside a tag and would break it."""
    without = _chosen(_parsed(template), frozenset(NAMES) - {"url"})
    return bool(
        _URL_IN_TAG.search("".join(f"{{{node.name}}}" if node.name else node.words for node in without))
    )


def fill(template: str, values: Mapping[str, str], language: str = "") -> str:
    """Put ``values`` in place of the names; each must already be safe in the network's markup.

    Raises ValueError with the mistakes that :func:`check` finds.
    """
    says = frozenset(name for name, value in values.items() if value) | {language}
    paragraphs = (
        "\n".join(_write(line, values) for line in paragraph if _speaks(line, values))
        for paragraph in _paragraphs(template, says)
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _speaks(line: _Line, values: Mapping[str, str]) -> bool:
    named = [words for words in line if words.name]
    return not named or any(values[words.name] or words.words for words in named)


def _write(line: _Line, values: Mapping[str, str]) -> str:
    return "".join((words.name and values[words.name]) or words.words for words in line).rstrip(" ")


@lru_cache(maxsize=1024)
def _paragraphs(template: str, says: frozenset[str]) -> tuple[tuple[_Line, ...], ...]:
    """Return the lines between blank lines, once ``says`` has answered every condition."""
    paragraphs: list[list[_Line]] = [[]]
    for line in _lines(_chosen(_parsed(template), says)):
        if not any(words.name or words.words.strip(_BLANK) for words in line):
            paragraphs.append([])
        else:
            paragraphs[-1].append(line)
    return tuple(tuple(paragraph) for paragraph in paragraphs if paragraph)


@lru_cache(maxsize=256)
def _parsed(template: str) -> tuple[_Node, ...]:
    if mistakes := check(template):
        raise ValueError("; ".join(mistakes))
    return _Parser(template, []).nodes()


def _chosen(nodes: tuple[_Node, ...], says: frozenset[str]) -> list[_Words]:
    """Return the words that remain when every condition is answered."""
    chosen: list[_Words] = []
    for node in nodes:
        if isinstance(node, _Choice):
            chosen += _chosen(node.then if (node.name in says) is node.wanted else node.otherwise, says)
        else:
            chosen.append(node)
    return chosen


def _lines(nodes: list[_Words]) -> list[_Line]:
    lines: list[list[_Words]] = [[]]
    for node in nodes:
        first, *rest = (node.words if not node.name else "").split("\n")
        lines[-1].append(node if node.name else _Words(first))
        lines += [[_Words(words)] for words in rest]
    return [tuple(line) for line in lines]
