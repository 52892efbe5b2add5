"""What reading a document gives: entries, or the one line that says why there are none."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.sources.hints import Hints
from bot.sources.hub import NO_HUB, Hub
from content_queue.item import Entry, Reason
from content_queue.naming import Names


class BadFeed(Exception):  # noqa: N818  named by what it is; nothing else of ours failed
    """The document is no feed that can be read; ``str()`` is one line for people."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's entries, in its own order.

    ``language`` is the feed's own ("fr", "en", "de", ...), what its texts are in where that is clearly
    another, or ""; ``notes`` says, a line each, what was left out or mended; ``hints`` how often the
    feed asks to be read, ``hub`` who tells of its new entries; ``names`` are the entries' own, once
    the cage has worked them out. Of a sheet, ``mistakes`` name what people have
    to mend in it, and ``unread`` are the guids of what is there and could not be read, None where nobody can
    tell which they are.
    """

    entries: tuple[Entry, ...]
    title: str = ""
    language: str = ""
    notes: tuple[str, ...] = ()
    hints: Hints = field(default_factory=Hints)
    mistakes: tuple[Reason, ...] = ()
    unread: tuple[str, ...] | None = ()
    hub: Hub = NO_HUB
    names: tuple[Names, ...] = ()
