"""The whole way as a moderator goes it on the command line."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from tests.whole.installation import Installation, Row, source, until
from tests.whole.news import newsroom

HOURLY = "daily 00:00-24:00 every 1h"
EACH_SECOND = "daily 00:00-24:00 every 1s"
STORIES = ["Un premier vaisseau", "Deux lunes", "Trois marées", "Quatre vents"]
ITEMS = {"id", "kind", "state", "source", "languages", "title", "url", "published_at", "topics"}
PLAN = {"post", "due_at", "channel", "item", "text", "length", "limit", "link", "cost", "reason"}
POSTS = {
    *("id", "item", "channel", "network", "state", "due_at", "text"),
    *("remote_id", "remote_url", "attempts", "error"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """An installation with four stories and two channels."""

    bot: Installation
    sandbox: Sandbox
    feed: str

    def channels(self, slots: str, **keys: object) -> None:
        """Write the configuration with both channels in these slots."""
        self.bot.write(
            source("fr", self.feed, language="fr"),
            self.bot.x("x-fr", self.sandbox.url, language="fr", slots=slots, **keys),
            self.bot.telegram("tg", self.sandbox.url, "@vagues", language=["fr", "en"], slots=slots, **keys),
            commit_ahead="24h",
        )

    async def approved(self, *items: str) -> None:
        """Poll, and approve some of the stories."""
        await self.bot.ask("poll")
        await self.bot.ask("approve", *items)

    def item(self, name: str) -> Row:
        return next(row for row in self.bot.look("items") if row["id"] == name)

    def posts(self, item: str) -> dict[str, Row]:
        """An item's latest post on each channel."""
        rows = sorted(self.bot.look("posts"), key=lambda row: int(row["id"][1:]))
        return {row["channel"]: row for row in rows if row["item"] == item}

    def told(self, asked: str) -> list[str]:
        return [line["what"] for line in self.bot.look("why", asked)]


@pytest.fixture
async def desk(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Desk]:
    async with newsroom({"fr": STORIES}) as room:
        yield Desk(Installation(tmp_path), sandbox, f"{room.url}/fr")


async def test_from_the_feed_to_the_public(desk: Desk) -> None:
    desk.channels(EACH_SECOND, min_gap="1h")
    bot = desk.bot
    await bot.ask("poll")
    items = bot.look("items", "--state", "pending")
    assert [item["title"] for item in items] == STORIES[::-1]
    assert all(set(item) == ITEMS for item in items)
    shown = bot.look("preview", "i1")
    assert await bot.rows("approve", "i1") == shown
    assert {row["channel"] for row in shown} == {"x-fr", "tg"}
    forecast = bot.look("plan", "--days", "1")
    assert {(row["channel"], row["item"], row["post"]) for row in forecast} == {
        ("x-fr", "i1", None),
        ("tg", "i1", None),
    }
    assert all(set(row) == PLAN for row in forecast)
    assert {row["channel"]: row["text"] for row in forecast} == {row["channel"]: row["text"] for row in shown}
    await bot.ask("run", "--once")
    assert all(row["post"] for row in bot.look("plan"))
    await sent_once(desk, shown)


async def sent_once(desk: Desk, shown: list[Row]) -> None:
    """Let the worker do what is due until both channels have the story, and see that it is what was shown."""

    async def both() -> bool:
        await desk.bot.ask("run", "--once")
        return len(desk.sandbox.timeline()) == len(shown)

    await until(both)
    posts = desk.bot.look("posts", "--state", "published")
    assert all(set(post) == POSTS for post in posts)
    assert {(post["channel"], post["text"]) for post in posts} == {
        (row["channel"], row["text"]) for row in shown
    }
    assert {post["remote_id"] for post in posts} == {post.id for post in desk.sandbox.timeline()}
    assert all(post["attempts"] == 1 for post in posts)
    public = {post.network: post.text for post in desk.sandbox.timeline()}
    assert public["x"] == next(row["text"] for row in shown if row["network"] == "x")
    by_item = desk.told("i1")
    assert by_item[:2] == ["add", "approve"]
    assert by_item.count("accepted") == 2
    for asked in (posts[0]["id"], posts[0]["remote_url"], desk.item("i1")["url"]):
        assert "accepted" in desk.told(asked)


