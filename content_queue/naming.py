"""The names of an entry: its key inside its source, its address, its words."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING

from content_queue import identity
from content_queue.item import Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from content_queue.item import Entry, Reason

_FIELDS = tuple(field.name for field in fields(Version))
_CARD = ("figure", "label")
_values = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Names:
    """What an entry goes by.

    ``key`` is its identity inside its source; ``address`` and ``fingerprint`` know its story elsewhere, ""
    where they cannot; ``words`` notices a change at the source; ``long`` says that ``fingerprint`` is of
    enough words to know the story in another source.
    """

    key: str
    address: str
    fingerprint: str
    words: str
    long: bool


@dataclass(frozen=True, slots=True)
class Named:
    """An entry with its names; ``refusal`` is why the source's filters pass it over."""

    entry: Entry
    names: Names
    refusal: Reason | None

    @property
    def key(self) -> str:
        """Its identity inside its source."""
        return self.names.key


def names_of(entries: Sequence[Entry], *, whole: bool = False) -> tuple[Names, ...]:
    """Name a document's entries, which decide together what names one of them.

    In a ``whole`` one, a pack, nothing but its guid names a fact: the page where people read more of it is
    not the fact, nor are two facts one for their words.
    """
    at = identity.pages(entries)
    guids, addresses = identity.guids(entries, at), identity.addresses(at)
    each = [_names(*one) for one in zip(entries, guids, addresses, strict=True)]
    return (
        tuple(replace(one, address="", fingerprint="", long=False) for one in each) if whole else tuple(each)
    )


def unique(named: Sequence[Named]) -> list[Named]:
    """Keep the first of entries with one identity, which a document may repeat."""
    return list({one.key: one for one in reversed(named)}.values())[::-1]


def digest(versions: Sequence[Version]) -> str:
    """Return a digest of the words, to the letter."""
    return sha256(json.dumps([_plain(version) for version in versions]).encode()).hexdigest()


def _plain(version: Version) -> dict[str, object]:
    """Return a version's words; what stands on a card counts only where there is some."""
    told = dict(zip(_FIELDS, _values(version), strict=True))
    for name in _CARD:
        if not told[name]:
            del told[name]
    return told


def _names(entry: Entry, guid: str, address: str) -> Names:
    first = entry.versions[0]
    # a title alone never merges: without a text the words name an entry inside its source only
    words = identity.fingerprint(first.title, first.summary)
    return Names(
        key=identity.key(guid, address, words),
        address=address,
        fingerprint=words if first.summary else "",
        words=digest(entry.versions),
        long=len(first.summary.split()) >= identity.TELLING,
    )
