"""What the web desk is made of: everything it needs is handed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.desk.operations import Desk
from bot.desk.passwords import Passwords
from bot.desk.pictures import ShowPicture
from bot.desk.web.reached import Reached
from bot.secret import Secret
from bot.sources.story import FindStory
from bot.watch.health import Health
from bot.watch.status import Status
from content_queue.item import Message, Reason
from content_queue.store.database import Store, Transaction


class Foreseen(Protocol):
    """A row of the forecast: what would go out beyond the committed hours, as things stand."""

    @property
    def due_at(self) -> datetime:
        """When."""

    @property
    def channel(self) -> str:
        """Where."""

    @property
    def item(self) -> int:
        """What: the item's id."""

    @property
    def message(self) -> Message:
        """The words, as they would go out."""

    @property
    def reason(self) -> Reason:
        """Why then."""


def tell_nobody() -> None:
    """Say nothing: for a desk without a worker beside it."""


Forecast = Callable[[Transaction, datetime, datetime], Sequence[Foreseen]]
"""Called with the transaction, now, and until when; earliest first."""


Soonest = Callable[[Transaction, datetime, datetime], Mapping[str, datetime]]
"""Called with the transaction, from when and until when: the first free time of each channel that has one."""


class Empty(Protocol):
    """Finds the slots that nothing stands in."""

    def __call__(
        self,
        tx: Transaction,
        now: datetime,
        until: datetime,
        ahead: Sequence[tuple[str, datetime]],
        most: int,
    ) -> Mapping[str, Sequence[datetime]]:
        """Return by channel the first ``most`` of them; ``ahead`` is what is foreseen: where, and when."""


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What assemble hands in.

    ``token`` opens the desk while nobody has come in by an invitation. ``reached`` tells how requests come
    in. ``health`` judges for ``/healthz`` and ``/readyz``; ``language`` is for those who chose none.
    ``find_story`` reads the page at an address that somebody gives; ``picture`` makes the pictures of
    messages that nobody has approved yet.
    ``changed`` is called after every act, so that the worker beside the desk takes it up at once.
    ``patience`` is how long a form may take to arrive. ``unseal`` opens what a hub signs with, None where
    none is asked; ``wake`` is called when a hub has told of something new.
    """

    store: Store
    desk: Desk
    now: Callable[[], datetime]
    status: Callable[[Transaction, datetime], Status]
    health: Callable[[], Awaitable[Health]]
    token: Secret
    reached: Reached
    zone: ZoneInfo
    language: str = "fr"
    version: str = ""
    forecast: Forecast | None = None
    find_story: FindStory | None = None
    picture: ShowPicture | None = None
    soonest: Soonest | None = None
    empty: Empty | None = None
    changed: Callable[[], None] = tell_nobody
    contact: str = ""
    passwords: Passwords = field(default_factory=Passwords)
    patience: timedelta = timedelta(seconds=20)
    unseal: Callable[[str], Mapping[str, str]] | None = None
    wake: Callable[[], None] = tell_nobody
