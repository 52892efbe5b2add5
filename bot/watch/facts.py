"""What the configuration says about the things that are watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.channels.accounts import accounts
from bot.channels.registry import NETWORKS
from bot.settings import ChannelSettings, OnLocked, Settings
from content_queue.calendar import Calendar, day_start
from content_queue.operations import consents
from content_queue.operations.conditions import Pace
from content_queue.operations.overview import OVERDUE
from content_queue.store.database import Store, Transaction


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel's limits, which all on its ``account`` share.

    ``budget`` is in millionths of a US dollar for a month in UTC, None: no limit. ``by_hand`` says that
    people post to it themselves, ``by_hand_when_locked`` that they do while it is locked out.
    ``consent_until`` is when nothing goes out any more unless a person signs in again, None for no end.
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
    by_hand: bool = False
    by_hand_when_locked: bool = False
    consent_until: datetime | None = None

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
        return replace(pace, account=self.account, by_hand=self.by_hand_when_locked)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is watched: the file's channels and sources, and which workers run.

    ``worker`` is the name that the worker left, or the names of several, None while nobody works. A post
    that nothing stands against is overdue after ``patience``: a clock that runs fast needs more of it.
    ``database`` says why the database cannot be written, "" while it can.
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
            by_hand=NETWORKS[channel.network].limits(channel.options).by_hand,
            by_hand_when_locked=channel.on_locked is OnLocked.MANUAL,
            consent_until=_written_end(channel),
        )
        for name, channel in channels.items()
    )


def status_facts(
    given: Settings, opened: Store, database: Callable[[], str] | None = None
) -> Callable[[Transaction], Facts]:
    """Return what tells the status of this configuration's channels and sources, with the present worker.

    ``database`` says why the database takes no writes; who does not know looks at its place.
    """
    listed = channel_facts(given.channels)
    why = database or opened.trouble

    def facts(tx: Transaction) -> Facts:
        now_listed = _with_told_ends(tx, listed)
        return Facts(now_listed, frozenset(given.sources), worker=opened.running(tx), database=why())

    return facts


def _written_end(channel: ChannelSettings) -> datetime | None:
    """Return the beginning of the day that the file names as the last one of the token."""
    day = channel.consent_until
    return None if day is None else day_start(channel.calendar.zone, day)


def _with_told_ends(tx: Transaction, listed: tuple[ChannelFacts, ...]) -> tuple[ChannelFacts, ...]:
    """Return the channels with the end that their networks told last, where that comes first."""
    told = consents.told(tx)
    return tuple(
        replace(one, consent_until=min(end, one.consent_until or end)) if (end := told.get(one.name)) else one
        for one in listed
    )
