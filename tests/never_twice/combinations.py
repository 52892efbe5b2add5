"""Which combinations of answer fault, kill point and class of network there are."""

from __future__ import annotations

from collections.abc import Iterator

from tests.never_twice.classes import KINDS
from tests.never_twice.faults import BY_NAME, FAULTS, LATER, Fault
from tests.never_twice.rounds import Combination

BEFORE = ("K08", "K09", "K12", "K13")
"""Dead before the intent is durable: nothing of the fault has been met."""
AFTER = ("K14", "K20", "K21", "K22")
TWICE_DEAD = (("K14", "K27"), ("K20", "K27"), ("K12", "K14"), ("K14", "K20"))
LOOKS = ("K24a", "K24b", "K24c")
REPRESENTATIVE = (
    "fine",
    "N05 429",
    "N06 401",
    "N07 422",
    "N02 made, cut",
    "N02 read, cut, not made",
    "N01 nobody listens",
)


def every() -> list[Combination]:
    """Return all of them, in a fixed order."""
    return list(dict.fromkeys(found for kind in KINDS for found in _of(kind)))


def _of(kind: str) -> Iterator[Combination]:
    for fault in FAULTS:
        if fault.only and kind not in fault.only:
            continue
        for deaths in _deaths(kind, fault):
            yield Combination(kind, (fault.name,), deaths)
        if KINDS[kind].keyed and fault.means == "unknown" and not fault.applied and not fault.hangs:
            yield from (Combination(kind, (fault.name, later)) for later in LATER)
    if KINDS[kind].keyed:
        yield from _repeated(kind)


def _deaths(kind: str, fault: Fault) -> Iterator[tuple[str, ...]]:
    yield ()
    yield from ((point,) for point in AFTER)
    yield ("K20", "K27")
    if fault.name in REPRESENTATIVE:
        yield from ((point,) for point in BEFORE)
        yield from TWICE_DEAD[:1]
        yield ("K12", "K20")
        if KINDS[kind].ours:
            yield ("K11",)
    if not fault.unreachable:
        yield from _on_the_wire(fault)
    if fault.means == "unknown" and KINDS[kind].looks.looks:
        yield from ((point,) for point in LOOKS)
        yield from (("K20", point) for point in LOOKS)


def _on_the_wire(fault: Fault) -> Iterator[tuple[str, ...]]:
    if fault.name in REPRESENTATIVE:
        yield from ((point,) for point in ("K15", "K16", "K17"))
    yield ("K18",)
    if fault.cut != "before" and not fault.hangs:
        yield ("K19",)


def _repeated(kind: str) -> Iterator[Combination]:
    """Return those in which the second request under the same key misbehaves too, or is died upon."""
    for later in LATER:
        for first in ("N02 made, cut", "N02 read, cut, not made", "N02 read, cut, made 25 min later"):
            for death in ("K14", "K20", "K21", "K24a", "K24b", "K24c"):
                yield Combination(kind, (first, later), (death,))


def unknown_names(found: list[Combination]) -> set[str]:
    """Return faults that no combination meets."""
    return set(BY_NAME) - {name for each in found for name in each.faults}
