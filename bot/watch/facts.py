"""What the configuration says about the things that are watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.channels.accounts import accounts
from bot.channels.registry import NETWORKS
from bot.settings import ChannelSettings, Settings
from content_queue.calendar import Calendar
from content_queue.operations.conditions import Pace
from content_queue.operations.overview import OVERDUE
from content_queue.store.database import Store
from content_queue.store.presence import disk_trouble


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel's limits, which all on its ``account`` share.

    ``budget`` is in millionths of a US dollar for a month in UTC, None: no limit.
    """

    name: str
    network: str
    calendar: Calendar
    languages: tuple[str, ...] = ()
    min_gap: timedelta = timedelta(0)
    late: timedelta = timedelta(hours=6)
    daily_max: int | None = None
    budget: int | None = None
    account: tuple[str, ...] = ()

    def pace(self, now: datetime) -> Pace:
        """Return the channel's limits at ``now``."""
        pace = Pace.at(
            now,
            self.name,
            self.calendar.zone,
            min_gap=self.min_gap,
            late=self.late,
            daily_max=self.daily_max,
            budget=self.budget,
        )
        return replace(pace, account=self.account)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is watched: the file's channels and sources, and who holds the worker's lock.

    ``worker`` is the name that the holder left, None while nobody holds it. A post that nothing stands
    against is overdue after ``patience``: a clock that runs fast needs more of it. ``database`` says why the
    database cannot be written, "" while it can.
    """

    channels: tuple[ChannelFacts, ...]
    sources: frozenset[str] = frozenset()
    worker: str | None = None
    patience: timedelta = OVERDUE
    database: str = ""


def channel_facts(channels: Mapping[str, ChannelSettings]) -> tuple[ChannelFacts, ...]:
    """Return what is watched of each channel."""
    shared = accounts(channels, NETWORKS)
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
            account=shared[name],
        )
        for name, channel in channels.items()
    )


def status_facts(
    given: Settings, opened: Store, database: Callable[[], str] | None = None
) -> Callable[[], Facts]:
    """Return what tells the status of this configuration's channels and sources, with the present worker.

    ``database`` says why the database takes no writes; who does not know looks at its disk.
    """
    listed = channel_facts(given.channels)
    why = database or partial(disk_trouble, opened.path)

    def facts() -> Facts:
        lock = opened.worker_lock
        holder = lock.holder() if lock.taken() else None
        return Facts(listed, frozenset(given.sources), worker=holder, database=why())

    return facts
