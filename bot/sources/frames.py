"""What passes between the cage and its keeper: a length, then JSON, so that nothing in it can run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.sources.parsed import Parsed
from content_queue.item import Entry, Kind, Version

LENGTH = 4
"""Bytes that say how long the frame after them is, big-endian."""
MAX_FRAME = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Errand:
    """What the cage is asked to read; the document's bytes follow the frame. ``cpu`` is in seconds."""

    size: int
    cpu: float
    content_type: str
    url: str
    kind: str
    language: str


def framed(content: dict[str, Any]) -> bytes:
    """Write one frame."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return len(body).to_bytes(LENGTH, "big") + body


def packed(parsed: Parsed) -> dict[str, Any]:
    """Write a result in JSON's own types."""
    content = asdict(parsed)
    for entry in content["entries"]:
        published = entry["published_at"]
        entry["published_at"] = published.isoformat() if published else None
    return content


def unpacked(content: dict[str, Any]) -> Parsed:
    """Read a result back; raise KeyError, TypeError or ValueError where it is not one of ours."""
    return Parsed(
        entries=tuple(_entry(entry) for entry in content["entries"]),
        title=content["title"],
        language=content["language"],
        notes=tuple(content["notes"]),
    )


def _entry(content: dict[str, Any]) -> Entry:
    """Feeds give neither wordings nor dates of review, so none are read."""
    published = content["published_at"]
    versions = ({**version, "wordings": ()} for version in content["versions"])
    return Entry(
        guid=content["guid"],
        kind=Kind(content["kind"]),
        versions=tuple(Version(**version) for version in versions),
        published_at=datetime.fromisoformat(published) if published else None,
        topics=tuple(content["topics"]),
        author=content["author"],
    )
