"""The names of an entry: its key inside its source, its address, its words."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from content_queue import identity
from content_queue.item import Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from content_queue.item import Entry, Reason

_FIELDS = tuple(field.name for field in fields(Version))


@dataclass(frozen=True, slots=True)
class Named:
    """An entry with its names.

    ``words`` notices a change at the source; ``long`` says that ``fingerprint`` is of enough words to know
    the story in another source; ``refusal`` is why the source's filters pass it over.
    """

    entry: Entry
    key: str
    address: str
    fingerprint: str
    words: str
    refusal: Reason | None
    long: bool


def named_entries(
    entries: Sequence[Entry], refusals: Sequence[Reason | None], *, whole: bool = False
) -> list[Named]:
    """Name a document's entries, which decide together what names one of them.

    In a ``whole`` one, a pack, nothing but its guid names a fact: the page where people read more of it is
    not the fact, nor are two facts one for their words.
    """
    at = identity.pages(entries)
    guids, addresses = identity.guids(entries, at), identity.addresses(at)
    named = zip(entries, guids, addresses, refusals, strict=True)
    each = [_named(entry, guid, address, refusal) for entry, guid, address, refusal in named]
    return [replace(one, address="", fingerprint="", long=False) for one in each] if whole else each


def unique(named: Sequence[Named]) -> list[Named]:
    """Keep the first of entries with one identity, which a document may repeat."""
    return list({one.key: one for one in reversed(named)}.values())[::-1]


def digest(versions: Sequence[Version]) -> str:
    """Return a digest of the words, to the letter."""
    return sha256(json.dumps([_plain(version) for version in versions]).encode()).hexdigest()


def _plain(version: Version) -> dict[str, object]:
    """Return a version's words; what stands on a card counts only where there is some."""
    values = ((name, getattr(version, name)) for name in _FIELDS)
    return {name: value for name, value in values if value or name not in ("figure", "label")}


def _named(entry: Entry, guid: str, address: str, refusal: Reason | None) -> Named:
    first = entry.versions[0]
    # a title alone never merges: without a text the words name an entry inside its source only
    words = identity.fingerprint(first.title, first.summary)
    fingerprint = words if first.summary else ""
    key = identity.key(guid, address, words)
    long = len(first.summary.split()) >= identity.TELLING
    return Named(entry, key, address, fingerprint, digest(entry.versions), refusal, long)
