"""A figure with what stands beside it, and the table of all of them."""

import resource
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Benchmark = Callable[[], Iterable["Figure | str"]]
"""Measures something; a string is a line about what could not be measured."""

HEAD = ("work", "figure", "beside it", "ratio", "aim", "")


@dataclass(frozen=True, slots=True)
class Aim:
    """What the design aims at: a bound of the figure, or of its ratio to what stands beside it."""

    bound: float
    of_ratio: bool = False
    at_least: bool = False

    def words(self, unit: str) -> str:
        bound = f"{'at least' if self.at_least else 'at most'} {self.bound:g}"
        return f"{bound} times" if self.of_ratio else f"{bound} {unit}"

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; ``beside`` is what ``peer`` took in the same run, in the same unit."""

    work: str
    value: float
    unit: str
    aim: Aim | None = None
    peer: str = ""
    beside: float | None = None

    def cells(self) -> tuple[str, ...]:
        beside = f"{self.peer} {_short(self.beside)} {self.unit}" if self.beside is not None else ""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        aim = self.aim.words(self.unit) if self.aim else ""
        return (self.work, f"{_short(self.value)} {self.unit}", beside, ratio, aim, self._verdict())

    @property
    def ratio(self) -> float | None:
        return self.value / self.beside if self.beside else None

    def _verdict(self) -> str:
        judged = self.ratio if self.aim is not None and self.aim.of_ratio else self.value
        if self.aim is None or judged is None:
            return ""
        return "holds" if self.aim.holds(judged) else "**missed**"


@dataclass(slots=True)
class Spent:
    """Seconds that something took: on the wall, and of computing (ended child processes included)."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def spent() -> Iterator[Spent]:
    """Measure what the body takes."""
    made = Spent()
    wall, cpu = time.perf_counter(), _computing()
    try:
        yield made
    finally:
        made.wall, made.cpu = time.perf_counter() - wall, _computing() - cpu


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table that is as readable in a terminal."""
    cells = [HEAD, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _computing() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
