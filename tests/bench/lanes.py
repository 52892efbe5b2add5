"""A worker on pretend channels: all of the bot but the networks."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from bot.clock import SystemClock
from bot.compose.render import Style
from bot.message import Account, Frozen, Limits, Message, Progress, Receipt
from bot.runtime.parts import Brought, Lane, Parts
from bot.settings import SourceSettings
from content_queue.calendar import Calendar, parse_slots
from content_queue.operations.looks import LookRules
from content_queue.planner import Rules
from content_queue.store.database import Store

LIMITS = Limits(maximum=500, measure=len, escape=str, templates={"default": "{title}"})
Request = Callable[[Frozen], Awaitable[str]]


async def at_once(_frozen: Frozen) -> str:
    """A network of 0 ms."""
    return f"r{next(_NUMBERS)}"


_NUMBERS = count(1)


class Pretend:
    """A channel whose one request is handed in; it notes when each began."""

    def __init__(self, name: str, request: Request = at_once) -> None:
        self.name = name
        self.limits = LIMITS
        self.begun: list[float] = []
        self._request = request
        self._clock = SystemClock()

    async def check(self) -> Account:
        return Account("1", self.name)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen:
        return Frozen(message.text.encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        self.begun.append(self._clock.now().timestamp())
        number = await self._request(frozen)
        return Receipt(number, f"https://example.org/{number}")

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


def rules(channel: str, slots: str = "daily 00:00-24:00 every 10m") -> Rules:
    """A channel without limits of its own."""
    calendar = Calendar(ZoneInfo("America/Toronto"), parse_slots([slots]))
    none = timedelta(0)
    return Rules(channel, frozenset({"fr"}), calendar, none, None, {}, none, timedelta(hours=6))


def style(channel: str) -> Style:
    """How a pretend channel speaks."""
    return Style(channel, "pretend", ("fr",), LIMITS)


def lane(channel: Pretend) -> Lane:
    looks = LookRules(0, timedelta(0), resend=False, resend_within=None, on_uncertain="ask")
    return Lane(channel, rules(channel.name), style(channel.name), looks, timedelta(0), timedelta(seconds=30))


def parts(store: Store, channels: Collection[Pretend]) -> Parts:
    lanes = {channel.name: lane(channel) for channel in channels}
    return Parts(
        name="bench",
        store=store,
        clock=SystemClock(),
        lanes=lanes,
        intakes={},
        read=_read_nothing,
        styles={name: one.style for name, one in lanes.items()},
        commit_ahead=timedelta(0),
        grace=timedelta(0),
    )


async def _read_nothing(source: SourceSettings, etag: str, last_modified: str) -> Brought:
    return Brought()
