"""What a pack says of a fact beside its words: until when it holds, when it was confirmed, its topics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from content_queue.item import Entry


@dataclass(frozen=True, slots=True)
class Terms:
    """The day after which a fact is stale, the day on which it was confirmed, and its topics."""

    review_by: date | None = None
    confirmed: date | None = None
    topics: tuple[str, ...] = ()

    def under(self, topics: Sequence[str]) -> Terms:
        """Return the terms of an item, which has its source's ``topics`` first."""
        return replace(self, topics=tuple(dict.fromkeys([*topics, *self.topics])))


def terms_of(entry: Entry) -> Terms:
    """Return what an entry says beside its words."""
    return Terms(entry.review_by, entry.confirmed, entry.topics)


def terms_json(terms: Terms | None) -> dict[str, Any] | None:
    """Write terms for a JSON column."""
    if terms is None:
        return None
    days = {"review_by": terms.review_by, "confirmed": terms.confirmed}
    return {**{name: day and day.isoformat() for name, day in days.items()}, "topics": list(terms.topics)}


def terms_from(value: Mapping[str, Any] | None) -> Terms | None:
    """Read terms from a JSON column, which holds none of a feed's entries nor of an older release's."""
    if value is None:
        return None
    return Terms(_day(value["review_by"]), _day(value["confirmed"]), tuple(value["topics"]))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
