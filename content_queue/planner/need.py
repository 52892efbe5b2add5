"""How many posts the calendars ask for, by kind and language: what the queue should have in stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from content_queue.calendar import slots_in_a_week
from content_queue.item import Kind
from content_queue.planner.values import Rules

_WEEK = 7

Need = Mapping[tuple[Kind, str], float]
"""Posts a week; nothing stands there of what no slot is for."""


def weekly(channels: Iterable[Rules]) -> Need:
    """Return what an ordinary week of all channels asks for.

    A mix gives each kind its share, and none to those that it does not name; without one each kind may have
    every slot, as each language may of an account that speaks several.
    """
    asked: dict[tuple[Kind, str], float] = defaultdict(float)
    for rules in channels:
        most = _WEEK * rules.daily_max if rules.daily_max is not None else None
        slots = slots_in_a_week(rules.calendar)
        posts = slots if most is None else min(slots, most)
        for kind, share in _shares(rules.mix).items():
            for language in rules.languages:
                asked[kind, language] += posts * share
    return {pair: posts for pair, posts in asked.items() if posts}


def _shares(mix: Mapping[Kind, int]) -> dict[Kind, float]:
    whole = sum(mix.values())
    return {kind: weight / whole for kind, weight in mix.items()} if whole else dict.fromkeys(Kind, 1.0)
