"""Which kind has its turn: each gets its share of the last posts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from math import gcd

from content_queue.item import Kind


class Mix:
    """The channel's weights, and the kinds of its last posts.

    The window is as long as the weights add up to, so that each kind has its exact share of it once
    all kinds are at hand; older posts are forgotten, so that a kind that was missing for a month does
    not flood the channel when it comes back.
    """

    def __init__(self, weights: Mapping[Kind, int]) -> None:
        positive = {kind: weight for kind, weight in weights.items() if weight > 0}
        unit = gcd(*positive.values()) or 1
        self._shares = {kind: weight // unit for kind, weight in positive.items()}
        self.window = sum(self._shares.values())
        self._last: deque[Kind] = deque(maxlen=max(self.window - 1, 0))

    def lane(self, kind: Kind) -> Kind | None:
        """Return the kind if the mix names it, else None: all others wait in one line."""
        return kind if kind in self._shares else None

    def saw(self, kind: Kind) -> None:
        """Note that a post of this kind went before."""
        if kind in self._shares:
            self._last.append(kind)

    def have(self, kind: Kind) -> int:
        """Return how many of the window's other posts are of this kind."""
        return self._last.count(kind)

    def want(self, kind: Kind) -> int:
        """Return how many posts of the window are this kind's share."""
        return self._shares[kind]

    def first(self, lanes: Iterable[Kind | None]) -> Kind | None:
        """Return the lane that has its turn: the kind most behind its share, None if none is named."""
        return min((lane for lane in lanes if lane is not None), key=self._turn, default=None)

    def can_wait(self, lane: Kind | None) -> bool:
        """Say whether this lane is not starved if it lets another go first."""
        return lane is None or self.have(lane) > 0

    def _turn(self, kind: Kind) -> tuple[float, int, str]:
        # Divided at the half (Sainte-Laguë), so that kinds alternate instead of coming in blocks.
        return ((2 * self.have(kind) + 1) / self.want(kind), -self.want(kind), kind)
