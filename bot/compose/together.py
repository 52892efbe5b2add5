"""Two languages in one text: each fitted into its share, and what one leaves the other takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.compose.fit import DoesNotFit, Parts, fit
from bot.message import Limits

_BETWEEN = "\n\n"


def fit_together(blocks: Sequence[tuple[Parts, str]], limits: Limits) -> str:
    """Return the blocks (parts and template), one under the other, all whole or cut as :func:`fit` cuts.

    Raises :class:`DoesNotFit` where even the smallest texts are too long together.
    """
    room = limits.maximum - limits.measure(_BETWEEN) * (len(blocks) - 1)
    share = room // len(blocks)
    lengths = [_length(block, share, limits) for block in blocks]
    texts: list[str] = []
    for place, (parts, template) in enumerate(blocks):
        others = sum(lengths[:place] + lengths[place + 1 :])
        text = fit(parts, template, replace(limits, maximum=max(room - others, 1)))
        lengths[place] = limits.measure(text)
        texts.append(text)
    return _BETWEEN.join(texts)


def _length(block: tuple[Parts, str], share: int, limits: Limits) -> int:
    """Return how much of an even share a block needs; one that needs more takes what the others leave."""
    parts, template = block
    try:
        return limits.measure(fit(parts, template, replace(limits, maximum=share)))
    except DoesNotFit:
        return share
