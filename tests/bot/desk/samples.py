"""A desk over a real database with a few items, brought there by the queue's own operations."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.compose.measure import html_text, utf16, weighted
from bot.compose.render import Style
from bot.desk import operations, story
from bot.desk.operations import Desk
from bot.desk.passwords import Passwords
from bot.desk.web.parts import DeskParts
from bot.desk.web.reached import Reached
from bot.message import Limits
from bot.runtime import planning as worker_planning
from bot.secret import Secret
from bot.watch.facts import ChannelFacts, Facts
from bot.watch.health import Health
from bot.watch.status import read
from content_queue.calendar import Calendar, parse_slots
from content_queue.item import Entry, Kind, Post, Version
from content_queue.lifecycle import PostEvent
from content_queue.operations import intake, looks, pictures, planning, publishing, sources
from content_queue.operations.conditions import Pace
from content_queue.people import local
from content_queue.planner import Rules
from content_queue.store.database import Store, Transaction
from content_queue.store.schema import upgrade

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)  # 8 h 30 in Montréal
ZONE = ZoneInfo("America/Toronto")
TOKEN = "a-token-made-up-for-tests"
HOSTILE = "<script>alert(1)</script>"
SHORT = Limits(
    maximum=280,
    measure=weighted,
    escape=str,
    templates={"default": "{title}\n\n{summary}\n\n{url}\n\n{hashtags}"},
)
MARKUP = Limits(
    maximum=4096,
    measure=lambda markup: utf16(html_text(markup)),
    escape=html.escape,
    templates={
        "default": '<b><a href="{url}">{title}</a></b>\n\n{summary}',
        "plain": "<b>{title}</b>\n\n{summary}",
    },
    hashtags=0,
)
STYLES = {
    "x-fr": Style("x-fr", "x", ("fr",), SHORT, cost=lambda link: 200_000 if link else 15_000),
    "x-en": Style("x-en", "x", ("en",), SHORT),
    "telegram-fr": Style("telegram-fr", "telegram", ("fr",), MARKUP),
}
SHOWN = pictures.Stored("5a" * 32, "image/png", 1, 1, bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
))  # fmt: skip
"""A picture of one white point."""
LATE = {name: timedelta(hours=6) for name in STYLES}
WAVES = Version(
    "fr",
    "StarTech\u00a0: lire les vagues depuis Rimouski",
    "Une jeune entreprise transforme les bouées du Saint-Laurent en stations de mesure.",
    "https://example.org/startech/vagues",
    "https://pictures.example.net/bouee.jpg",
    "Une bouée jaune au large du Bic.",
)
WAVES_EN = Version(
    "en",
    "StarTech: reading the waves from Rimouski",
    "A young company turns the buoys of the St. Lawrence into measuring stations.",
    "https://example.org/en/startech/waves",
)
ENTRIES = (
    Entry("waves", Kind.ARTICLE, (WAVES, WAVES_EN), NOW - timedelta(hours=3), ("startech",)),
    Entry(
        "hostile",
        Kind.ARTICLE,
        (Version("fr", HOSTILE, '"><img src=x onerror=alert(2)>', "javascript:alert(3)"),),
        NOW - timedelta(hours=2),
    ),
    Entry(
        "film",
        Kind.VIDEO,
        (Version("fr", "Dans les coulisses d’un laboratoire de Laval", "", "https://example.org/film"),),
        NOW - timedelta(hours=1),
    ),
)
PACE = {
    name: Pace(name, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1), NOW, timedelta(hours=6))
    for name in STYLES
}


@dataclass
class Time:
    """A clock that stands still until a test moves it."""

    now: datetime = NOW


@dataclass(frozen=True)
class Queue:
    """A store with three pending items: i1 in both languages, i2 hostile, i3 in French alone."""

    store: Store
    desk: Desk
    time: Time

    def approve(self, item: int = 1) -> list[Post]:
        """Approve an item and plan it on every channel that it fits, an hour from now."""
        with self.store.write() as tx:
            made = operations.approve(tx, self.desk, self.time.now, local("test"), item)
            posts = [
                planning.post_now(tx, self.time.now, "test", item, message.channel, LATE[message.channel])
                for message in made.messages
            ]
            for post in posts:
                operations.move(
                    tx, self.desk, self.time.now, local("test"), post.id, self.time.now + timedelta(hours=1)
                )
        return posts

    def publish(
        self, post: Post, event: PostEvent = PostEvent.ACCEPTED, note: str = "", *, lost: bool = True
    ) -> None:
        """Send a planned post; what it comes to is ``event``. ``lost`` says that an answer was awaited."""
        later = self.time.now + timedelta(hours=2)
        outcome = publishing.Outcome(event, note, lost=lost)
        if event is PostEvent.ACCEPTED:
            outcome = publishing.Outcome(event, note, "77", "https://x.example/status/77")
        with self.store.write() as tx:
            for wanted in pictures.missing(tx):  # as if they had been fetched meanwhile
                made = [replace(picture, digest=SHOWN.digest) for picture in wanted.message.pictures]
                pictures.keep(tx, later, wanted.message.pictures[0].source, "", SHOWN)
                pictures.show(tx, wanted.message, made)
            claimed = publishing.claim(tx, later, _pace(post, later), "worker").post
            assert claimed is not None
            sending = publishing.intend(tx, later, claimed, b"{}", claimed.key, _pace(post, later))
            publishing.settle(tx, later, sending, outcome)
            if event is PostEvent.UNKNOWN:
                checking = looks.take(tx, _again(tx, post), "worker", later)
                looks.cannot_tell(tx, later, checking, looks.LookRules(2, timedelta(seconds=1)))


def flood(queue: Queue, titles: Sequence[str]) -> None:
    """Let the source « film » show old entries all at once, the first title being the newest."""
    old = [
        Entry(
            f"old-{n}",
            Kind.ARTICLE,
            (Version("fr", title, url=f"https://film.example/{n}"),),
            NOW - timedelta(days=30, hours=n),
        )
        for n, title in enumerate(titles)
    ]
    with queue.store.write() as tx:
        sources.register(tx, {"film": ("article", "https://film.example/feed")})
        intake.take_in(tx, NOW, intake.Origin("film"), old, [None] * len(old), first=False, last_good=NOW)
        intake.poll_result(tx, NOW, "film", {})


def fill(path: Path) -> None:
    """Make a database with three pending items at ``path``."""
    store = Store(path)
    upgrade(store)
    with store.write() as tx:
        intake.take_in(tx, NOW, intake.Origin("startech", backlog=9), ENTRIES, [None] * 3, first=True)
    store.close()


def open_queue(path: Path) -> Queue:
    """Open the queue at ``path``, made by :func:`fill`."""
    return Queue(Store(path), Desk(STYLES, LATE, timedelta(minutes=10)), Time())


def parts_of(queue: Queue) -> DeskParts:
    """Return what the web desk is made of."""
    calendar = Calendar(slots=parse_slots(["daily 09:00"]), zone=ZONE)
    rules = [rules_of(name, style, calendar) for name, style in STYLES.items()]
    channels = tuple(ChannelFacts(name, style.network, calendar) for name, style in STYLES.items())

    async def health() -> Health:
        return Health(alive=True, ready=False)

    return DeskParts(
        store=queue.store,
        desk=queue.desk,
        now=lambda: queue.time.now,
        status=lambda tx, now: read(tx, now, Facts(channels, worker="1234 on this machine")),
        health=health,
        token=Secret(TOKEN),
        reached=Reached(frozenset({"desk.test", "127.0.0.1"})),
        passwords=Passwords(memory=8, passes=1),
        empty=partial(worker_planning.empty, rules),
        zone=ZONE,
        version="1.2.3",
    )


def rules_of(name: str, style: Style, calendar: Calendar) -> Rules:
    none = timedelta(0)
    return Rules(name, frozenset(style.languages), calendar, none, None, {}, none, LATE[name])


def _pace(post: Post, now: datetime) -> Pace:
    return replace(PACE[post.channel], gap_since=now)


def _again(tx: Transaction, post: Post) -> Post:
    return next(each for each in story.why(tx, NOW, f"p{post.id}").posts)
