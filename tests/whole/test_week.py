"""A week of the worker's life on a clock of its own, over each change of the clocks."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import assemble
from bot.clock import FakeClock
from bot.runtime.worker import IDLE, Worker
from bot.sandbox.published import Published
from bot.sandbox.server import Sandbox
from content_queue.operations import publishing
from content_queue.store.database import Store
from tests.whole.installation import Installation, source
from tests.whole.networks import networks
from tests.whole.news import newsroom

TORONTO = ZoneInfo("America/Toronto")
LONGEST_LEAP = timedelta(hours=1)
AUTUMN, SPRING = date(2026, 10, 29), date(2027, 3, 12)
"""Shortly before 2026-11-01, when 01:30 comes twice, and 2027-03-14, when 02:30 does not come."""
X, ENGLISH, BOTH = "1", "@waves", "@vagues"
FEEDS: dict[str, tuple[str, str, int]] = {
    "nouvelles": ("fr", "article", 40),
    "films": ("fr", "video", 24),
    "news": ("en", "article", 30),
}
GAP, JITTER, GRACE = timedelta(hours=3), timedelta(minutes=10), timedelta(minutes=10)
DAILY = 6
MIX: dict[str, object] = {"mix.article": 2, "mix.video": 1}


@dataclass(slots=True)
class Lived:
    """What the public saw from midnight on."""

    start: datetime
    shown: list[Published]

    def on(self, account: str) -> list[Published]:
        return [post for post in self.shown if post.account == account]

    def walls(self, account: str) -> list[datetime]:
        """When an account posted, as the clocks on the walls of Toronto showed it."""
        return [post.created_at.astimezone(TORONTO) for post in self.on(account)]


def titles(feed: str) -> list[str]:
    return [f"{feed.capitalize()} {number}" for number in range(FEEDS[feed][2])]


def configure(bot: Installation, home: str, sandbox: str) -> None:
    """Three channels: X in French, Telegram in English, Telegram in both."""
    bot.write(
        *(
            source(name, f"{home}/{name}", language=language, kind=kind, approval="trusted", every="4h")
            for name, (language, kind, _) in FEEDS.items()
        ),
        bot.x(
            "x-fr",
            sandbox,
            language="fr",
            slots="daily 07:00-22:00 every 90m",
            quiet="21:00-07:30",
            daily_max=DAILY,
            **MIX,
        ),
        bot.telegram(
            *("tg-en", sandbox, ENGLISH),
            language="en",
            slots=["mon-fri 08:30, 12:15:30", "sat 10:00", "sun 01:30, 02:30"],
        ),
        bot.telegram(
            *("tg-both", sandbox, BOTH),
            language=["fr", "en"],
            slots=["daily 00:05", "daily 09:00-18:00 every 1h"],
            min_gap="3h",
            jitter="10m",
        ),
        grace="10m",
        commit_ahead="24h",
    )
    text = bot.file.read_text(encoding="utf-8").replace('"UTC"', '"America/Toronto"')
    bot.file.write_text(text, encoding="utf-8")


async def live(worker: Worker, store: Store, clock: FakeClock, end: datetime) -> None:
    """Step whenever something is due, and leap over the time in which nothing is."""
    while clock.now() < end:
        now = clock.now()
        wake = await worker.step(now)
        if worker.busy or worker.poked.is_set():
            await worker.settled()
            continue
        if wake >= now + IDLE:
            with store.read() as tx:
                wake = min(publishing.next_due(tx, now) or end, now + LONGEST_LEAP)
        clock.advance(min(wake, end) - now)


async def lived(bot: Installation, sandbox: Sandbox, clock: FakeClock, span: timedelta) -> Lived:
    start = clock.now()
    settings = assemble.settings(bot.file, bot.environment)
    store = assemble.store(settings)
    made = assemble.assemble(settings, store, clock)
    await made.worker.start("a week")
    try:
        await live(made.worker, store, clock, start + span)
    finally:
        await made.worker.stop(timedelta(seconds=5))
        await made.close()
        store.close()
    return Lived(start, sandbox.timeline())


async def live_from(day: date, span: timedelta, home: Path) -> Lived:
    """Live through a span from midnight in Toronto."""
    clock = FakeClock(datetime(day.year, day.month, day.day, tzinfo=TORONTO))
    bot = Installation(home)
    async with networks(clock.now) as sandbox, newsroom({name: titles(name) for name in FEEDS}) as room:
        configure(bot, room.url, sandbox.url)
        return await lived(bot, sandbox, clock, span)


def told(walls: list[datetime]) -> list[str]:
    return [wall.strftime("%a %H:%M:%S") for wall in walls]


def every_rule(seen: Lived) -> None:
    """Hold every post against what the configuration says."""
    assert {wall.strftime("%H:%M:%S") for wall in seen.walls(X)} == {
        *("08:30:00", "10:00:00", "11:30:00", "13:00:00", "14:30:00", "16:00:00"),
    }  # fmt: skip
    assert set(Counter(wall.date() for wall in seen.walls(X)).values()) == {DAILY}
    assert all(post.text.startswith(("Nouvelles ", "Films ")) for post in seen.on(X))
    assert all(post.text.startswith("News ") for post in seen.on(ENGLISH))
    kinds = [post.text.startswith("Films ") for post in seen.on(X)]
    assert all(abs(sum(kinds[:end]) - end / 3) <= 1 for end in range(1, len(kinds) + 1))
    both = [post.created_at for post in seen.on(BOTH)]
    assert min(after - before for before, after in pairwise(both)) >= GAP
    assert all(timedelta(0) <= late < JITTER for late in map(lateness, seen.walls(BOTH)))
    assert both[0] >= seen.start + GRACE
    assert {post.text.split()[0] for post in seen.on(BOTH)} == {"Nouvelles", "Films", "News"}
    for account in (X, ENGLISH, BOTH):
        stories = [post.text.splitlines()[0] for post in seen.on(account)]
        assert len(set(stories)) == len(stories)


def lateness(wall: datetime) -> timedelta:
    """How long after a slot of the channel for both languages a moment lies."""
    slot = wall.replace(hour=0, minute=5, second=0) if wall.hour == 0 else wall.replace(minute=0, second=0)
    assert wall.hour in {0, *range(9, 19)}
    return wall - slot


async def test_a_week_in_which_one_hour_comes_twice(tmp_path: Path) -> None:
    seen = await live_from(AUTUMN, timedelta(days=7, hours=1), tmp_path)
    every_rule(seen)
    assert told(seen.walls(ENGLISH)) == [
        *("Thu 08:30:00", "Thu 12:15:30", "Fri 08:30:00", "Fri 12:15:30", "Sat 10:00:00"),
        *("Sun 01:30:00", "Sun 02:30:00", "Mon 08:30:00", "Mon 12:15:30", "Tue 08:30:00", "Tue 12:15:30"),
        *("Wed 08:30:00", "Wed 12:15:30"),
    ]
    first, then = seen.on(ENGLISH)[5:7]
    assert then.created_at - first.created_at == timedelta(hours=2)  # the first of the two 01:30
    assert len(seen.on(X)) == 7 * DAILY


async def test_days_of_which_one_lacks_an_hour(tmp_path: Path) -> None:
    seen = await live_from(SPRING, timedelta(days=4), tmp_path)
    every_rule(seen)
    assert told(seen.walls(ENGLISH)) == [
        *("Fri 08:30:00", "Fri 12:15:30", "Sat 10:00:00", "Sun 01:30:00", "Sun 03:00:00"),
        *("Mon 08:30:00", "Mon 12:15:30"),
    ]
    first, then = seen.on(ENGLISH)[3:5]
    assert then.created_at - first.created_at == timedelta(minutes=30)
    assert len(seen.on(X)) == 4 * DAILY
