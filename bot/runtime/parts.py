"""What the worker is made of, handed in by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from bot.clock import Clock
from bot.compose.style import Style
from bot.message import Channel, PictureLimits
from bot.runtime.links import Links
from bot.runtime.premieres import Premieres
from bot.runtime.subscribing import Subscribing
from bot.settings import SourceSettings
from bot.sources.hints import Hints
from bot.sources.hub import NO_HUB, Hub
from bot.watch.alerts import Alerts
from content_queue.item import Entry, Kind, Reason
from content_queue.naming import Names
from content_queue.operations.conditions import Pace
from content_queue.operations.looks import LookRules
from content_queue.operations.pending import WAITS
from content_queue.operations.pictures import Stored
from content_queue.planner import Rules
from content_queue.store.database import Store, Transaction
from content_queue.store.epoch import EpochFile

A = ParamSpec("A")
R = TypeVar("R")


def always_there() -> None:
    """Say nothing: for a database that nobody could take away."""


def no_crash(_point: str) -> None:
    """Do nothing: where no test wants the worker to die at a named point."""


def dying_within(
    crashpoint: Callable[[str], None], point: str, operation: Callable[Concatenate[Transaction, A], R]
) -> Callable[Concatenate[Transaction, A], R]:
    """Return an operation that reaches a named point when all is written and nothing is committed."""

    @wraps(operation)
    def work(tx: Transaction, /, *args: A.args, **kwargs: A.kwargs) -> R:
        result = operation(tx, *args, **kwargs)
        crashpoint(point)
        return result

    return work


@dataclass(frozen=True, slots=True)
class Brought:
    """What reading a source came to.

    ``entries`` is None where nothing changed, ``names`` are theirs where they are worked out. ``wait`` is
    what the other side asked for: with an ``error`` all of its host is left alone for so long. ``hints`` is
    what the document itself asks for, ``moved_to`` the address it has moved to for good, ``gone`` that it
    will never come back, ``error`` one line; ``hub`` who tells of what it brings, as the document says. Of a
    pack, ``mistakes`` name what people have to mend in it, and ``unread`` are the guids of what is there and
    could not be read, None where nobody can tell which they are.
    """

    entries: tuple[Entry, ...] | None = None
    names: tuple[Names, ...] | None = None
    etag: str = ""
    last_modified: str = ""
    wait: timedelta | None = None
    moved_to: str = ""
    gone: bool = False
    error: str = ""
    notes: tuple[str, ...] = ()
    hints: Hints | None = None
    mistakes: tuple[Reason, ...] = ()
    unread: tuple[str, ...] | None = ()
    hub: Hub = NO_HUB


class Reader(Protocol):
    """Reads one source, whatever it is; never raises for what the source does."""

    async def __call__(self, source: SourceSettings, etag: str, last_modified: str) -> Brought:
        """Read ``source``; the validators are what it said the last time."""


class MakePicture(Protocol):
    """Makes the picture at an address, whatever the address is."""

    async def __call__(self, source: str, limits: PictureLimits) -> Stored:
        """Return it within a network's limits; raise ``NoPicture`` where it cannot be had."""


class Sieve(Protocol):
    """A source's filters."""

    def refusals(self, entries: Iterable[Entry], now: datetime) -> list[Reason | None]:
        """Say for each entry why it is passed over, or None."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A source with its filters."""

    settings: SourceSettings
    sieve: Sieve


class Pages(Protocol):
    """Completes items from their own pages."""

    def due(self, now: datetime, intakes: Mapping[str, Intake]) -> bool:
        """Say whether it is time to."""

    async def complete(self, intakes: Mapping[str, Intake]) -> bool:
        """Complete what is new."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A channel with its rules: what the worker needs to fill and serve it.

    ``look_after`` is how long after a request of unknown outcome the first look comes; ``deadline`` bounds
    one call to the network. ``delete_cost`` is what taking a post back costs, in millionths of a US dollar.
    ``by_hand`` takes the channel's place while it is locked out, None where its posts wait.
    """

    channel: Channel
    rules: Rules
    style: Style
    looks: LookRules
    look_after: timedelta
    deadline: timedelta
    delete_cost: int = 0
    by_hand: Channel | None = None

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.rules.channel

    def pace(self, now: datetime) -> Pace:
        """Return the channel's limits at ``now``."""
        rules = self.rules
        pace = Pace.at(
            now,
            rules.channel,
            rules.calendar.zone,
            min_gap=rules.min_gap,
            late=rules.late,
            daily_max=rules.daily_max,
            budget=rules.budget,
        )
        return replace(
            pace,
            account=rules.account,
            french_first=bool(rules.french),
            by_hand=self.by_hand is not None,
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a worker needs.

    ``name`` is this worker's own, different at each start. ``styles`` is how every channel speaks, ``lanes``
    the channels that this worker serves; ``intakes`` the sources that it reads, and ``learn`` says which they
    are now: people add and remove some meanwhile. ``presence`` raises ``StoreError`` while the database's
    file is not there, and ``epoch`` is the file beside it that tells it from an older one; ``alerts`` tells
    people what is wrong, ``links`` looks where posts lead, ``hubs`` asks those of feeds to tell us of new
    entries, ``pages`` completes items from their own, ``premieres`` names videos that have not begun.
    ``may_lead`` says whether it may do for all workers what one must do alone; ``tended`` are the posts that
    its tasks have in hand.
    """

    name: str
    store: Store
    clock: Clock
    lanes: Mapping[str, Lane]
    intakes: Mapping[str, Intake]
    read: Reader
    styles: Mapping[str, Style]
    commit_ahead: timedelta
    grace: timedelta
    crashpoint: Callable[[str], None] = no_crash
    waits: Mapping[Kind, timedelta] = field(default_factory=lambda: WAITS)
    learn: Callable[[Transaction], Mapping[str, Intake]] | None = None
    presence: Callable[[], None] = always_there
    epoch: EpochFile | None = None
    alerts: Alerts | None = None
    make_picture: MakePicture | None = None
    links: Links | None = None
    hubs: Subscribing | None = None
    pages: Pages | None = None
    premieres: Premieres | None = None
    may_lead: bool = True
    tended: set[int] = field(default_factory=set)

    @contextmanager
    def tending(self, post: int) -> Iterator[None]:
        """Have a post in hand: its lease is renewed meanwhile, where leases are kept."""
        self.tended.add(post)
        try:
            yield
        finally:
            self.tended.discard(post)
