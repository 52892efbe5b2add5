"""What the configuration says about the things that are watched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.settings import ChannelSettings
from content_queue.calendar import Calendar, day_start, local_day
from content_queue.operations.conditions import Pace
from content_queue.operations.overview import OVERDUE


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel's limits. ``budget`` is in millionths of a US dollar for a month in UTC, None: no limit."""

    name: str
    network: str
    calendar: Calendar
    languages: tuple[str, ...] = ()
    min_gap: timedelta = timedelta(0)
    late: timedelta = timedelta(hours=6)
    daily_max: int | None = None
    budget: int | None = None

    def pace(self, now: datetime) -> Pace:
        """Return the channel's limits at ``now``."""
        today = local_day(self.calendar.zone, now)
        return Pace(
            channel=self.name,
            gap_since=now - self.min_gap,
            day_start=day_start(self.calendar.zone, today),
            day_end=day_start(self.calendar.zone, today + timedelta(days=1)),
            month_start=month_start(now),
            late=self.late,
            daily_max=self.daily_max,
            budget=self.budget,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What is watched: the file's channels and sources, and who holds the worker's lock.

    ``worker`` is the name that the holder left, None while nobody holds it. A post that nothing stands
    against is overdue after ``patience``: a clock that runs fast needs more of it.
    """

    channels: tuple[ChannelFacts, ...]
    sources: frozenset[str] = frozenset()
    worker: str | None = None
    patience: timedelta = OVERDUE


def channel_facts(channels: Iterable[ChannelSettings]) -> tuple[ChannelFacts, ...]:
    """Return what is watched of each channel."""
    return tuple(
        ChannelFacts(
            name=channel.name,
            network=channel.network,
            calendar=channel.calendar,
            languages=channel.languages,
            min_gap=channel.min_gap,
            late=channel.late,
            daily_max=channel.daily_max,
            budget=channel.monthly_budget,
        )
        for channel in channels
    )


def month_start(now: datetime) -> datetime:
    """Return when the month in UTC began, in which budgets are counted."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
