"""Networks on a bad day, seen from outside: what becomes of a post, and what a person can do about it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.whole.installation import Installation, Row, source, until
from tests.whole.news import newsroom

STORIES = ["Un premier vaisseau", "Deux lunes", "Trois marées"]
NEVER = "daily 00:00"
EACH_SECOND = "daily 00:00-24:00 every 1s"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Three approved stories, an X account and a Telegram channel."""

    bot: Installation
    sandbox: Sandbox
    feed: str

    async def begin(self, slots: str) -> None:
        self.bot.write(
            source("fr", self.feed, language="fr"),
            self.bot.x("x-fr", self.sandbox.url, language="fr", slots=slots),
            self.bot.telegram("tg", self.sandbox.url, "@vagues", language="fr", slots=slots),
        )
        await self.bot.ask("poll")
        await self.bot.ask("approve", "i1", "i2", "i3")

    def out(self, network: str) -> list[str]:
        """The first line of each post that the public sees, oldest first."""
        return [post.text.splitlines()[0] for post in self.sandbox.timeline() if post.network == network]

    async def publish(self, item: str, channel: str, status: int) -> Row:
        told = await self.bot.ask("publish", item, "--channel", channel, "--json", status=status)
        (row,) = told.rows()
        return dict(row)


@pytest.fixture
async def trouble(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Trouble]:
    async with newsroom({"fr": STORIES}) as room:
        yield Trouble(Installation(tmp_path), sandbox, f"{room.url}/fr")


async def test_a_lost_answer_of_x_is_found_by_reading_back(trouble: Trouble) -> None:
    await trouble.begin(NEVER)
    trouble.sandbox.misbehave(Fault("x", "cut-after"))
    post = await trouble.publish("i1", "x-fr", status=0)
    assert (post["state"], post["attempts"], post["error"]) == ("published", 1, None)
    assert post["remote_id"] == trouble.sandbox.timeline()[0].id
    await trouble.bot.ask("run", "--once")
    assert trouble.out("x") == ["Un premier vaisseau"]
    told = [line["what"] for line in trouble.bot.look("why", post["id"])]
    assert told[-3:] == ["intend", "unknown", "found"]


async def test_a_request_that_x_never_took_is_put_before_a_person(trouble: Trouble) -> None:
    await trouble.begin(NEVER)
    trouble.sandbox.misbehave(Fault("x", "hang"))
    post = await trouble.publish("i1", "x-fr", status=1)
    assert (post["state"], post["remote_id"]) == ("uncertain", None)
    await trouble.bot.ask("run", "--once")
    assert trouble.out("x") == []
    await trouble.bot.ask("status", status=1)
    await trouble.bot.ask("resolve", post["id"], "--resend")
    await trouble.bot.ask("run", "--once")
    assert trouble.out("x") == ["Un premier vaisseau"]
    await trouble.bot.ask("status")


async def test_a_lost_answer_of_telegram_is_never_sent_again_by_itself(trouble: Trouble) -> None:
    await trouble.begin(NEVER)
    uncertain = []
    for item in ("i1", "i2", "i3"):
        trouble.sandbox.misbehave(Fault("telegram", "cut-after"))
        uncertain.append((await trouble.publish(item, "tg", status=1))["id"])
    await trouble.bot.ask("run", "--once")
    assert trouble.out("telegram") == STORIES
    states = {row["id"]: row["state"] for row in trouble.bot.look("posts", "--channel", "tg")}
    assert states == dict.fromkeys(uncertain, "uncertain")
    await three_answers(trouble, *uncertain)


async def three_answers(trouble: Trouble, first: str, second: str, third: str) -> None:
    """Answer one post each way, and let the worker do what follows from that."""
    address = trouble.sandbox.timeline()[0].url
    await trouble.bot.ask("resolve", first, "--found", address)
    await trouble.bot.ask("resolve", second, "--drop")
    await trouble.bot.ask("resolve", third, "--resend")
    await trouble.bot.ask("run", "--once")
    assert trouble.out("telegram") == [*STORIES, "Trois marées"]  # a person said so
    rows = {row["id"]: row for row in trouble.bot.look("posts", "--channel", "tg")}
    assert {name: row["state"] for name, row in rows.items()} == {
        first: "published",
        second: "cancelled",
        third: "published",
    }
    assert rows[first]["remote_url"] == address
    (line,) = (await trouble.bot.ask("resolve", second, "--resend", status=1)).lines
    assert second in line


async def test_a_network_that_asks_to_wait_is_waited_for_exactly(trouble: Trouble) -> None:
    await trouble.begin(EACH_SECOND)
    wait = timedelta(seconds=3)
    trouble.sandbox.misbehave(Fault("x", "429", retry_after=wait))
    trouble.sandbox.misbehave(Fault("telegram", "429", retry_after=wait))

    async def all_out() -> bool:
        return len(trouble.sandbox.timeline()) == 2 * len(STORIES)

    async with trouble.bot.running("run", "--no-desk") as worker:
        await until(all_out, lambda: worker.err[-5:])
        refused = {line["channel"]: line for line in worker.log() if line.get("outcome") == "not sent"}
    assert set(refused) == {"x-fr", "tg"}
    for channel, network in {"x-fr": "x", "tg": "telegram"}.items():
        first = next(post.created_at for post in trouble.sandbox.timeline() if post.network == network)
        told = datetime.fromisoformat(refused[channel]["timestamp"])
        # the stamp is a little later than the answer; X and Telegram tell whole seconds, rounded up
        assert wait - timedelta(milliseconds=500) <= first - told <= wait + timedelta(seconds=1 + 2)
        assert sorted(trouble.out(network)) == sorted(STORIES)
    assert {row["state"] for row in trouble.bot.look("posts")} == {"published"}


async def test_an_account_that_is_locked_out_is_held_until_resumed(trouble: Trouble) -> None:
    await trouble.begin(EACH_SECOND)
    trouble.sandbox.misbehave(Fault("x", "401"))

    async def telegram_is_through() -> bool:
        return len(trouble.out("telegram")) == len(STORIES)

    async def x_too() -> bool:
        return len(trouble.out("x")) == len(STORIES)

    async with trouble.bot.running("run", "--no-desk") as worker:
        await until(telegram_is_through, lambda: worker.err[-5:])
        assert trouble.out("x") == []
        (hold,) = trouble.bot.look("holds")
        assert (hold["scope"], hold["target"], hold["until"]) == ("channel", "x-fr", None)
        assert "401" in hold["reason"]
        assert "technopolys resume --channel x-fr" in (await trouble.bot.ask("status", status=1)).out
        await trouble.bot.ask("resume", "--channel", "x-fr")
        (row,) = [row for row in trouble.bot.look("channels", "list") if row["name"] == "x-fr"]
        assert row["wait_until"] is None  # who resumes has set things right: no wait of our own on top
        await until(x_too, lambda: worker.err[-5:])
    assert sorted(trouble.out("x")) == sorted(STORIES)
    assert {row["state"] for row in trouble.bot.look("posts")} == {"published"}
