"""Everything that waits for a slot of one channel, and the rules that choose among it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import heapify, heappop

from content_queue.item import Kind, Reason
from content_queue.planner import reasons
from content_queue.planner.lane import NEVER, SOON, Lane
from content_queue.planner.mix import Mix
from content_queue.planner.values import Candidate, Placed, Rules


class Pool:
    """The candidates that no person pinned: those that still rest, and a lane for each kind and priority."""

    def __init__(self, candidates: Iterable[Candidate], rules: Rules) -> None:
        self._rules = rules
        self._candidates = {candidate.item: candidate for candidate in candidates}
        self._resting = [(c.ready_at, c.item) for c in self._candidates.values() if c.stands_at(c.ready_at)]
        heapify(self._resting)
        self._mix = Mix(rules.mix)
        self._levels: dict[int, dict[Kind | None, Lane]] = {}
        self._heard: dict[str, datetime] = {}
        self._previous: Placed | None = None

    def hear(self, entry: Placed) -> None:
        """Take note of a post, each later than the one before."""
        self._previous = entry
        self._mix.saw(entry.kind)
        self._heard[entry.voice] = entry.due_at
        for lanes in self._levels.values():
            for lane in lanes.values():
                lane.rank(entry.voice, entry.due_at)

    def next_ready(self) -> datetime | None:
        """Return when the next resting candidate is ready."""
        return self._resting[0][0] if self._resting else None

    def take(self, moment: datetime) -> tuple[Candidate, Reason] | None:
        """Take out the best candidate to go out at ``moment``, and say why; None if there is none.

        The highest priority first; in it the kind most behind its share of the mix.
        """
        self._wake(moment)
        lanes = self._top(moment)
        if not lanes:
            return None
        turn = self._mix.first(lanes)
        chosen = lanes[turn].best(moment, self._previous)
        if chosen.expires_at is None and self._mix.can_wait(turn):
            chosen = self._urgent(lanes, moment) or chosen
        reason = self._why(chosen, lanes, turn, moment)
        lanes[self._mix.lane(chosen.kind)].remove(chosen)
        return chosen, reason

    def _wake(self, moment: datetime) -> None:
        while self._resting and self._resting[0][0] <= moment:
            candidate = self._candidates[heappop(self._resting)[1]]
            lanes = self._levels.setdefault(candidate.priority, {})
            lane = lanes.setdefault(self._mix.lane(candidate.kind), Lane())
            lane.add(candidate, self._heard.get(candidate.voice, NEVER))

    def _top(self, moment: datetime) -> Mapping[Kind | None, Lane]:
        for _, lanes in sorted(self._levels.items(), reverse=True):
            for lane in lanes.values():
                lane.expire(moment)
            waiting = {kind: lane for kind, lane in lanes.items() if lane}
            if waiting:
                return waiting
        return {}

    def _urgent(self, lanes: Mapping[Kind | None, Lane], moment: datetime) -> Candidate | None:
        urgent = (lane.urgent(moment, self._previous) for lane in lanes.values())
        ends = [(c.expires_at, c.item, c) for c in urgent if c is not None and c.expires_at is not None]
        return min(ends)[2] if ends else None

    def _why(
        self, chosen: Candidate, lanes: Mapping[Kind | None, Lane], turn: Kind | None, moment: datetime
    ) -> Reason:
        if chosen.priority > 0:
            return reasons.priority(chosen)
        if chosen.expires_at is not None and chosen.expires_at - moment <= SOON:
            return reasons.expires_soon(self._rules, chosen)
        if turn is not None and self._mix.window > 1:
            share = (self._mix.have(turn), self._mix.want(turn), self._mix.window)
            return reasons.behind_its_share(chosen, *share)
        if turn is None and self._mix.window:
            return reasons.nothing_of_the_mix(chosen)
        return reasons.longest_unheard(chosen) if lanes[turn].voices() > 1 else reasons.oldest()
