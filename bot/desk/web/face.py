"""A message as it will look: its exact words in runs, with the markup that its network reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from bot.compose.preview import Preview, preview
from bot.compose.render import Style
from bot.message import Message

_TAGS = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "a": "link", "code": "code"}


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text and how it is set: "bold", "italic", "link", "code"."""

    text: str
    looks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Face:
    """A message with all that a card shows of it.

    ``wording`` is the number of a further wording, "2" for the first of those, "" for the item's own words;
    ``way`` is "link" or "plain" where the rule for links may choose between both, "news" where a page of ours
    stands for a link that the network does not show, else "". ``pictured`` is where its pictures are made for
    whoever looks before they go out, "" where nobody asks for that.
    """

    seen: Preview
    runs: tuple[Run, ...]
    title: str
    wording: str
    way: str
    pictured: str = ""


def face(message: Message, style: Style | None, pictured: str = "") -> Face:
    """Return how a message will look; ``style`` is None for a channel that left the file."""
    seen = preview(message, style.limits if style else None)
    plain = seen.text == message.text  # no markup, or none used
    runs = tuple(_plain_runs(message) if plain else _marked_up(message.text))
    wording, way = _variant(message.variant)
    return Face(seen, runs, message.title, wording, way, pictured)


def _plain_runs(message: Message) -> Iterator[Run]:
    before, link, after = message.text.partition(message.link) if message.link else (message.text, "", "")
    if before:
        yield Run(before)
    if link:
        yield Run(link, frozenset({"link"}))
    if after:
        yield Run(after)


def _marked_up(text: str) -> list[Run]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.runs


class _Reader(HTMLParser):
    """Reads a network's markup into runs; a tag it does not know changes nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[Run] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a look."""
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """End a look."""
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        """Keep the words, as they are set."""
        looks = frozenset(_TAGS[tag] for tag in self._open if tag in _TAGS)
        self.runs.append(Run(data, looks))


def _variant(name: str) -> tuple[str, str]:
    parts = name.split("-")
    way = parts[-1] if parts[-1] in {"link", "plain", "news"} else ""
    wording = str(int(parts[1]) + 1) if parts[0] == "wording" and len(parts) > 1 else ""
    return wording, way
