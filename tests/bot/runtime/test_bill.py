"""What X costs: the forecast of 30 days is what the sandbox then bills; the month's cap is never passed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.channels.network import Wiring
from bot.channels.x import NETWORK
from bot.compose.style import Style
from bot.message import Channel
from bot.runtime.parts import Lane
from bot.runtime.planning import PlanRow, forecast
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from content_queue.calendar import Calendar, parse_slots
from content_queue.item import Kind, Version
from content_queue.operations import overview, spending
from content_queue.operations.looks import LookRules
from content_queue.planner import Rules
from tests.bot.runtime.world import HOUR, MINUTE, MONTREAL, World, living

START = datetime(2026, 6, 20, 4, tzinfo=UTC)  # ten days of June, twenty of July
JUNE, JULY = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
DOLLAR = 1_000_000
A_READ = 0.001
SLOTS = (9, 16)
KINDS = (Kind.FACT, Kind.ARTICLE, Kind.ANNOUNCEMENT)


@dataclass(slots=True)
class Shared:
    """The worker's clock and its account, which are made after those that share them."""

    now_of: Callable[[], datetime] = lambda: START
    spent_of: Callable[[int], object] = lambda _cost: None

    def now(self) -> datetime:
        return self.now_of()

    def spent(self, cost: int) -> None:
        self.spent_of(cost)


@dataclass(slots=True)
class Billed:
    """A worker that posts to X's stand-in, which bills it."""

    world: World
    sandbox: Sandbox

    def foreseen(self) -> list[PlanRow]:
        """What `plan --days 30` shows."""
        rules = [lane.rules for lane in self.world.parts.lanes.values()]
        now = self.world.clock.now()
        with self.world.store.read() as tx:
            return forecast(tx, rules, now, now + MONTH)

    async def live(self) -> None:
        """Live through the 30 days, a step at each slot."""
        clock, end = self.world.clock, self.world.clock.now() + MONTH
        await self.world.quiet()
        while (slot := clock.now() + HOUR) <= end:
            clock.advance(HOUR)
            if slot.astimezone(MONTREAL).hour in SLOTS:
                await self.world.quiet()

    async def bill(self) -> list[dict[str, Any]]:
        """What the sandbox counted, by month."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.sandbox.url}/bill.json") as answer:
            return list(await answer.json())

    def metered(self) -> dict[str, float]:
        """What `status` shows as spent since the start of each month, in US dollars, as that month's own."""
        with self.world.store.read() as tx:
            june, july = (overview.spent(tx, "x-fr", month) / DOLLAR for month in (JUNE, JULY))
        return {"2026-06": june - july, "2026-07": july}


def for_posts(bill: list[dict[str, Any]]) -> float:
    """What a bill says of posts: the daily look at our own is apart."""
    reads = sum(int(line["acts"].get("read", 0)) for line in bill)
    return round(sum(float(line["usd"]) for line in bill) - A_READ * reads, 4)


def x_on(shared: Shared, api: str) -> Channel:
    return NETWORK.connect(
        Wiring(
            name="x-fr",
            options=NETWORK.options(),
            secrets={name: Secret("42-secret") for name in NETWORK.secrets},
            api=api,
            clock_now=shared.now,
            deadline=timedelta(seconds=30),
            spent=shared.spent,
        )
    )


def lane_of(channel: Channel, budget: float | None) -> Lane:
    options = NETWORK.options()
    micros = None if budget is None else int(budget * DOLLAR)
    calendar = Calendar(MONTREAL, parse_slots(["daily 09:00, 16:00"]))
    mix: dict[Kind, int] = {}
    rules = Rules(
        *("x-fr", frozenset({"fr"}), calendar, timedelta(0), None, mix, timedelta(0), 6 * HOUR),
        budget=micros,
        read_cost=NETWORK.read_cost(options),
    )
    style = Style(
        "x-fr",
        "x",
        ("fr",),
        NETWORK.limits(options),
        links="always" if budget is None else "budget",
        cost=partial(NETWORK.cost, options),
        alt_cost=NETWORK.alt_cost(options),
    )
    return Lane(channel, rules, style, LookRules(2, MINUTE), MINUTE, timedelta(seconds=30))


@asynccontextmanager
async def billed(folder: Path, budget: float | None, items: int) -> AsyncIterator[Billed]:
    """A queue of approved items of three kinds, every second one with an address."""
    shared = Shared()
    sandbox = Sandbox(shared.now)
    await sandbox.start()
    lane = lane_of(x_on(shared, sandbox.url), budget)
    try:
        async with living(folder, lane, now=START) as world:
            shared.now_of = world.clock.now
            shared.spent_of = lambda cost: world.store.tell(spending.charge, world.clock.now(), "x-fr", cost)
            for number in range(items):
                address = f"https://example.org/{number}" if number % 2 else ""
                kind = KINDS[number % len(KINDS)]
                words = (Version("fr", f"Nouvelle {number}", "Une phrase.", address),)
                world.item(f"Nouvelle {number}", kind=kind, versions=words)
            yield Billed(world, sandbox)
    finally:
        await sandbox.stop()


def dollars(rows: list[PlanRow]) -> float:
    return sum(row.message.cost for row in rows) / DOLLAR


@pytest.mark.parametrize(("budget", "items"), [(None, 70), (3.00, 70), (0.40, 70)])
async def test_the_forecast_of_30_days_is_what_the_sandbox_then_bills(
    tmp_path: Path, budget: float | None, items: int
) -> None:
    async with billed(tmp_path, budget, items) as it:
        foreseen = it.foreseen()
        expected = dollars([row for row in foreseen if not row.held])
        await it.live()
        bill = await it.bill()
        assert for_posts(bill) == round(expected, 4)
        assert it.metered() == pytest.approx({line["month"]: line["usd"] for line in bill})
        assert sum(line["acts"]["read"] for line in bill) > len(it.sandbox.timeline())
        assert len(it.sandbox.timeline()) == len([row for row in foreseen if not row.held])
        if budget is not None:
            most = max(line["usd"] for line in bill)
            assert budget / 2 < most <= budget  # reads and all, and it is made use of


async def test_links_go_to_what_matters_most(tmp_path: Path) -> None:
    async with billed(tmp_path, 3.00, 70) as it:
        rows = [row for row in it.foreseen() if row.message.variant in ("link", "plain")]
        kinds = {item.id: item.kind for item in it.world.items()}
        july = [row for row in rows if row.due_at >= JULY]
        linked = {kinds[row.item] for row in july if row.message.variant == "link"}
        plain = {kinds[row.item] for row in july if row.message.variant == "plain"}
        assert Kind.ANNOUNCEMENT in linked
        assert Kind.FACT in plain
        assert Kind.FACT not in linked
