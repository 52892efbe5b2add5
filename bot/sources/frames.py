"""What passes between the cage and its keeper: a length, then JSON, so that nothing in it can run."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from typing import Any

from bot.sources.hints import Hints
from bot.sources.hub import Hub
from bot.sources.parsed import Parsed
from content_queue.item import Entry, Kind, Reason, Version
from content_queue.naming import Names

LENGTH = 4
"""Bytes that say how long the frame after them is, big-endian."""
MAX_FRAME = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Errand:
    """What the cage is asked to read; the document's bytes follow the frame. ``cpu`` is in seconds.

    ``otherwise`` is the language of words of which nothing tells it; ``sheet`` says that it is the CSV of a
    spreadsheet, and no feed.
    """

    size: int
    cpu: float
    content_type: str
    url: str
    kind: str
    language: str
    otherwise: str
    sheet: bool = False

    def told(self) -> dict[str, Any]:
        """Return it in JSON's own types; name by name, which is ten times faster than ``asdict``."""
        return {name: getattr(self, name) for name in self.__slots__}


def framed(content: dict[str, Any]) -> bytes:
    """Write one frame."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return len(body).to_bytes(LENGTH, "big") + body


def packed(parsed: Parsed) -> dict[str, Any]:
    """Write a result in JSON's own types."""
    return {
        "entries": [_fields(entry) for entry in parsed.entries],
        "title": parsed.title,
        "language": parsed.language,
        "notes": parsed.notes,
        "hints": astuple(parsed.hints),
        "mistakes": [[mistake.text, dict(mistake.args)] for mistake in parsed.mistakes],
        "unread": parsed.unread,
        "hub": astuple(parsed.hub),
        "names": [[each.key, each.address, each.fingerprint, each.words, each.long] for each in parsed.names],
    }


def unpacked(content: dict[str, Any]) -> Parsed:
    """Read a result back; raise KeyError, TypeError or ValueError where it is not one of ours."""
    names = tuple(Names(*each) for each in content["names"])
    if len(names) != len(content["entries"]):
        raise ValueError("not every entry is named")
    return Parsed(
        entries=tuple(_entry(entry) for entry in content["entries"]),
        title=content["title"],
        language=content["language"],
        notes=tuple(content["notes"]),
        hints=_hints(*content["hints"]),
        mistakes=tuple(Reason(text, args) for text, args in content["mistakes"]),
        unread=None if content["unread"] is None else tuple(content["unread"]),
        hub=_hub(*content["hub"]),
        names=names,
    )


def _hints(every: int, hours: list[int], days: list[int]) -> Hints:
    return Hints(int(every), tuple(map(int, hours)), tuple(map(int, days)))


def _hub(address: str, topic: str) -> Hub:
    return Hub(str(address), str(topic))


def _fields(entry: Entry) -> list[Any]:
    """Write an entry; field by field, which is ten times faster than ``asdict``."""
    return [
        entry.guid,
        entry.kind.value,
        [_words(version) for version in entry.versions],
        _moment(entry.published_at),
        entry.topics,
        entry.author,
        entry.evergreen,
        _moment(entry.review_by),
        _moment(entry.confirmed),
        entry.form,
    ]


def _words(v: Version) -> list[Any]:
    told = [v.language, v.title, v.summary, v.url, v.image, v.alt, v.credit]
    return [*told, v.wordings, v.figure, v.label] if v.wordings or v.figure or v.label else told


def _moment(when: date | None) -> str | None:
    return when.isoformat() if when else None


def _entry(fields: list[Any]) -> Entry:
    guid, kind, versions, published, topics, author, evergreen, review_by, confirmed, form = fields
    return Entry(
        guid=guid,
        kind=Kind(kind),
        versions=tuple(_version(*version) for version in versions),
        published_at=datetime.fromisoformat(published) if published else None,
        topics=tuple(topics),
        author=author,
        evergreen=evergreen,
        review_by=date.fromisoformat(review_by) if review_by else None,
        confirmed=date.fromisoformat(confirmed) if confirmed else None,
        form=form,
    )


def _version(*told: Any) -> Version:  # noqa: ANN401  what JSON gave
    words, more = Version(*told[:7]), told[7:]
    return replace(words, wordings=tuple(more[0]), figure=more[1], label=more[2]) if more else words
