"""A small queue on a real database, and the steps a worker would take with a post."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.watch.facts import ChannelFacts, Facts
from bot.watch.status import Status, read
from content_queue.calendar import Calendar
from content_queue.item import Item, Kind, Message, Post, Reason, Version
from content_queue.lifecycle import PENDING_ITEM, PostEvent
from content_queue.operations import intake, judgement, planning, publishing, sources
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.planner import Choice
from content_queue.store.database import Store

NOW = datetime(2026, 6, 3, 14, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MONTREAL = Calendar(ZoneInfo("America/Toronto"), ())
X = ChannelFacts("x-fr", "x", MONTREAL, budget=40_000_000)
TELEGRAM = ChannelFacts("telegram", "telegram", MONTREAL)
FACTS = Facts((X, TELEGRAM), frozenset({"startech"}), worker="pid 7")


def words(channel: str, cost: int = 0) -> Message:
    return Message(channel, "x", "fr", "Bonjour", "digest", "style", 7, 280, cost=cost)


@dataclass(frozen=True)
class World:
    store: Store

    def status(self, now: datetime = NOW, facts: Facts = FACTS) -> Status:
        with self.store.read() as tx:
            return read(tx, now, facts)

    def item(self, now: datetime = NOW - HOUR) -> Item:
        item = Item(0, Kind.ARTICLE, PENDING_ITEM, "startech", 1, (Version("fr", "Bonjour"),), now)
        with self.store.write() as tx:
            return item_by_id(tx, judgement.insert_item(tx, now, item, "ana"))

    def post(self, due: datetime, channel: str = "x-fr", cost: int = 0) -> Post:
        """Plan a post of a new, approved item."""
        before = due - HOUR
        item = self.item(before)
        choice = Choice(channel, due, item.id, 1, Reason("its turn"))
        with self.store.write() as tx:
            judgement.approve(tx, before, "ana", item, [words(channel, cost)], not_before=before)
            (number,) = planning.write_down(tx, before, [choice], 6 * HOUR, None, 0)
            return post_by_id(tx, number)

    def claimed(self, at: datetime, channel: ChannelFacts = X) -> Post:
        with self.store.write() as tx:
            post = publishing.claim(tx, at, channel.pace(at), "worker-1").post
        assert post is not None
        return post

    def sent(self, at: datetime, channel: ChannelFacts = X) -> Post:
        post = self.claimed(at, channel)
        with self.store.write() as tx:
            return publishing.intend(tx, at, post, b"{}", "key", channel.pace(at))

    def settled(self, at: datetime, outcome: Outcome, channel: ChannelFacts = X) -> Post:
        post = self.sent(at, channel)
        with self.store.write() as tx:
            publishing.settle(tx, at, post, outcome)
            return post_by_id(tx, post.id)

    def published(self, at: datetime, channel: ChannelFacts = X) -> Post:
        outcome = Outcome(PostEvent.ACCEPTED, "", "99", "https://x.example/99")
        return self.settled(at, outcome, channel)

    def source(self, name: str, **values: object) -> None:
        with self.store.write() as tx:
            sources.register(tx, {name: ("article", "https://example.org/feed")})
            intake.poll_result(tx, NOW, name, values)
