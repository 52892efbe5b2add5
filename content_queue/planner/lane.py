"""The candidates of one kind, so ordered that the best one stands near the front."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Final

from content_queue.planner.values import Candidate, Placed

SOON: Final = timedelta(hours=24)
"""What expires within this time goes before what can wait."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)
_LOOK: Final = 32
"""How many voices, and candidates of each, are looked at for one unlike the post before."""

_Age = tuple[bool, datetime, int]


class Lane:
    """Candidates that are ready, by voice: the one longest not heard first, in each the oldest first.

    Sorted lists, so that a choice costs about the same among ten candidates and ten thousand.
    """

    def __init__(self) -> None:
        self._candidates: dict[int, Candidate] = {}
        self._voices: dict[str, list[_Age]] = {}
        self._ranks: dict[str, tuple[datetime, _Age, str]] = {}
        self._order: list[tuple[datetime, _Age, str]] = []
        self._ends: list[tuple[datetime, _Age]] = []

    def __bool__(self) -> bool:
        return bool(self._candidates)

    def add(self, candidate: Candidate, heard: datetime) -> None:
        """Let a candidate in; its voice was last heard at ``heard``."""
        self._candidates[candidate.item] = candidate
        insort(self._voices.setdefault(candidate.voice, []), _age(candidate))
        if candidate.expires_at is not None:
            insort(self._ends, (candidate.expires_at, _age(candidate)))
        self.rank(candidate.voice, heard)

    def remove(self, candidate: Candidate) -> None:
        """Take a candidate out."""
        del self._candidates[candidate.item]
        ages = self._voices[candidate.voice]
        del ages[bisect_left(ages, _age(candidate))]
        if candidate.expires_at is not None:
            del self._ends[bisect_left(self._ends, (candidate.expires_at, _age(candidate)))]
        self.rank(candidate.voice, self._ranks[candidate.voice][0])

    def rank(self, voice: str, heard: datetime) -> None:
        """Put a voice where it belongs, now that it was last heard at ``heard``."""
        ages = self._voices.get(voice)
        new = (heard, ages[0], voice) if ages else None
        old = self._ranks.pop(voice, None)
        if new is not None:
            self._ranks[voice] = new
        if old != new:
            if old is not None:
                del self._order[bisect_left(self._order, old)]
            if new is not None:
                insort(self._order, new)

    def expire(self, moment: datetime) -> None:
        """Take out what has expired by ``moment``."""
        while self._ends and self._ends[0][0] <= moment:
            self.remove(self._of(self._ends[0][1]))

    def urgent(self, moment: datetime, previous: Placed | None) -> Candidate | None:
        """Return what expires soonest after ``moment``, if that is soon; unlike the post before."""
        ends = islice(self._ends, _LOOK)
        soon = (self._of(age) for end, age in ends if end - moment <= SOON)
        return next((c for c in soon if not _tiresome(c, previous)), None)

    def best(self, moment: datetime, previous: Placed | None) -> Candidate:
        """Return the candidate to go out at ``moment``: unlike the post before where there is one."""
        urgent = self.urgent(moment, previous)
        if urgent is not None:
            return urgent
        unlike = (c for c in self._in_order() if not _tiresome(c, previous))
        return next(unlike, None) or self._of(self._order[0][1])

    def voices(self) -> int:
        """Return how many voices wait here."""
        return len(self._order)

    def _in_order(self) -> Iterator[Candidate]:
        voices = (self._voices[voice] for _, _, voice in islice(self._order, _LOOK))
        return (self._of(age) for age in chain.from_iterable(islice(ages, _LOOK) for ages in voices))

    def _of(self, age: _Age) -> Candidate:
        return self._candidates[age[2]]


def _age(candidate: Candidate) -> _Age:
    """What was never out comes first, then what was approved or went out the longest ago."""
    out = candidate.last_out
    return (out is not None, out or candidate.approved_at, candidate.item)


def _tiresome(candidate: Candidate, previous: Placed | None) -> bool:
    return previous is not None and previous.resembles(candidate)
