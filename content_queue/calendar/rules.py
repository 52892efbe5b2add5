"""What an operator writes about a channel's times, read into values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

DAY_SECONDS: Final = 24 * 60 * 60
_SIXTY: Final = 60
_ENGLISH: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FRENCH: Final = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
_WEEKDAYS: Final = {name: day for names in (_ENGLISH, _FRENCH) for day, name in enumerate(names)}
_LINE: Final = re.compile(r"(?P<days>[^\d]*[^\d\s])\s+(?P<times>\d.*)")
_GRID: Final = re.compile(r"(?P<first>[\d:]+)\s*-\s*(?P<last>[\d:]+)\s+every\s+(?P<step>\w+)")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_STEP: Final = re.compile(r"(?=\d)(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?", re.ASCII)


def never(_day: date) -> bool:
    """Say that no day is a holiday."""
    return False


@dataclass(frozen=True, slots=True)
class SlotRule:
    """One line of slots: weekdays (Monday is 0) and the day's seconds as ranges, ends excluded."""

    days: frozenset[int]
    seconds: tuple[range, ...]


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without posts, from ``start`` up to but not including ``end``; they may wrap midnight."""

    start: time
    end: time

    def covers(self, wall: time) -> bool:
        """Say whether a wall-clock time is quiet."""
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a channel may speak. ``is_holiday`` answers for a day in the calendar's zone."""

    zone: ZoneInfo
    slots: tuple[SlotRule, ...]
    quiet: Quiet | None = None
    is_holiday: Callable[[date], bool] = never

    def is_quiet(self, moment: datetime) -> bool:
        """Say whether ``moment`` lies in quiet hours."""
        return self.quiet is not None and self.quiet.covers(moment.astimezone(self.zone).time())


def parse_slots(lines: Sequence[str]) -> tuple[SlotRule, ...]:
    """Read slot lines such as "mon-fri 08:30, 12:15" and "daily 09:00-18:00 every 90m".

    The end of a grid counts, except 24:00. Raises ValueError with one line that quotes what is wrong.
    """
    return tuple(_parse_line(line) for line in lines)


def parse_quiet(text: str) -> Quiet:
    """Read quiet hours such as "21:00-07:00"; raise ValueError with one line if they are malformed."""
    try:
        return _read_quiet(text)
    except ValueError as error:
        raise ValueError(f'quiet hours "{text}": {error}; write for example "21:00-07:00"') from None


def wall_time(second: int) -> time:
    """Return the wall-clock time of a second of the day; 24:00 is 00:00."""
    minutes, seconds = divmod(second % DAY_SECONDS, _SIXTY)
    return time(minutes // _SIXTY, minutes % _SIXTY, seconds)


def second_of(wall: time) -> int:
    """Return the second of the day of a wall-clock time, parts of a second dropped."""
    return (wall.hour * _SIXTY + wall.minute) * _SIXTY + wall.second


def _parse_line(line: str) -> SlotRule:
    try:
        return _read_line(line)
    except ValueError as error:
        raise ValueError(
            f'slots "{line}": {error}; write for example "mon-fri 08:30, 12:15" '
            'or "daily 09:00-18:00 every 90m"',
        ) from None


def _read_quiet(text: str) -> Quiet:
    start, _, end = text.partition("-")
    quiet = Quiet(wall_time(_seconds(start)), wall_time(_seconds(end)))
    if quiet.start == quiet.end:
        raise ValueError("they start and end at the same time")
    return quiet


def _read_line(line: str) -> SlotRule:
    match = _LINE.fullmatch(line.strip().lower())
    if match is None:
        raise ValueError("it needs days and then times")
    return SlotRule(_parse_days(match["days"]), _parse_times(match["times"]))


def _parse_days(text: str) -> frozenset[int]:
    if text == "daily":
        return frozenset(range(7))
    return frozenset(day for part in text.split(",") for day in _day_span(part))


def _day_span(text: str) -> Iterator[int]:
    first, dash, last = (part.strip() for part in text.partition("-"))
    for name in (first, last) if dash else (first,):
        if name not in _WEEKDAYS:
            raise ValueError(f'"{name}" is no day')
    begin = _WEEKDAYS[first]
    length = (_WEEKDAYS[last] - begin) % 7 if dash else 0
    return ((begin + step) % 7 for step in range(length + 1))


def _parse_times(text: str) -> tuple[range, ...]:
    grid = _GRID.fullmatch(text)
    if grid is not None:
        return (_grid(grid["first"], grid["last"], grid["step"]),)
    seconds = [_seconds(part) for part in text.split(",")]
    if max(seconds) >= DAY_SECONDS:
        raise ValueError('"24:00" only ends a grid, a day begins at "00:00"')
    return tuple(range(second, second + 1) for second in sorted(set(seconds)))


def _grid(first: str, last: str, step: str) -> range:
    begin, end = _seconds(first), _seconds(last)
    if begin >= end:
        raise ValueError(f'"{first}" is not before "{last}"')
    match = _STEP.fullmatch(step)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    every = (hours * _SIXTY + minutes) * _SIXTY + seconds
    if not every:
        raise ValueError(f'"every {step}" is no step like 90m, 1h30m or 30s')
    return range(begin, min(end + 1, DAY_SECONDS), every)


def _seconds(text: str) -> int:
    match = _CLOCK.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, _SIXTY, 0)
    total = (hours * _SIXTY + minutes) * _SIXTY + seconds
    if minutes >= _SIXTY or seconds >= _SIXTY or total > DAY_SECONDS:
        raise ValueError(f'"{text.strip()}" is no time between 00:00 and 24:00')
    return total
