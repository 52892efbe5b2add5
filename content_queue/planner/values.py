"""What the planner is given, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from content_queue.calendar import Calendar
from content_queue.item import Kind, Reason

REST: Final = timedelta(days=30)
"""How long an evergreen item rests before it goes out again, unless something else is asked."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a channel wants to be filled.

    ``daily_max`` counts by the calendar's local day, None is no limit. ``mix`` weighs kinds against
    each other; a kind it does not name comes last, an empty mix treats all kinds alike. ``jitter`` is
    the most by which a post goes out after its slot; ``late`` how long a missed time stays good.
    ``budget`` is what the channel may spend in a UTC month, in millionths of a US dollar; it decides how
    posts go out, not when. ``read_cost`` is what reading one of the account's posts back costs. ``account``
    are all channels on the same account, this one among them, whose posts make room for each other.
    ``french`` are the channels whose French version of an item goes before the one of this channel;
    ``pair_wait`` is how long a story in one language waits for the other. ``repeats`` says that the network
    takes the same words again: where not, an evergreen item goes out once with each of its wordings.
    """

    channel: str
    languages: frozenset[str]
    calendar: Calendar
    min_gap: timedelta
    daily_max: int | None
    mix: Mapping[Kind, int]
    jitter: timedelta
    late: timedelta
    budget: int | None = None
    read_cost: int = 0
    account: tuple[str, ...] = ()
    french: frozenset[str] = frozenset()
    pair_wait: timedelta = timedelta(0)
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """An approved item that the channel may take: no hold on it, its round free.

    Empty ``languages`` fit every channel. ``not_before`` is when its grace is over, ``last_out`` when
    it last went out on the channel; then it rests for ``repeat_after``. Higher ``priority`` goes first.
    """

    item: int
    kind: Kind
    round: int
    languages: frozenset[str]
    source: str
    partner: str
    topics: tuple[str, ...]
    approved_at: datetime
    not_before: datetime
    published_at: datetime | None = None
    expires_at: datetime | None = None
    pinned_at: datetime | None = None
    last_out: datetime | None = None
    repeat_after: timedelta = REST
    priority: int = 0

    @property
    def voice(self) -> str:
        """Who is heard: the partner, else the source."""
        return self.partner or self.source

    @property
    def ready_at(self) -> datetime:
        """When grace and rest are both over."""
        return self.not_before if self.last_out is None else max(self.not_before, self.rests_until)

    @property
    def rests_until(self) -> datetime:
        """When an evergreen item may come again; for one that was never out, its grace's end."""
        return self.not_before if self.last_out is None else self.last_out + self.repeat_after

    @property
    def pin(self) -> datetime | None:
        """When a pinned item goes out: at the time a person chose, but not before its grace is over."""
        return None if self.pinned_at is None else max(self.pinned_at, self.not_before)

    def fits(self, languages: frozenset[str]) -> bool:
        """Say whether a channel that speaks ``languages`` can take it."""
        return not self.languages or not languages or bool(self.languages & languages)

    def stands_at(self, moment: datetime) -> bool:
        """Say whether it has not expired at ``moment``."""
        return self.expires_at is None or moment < self.expires_at


@dataclass(frozen=True, slots=True)
class Placed:
    """What stands on a channel: a post that is out, on its way or planned.

    One that is not its ``own`` stands on another channel of the same account.
    """

    due_at: datetime
    item: int
    kind: Kind
    source: str
    partner: str
    topics: tuple[str, ...]
    own: bool = True

    @property
    def voice(self) -> str:
        """Who is heard: the partner, else the source."""
        return self.partner or self.source

    def resembles(self, candidate: Candidate) -> bool:
        """Say whether the two would be tiresome one after the other: one source, voice or topic."""
        same = self.source == candidate.source or self.voice == candidate.voice
        return same or not set(self.topics).isdisjoint(candidate.topics)


@dataclass(frozen=True, slots=True)
class Choice:
    """One item gets one time on one channel. The reason is fit for people."""

    channel: str
    due_at: datetime
    item: int
    round: int
    reason: Reason


def place(candidate: Candidate, due_at: datetime) -> Placed:
    """Return what stands on the channel once the candidate has got its time."""
    c = candidate
    return Placed(due_at, c.item, c.kind, c.source, c.partner, c.topics)