async def test_what_is_judged_otherwise_does_not_go_out(desk: Desk) -> None:
    desk.channels(HOURLY)
    bot = desk.bot
    await desk.approved("i1", "i2", "i3")
    await bot.ask("reject", "i4", "--why", "Hors sujet")
    await bot.ask("run", "--once")
    assert set(desk.posts("i1")) == set(desk.posts("i2")) == {"x-fr", "tg"}
    await bot.ask("withdraw", "i1", "--why", "Trop tôt")
    await bot.ask("edit", "i2", "--title", "Deux lunes pleines", "--pending")
    await bot.ask("edit", "i3", "--title", "Trois grandes marées")
    states = {item["id"]: item["state"] for item in bot.look("items")}
    assert states == {"i1": "withdrawn", "i2": "pending", "i3": "approved", "i4": "rejected"}
    assert {row["item"] for row in bot.look("plan")} == {"i3"}
    await bot.ask("run", "--once")
    texts = {row["item"]: row["text"] for row in bot.look("plan")}
    assert set(texts) == {"i3"}
    assert "Trois grandes marées" in texts["i3"]
    for name in ("i1", "i4"):
        await bot.ask("reopen", name)
        assert desk.item(name)["state"] == "pending"
    (line,) = (await bot.ask("reopen", "i3", status=1)).lines
    assert "i3" in line
    assert desk.told("i4")[-2:] == ["reject", "reopen"]


async def test_a_planned_post_is_moved_skipped_and_cancelled(desk: Desk) -> None:
    desk.channels(HOURLY)
    bot = desk.bot
    await desk.approved("i1", "i2", "i3")
    await bot.ask("run", "--once")
    moved, skipped, cancelled = [desk.posts(name)["x-fr"] for name in ("i1", "i2", "i3")]
    await bot.ask("move", moved["id"], "+90m")
    await bot.ask("skip", skipped["id"])
    await bot.ask("cancel", cancelled["id"], "--why", "Pas ici")
    await bot.ask("run", "--once")
    now = {name: desk.posts(name)["x-fr"] for name in ("i1", "i2", "i3")}
    wait = datetime.fromisoformat(now["i1"]["due_at"]) - datetime.fromisoformat(moved["due_at"])
    assert now["i1"]["id"] == moved["id"]
    assert wait != timedelta(0)
    assert now["i2"]["id"] != skipped["id"]
    assert now["i2"]["due_at"] > skipped["due_at"]
    assert (now["i3"]["id"], now["i3"]["state"]) == (cancelled["id"], "cancelled")
    assert "cancel" in desk.told(cancelled["id"])


async def test_a_pause_stops_everything_until_it_is_lifted(desk: Desk) -> None:
    desk.channels(HOURLY)
    bot = desk.bot
    await desk.approved("i1", "i2")
    await bot.ask("pause", "--why", "Deuil")
    await bot.ask("pause", "--channel", "tg", "--for", "2h")
    holds = bot.look("holds")
    assert {(hold["scope"], hold["target"], hold["reason"]) for hold in holds} == {
        ("everything", None, "Deuil"),
        ("channel", "tg", "paused"),
    }
    told = await bot.ask("publish", "i1", "--json", status=1)
    assert {row["state"] for row in told.rows()} == {"planned"}
    assert all(row["error"].startswith("held: ") and "Deuil" in row["error"] for row in told.rows())
    assert desk.sandbox.timeline() == []
    await bot.ask("resume")
    await bot.ask("run", "--once")
    assert [post.network for post in desk.sandbox.timeline()] == ["x"]
    await bot.ask("resume", "--channel", "tg")
    await bot.ask("run", "--once")
    assert sorted(post.network for post in desk.sandbox.timeline()) == ["telegram", "x"]
    assert bot.look("holds") == []


async def test_publish_sends_now_without_a_worker_and_beside_one(desk: Desk) -> None:
    desk.channels(HOURLY, min_gap="6h", daily_max=1)
    bot = desk.bot
    await desk.approved("i1", "i2", "i3")
    (alone,) = await bot.rows("publish", "i1", "--channel", "x-fr")
    assert (alone["state"], alone["item"]) == ("published", "i1")
    (other,) = await bot.rows("publish", "i1", "--all")
    assert (other["state"], other["channel"]) == ("published", "tg")
    async with bot.running("run", "--no-desk") as worker:
        await worker.started()
        beside = await bot.rows("publish", "i2", "--all")
        assert await worker.stop() == 0
    assert {(row["channel"], row["state"]) for row in beside} == {("x-fr", "published"), ("tg", "published")}
    assert {row["remote_id"] for row in [alone, other, *beside]} == {
        post.id for post in desk.sandbox.timeline()
    }
    (line,) = (await bot.ask("publish", "i2", "--channel", "x-fr", status=1)).lines
    assert "technopolys repeat i2" in line
    await bot.ask("repeat", "i2")
    assert len(desk.sandbox.timeline()) == 4
    (line,) = (await bot.ask("publish", "i4", status=1)).lines
    assert "technopolys approve i4" in line
