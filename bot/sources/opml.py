"""OPML: the list of feeds that readers and bots exchange. Source: opml.org/spec2.opml.

Read with the parser of web pages, which knows no entities of a document's own and loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from bot.sources.charset import decode
from bot.sources.links import is_web
from bot.sources.words import cut, tidy

MAX_OUTLINES = 10_000


class BadOpml(ValueError):  # noqa: N818  named by what it is
    """The document is no list of feeds; ``str()`` is one line for people."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list; ``title`` is "" where it has none."""

    url: str
    title: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()


def read_opml(document: bytes) -> list[Outline]:
    """Return the feeds that a list names, each address once; raise BadOpml where it names none."""
    from selectolax.lexbor import LexborHTMLParser

    text, _ = decode(document, "")
    if "<opml" not in text[:5000].lower():
        raise BadOpml("it is no OPML: it has no <opml> in it")
    tags = LexborHTMLParser(text).css("outline[xmlurl]")[:MAX_OUTLINES]
    found: dict[str, Outline] = {}
    for one in (_outline(tag.attributes) for tag in tags):
        if is_web(one.url):
            found.setdefault(one.url, one)
    if not found:
        raise BadOpml("it names no feed: no outline in it has an xmlUrl")
    return list(found.values())


def write_opml(outlines: Iterable[Outline]) -> str:
    """Return a list of feeds as OPML 2.0."""
    lines = "\n".join(f"    <outline{_attributes(one)}/>" for one in outlines)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
    return f"{head}  <head><title>technopolys-bot</title></head>\n  <body>\n{lines}\n  </body>\n</opml>\n"


def _outline(values: dict[str, str | None]) -> Outline:
    title = tidy(values.get("title") or values.get("text") or "")
    words = (tidy(word.strip("/ ")) for word in (values.get("category") or "").split(","))
    language = (values.get("language") or "").strip().lower().partition("-")[0]
    return Outline(
        (values.get("xmlurl") or "").strip(), cut(title, 100), language, tuple(filter(None, words))
    )


def _attributes(one: Outline) -> str:
    values = {
        "type": "rss",
        "text": one.title,
        "title": one.title,
        "xmlUrl": one.url,
        "language": one.language,
        "category": ",".join(one.topics),
    }
    return "".join(f' {name}="{escape(value)}"' for name, value in values.items() if value)
