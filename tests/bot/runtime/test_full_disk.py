"""A full disk: nothing is sent that could not be written down, nothing is lost, it goes on by itself."""

import asyncio
from pathlib import Path

import pytest

from bot.message import Frozen, Message, Progress, Uncertain
from bot.runtime.clockwork import step_once
from content_queue.operations import sources
from content_queue.store.database import Store
from tests.bot.runtime.failing import FailingStore
from tests.bot.runtime.pretend import Pretend, receipt
from tests.bot.runtime.world import MINUTE, SECOND, lane, living, open_store, source, until


def pages(store: Store, most: int) -> None:
    """Let SQLite have so many pages, as a disk would; 1 is: not one more than now."""
    with store.write() as tx:
        tx.exec_driver_sql(f"PRAGMA max_page_count = {most}")


async def test_what_the_database_has_no_room_for_is_not_sent_until_it_has(tmp_path: Path) -> None:
    store = open_store(tmp_path / "queue.db")

    async def long(message: Message, progress: Progress) -> Frozen:
        return Frozen(message.text.encode() * 20_000, progress.key)

    one = Pretend("one", preparing=[long] * 100)
    async with living(tmp_path, lane(one), store=store) as world:
        world.due("Bonjour")
        pages(store, 1)
        await world.go_on(MINUTE)
        assert one.prepared, "it came as far as the intent"
        assert one.created == []
        assert world.worker.trouble
        pages(store, 2**20)
        await world.go_on(MINUTE)
        assert len(one.created) == 1
        assert world.states() == ["published"]
        assert world.worker.trouble == ""


@pytest.mark.parametrize("operation", ["claim", "intend", "give_back"])
async def test_a_write_that_fails_before_the_request_costs_nothing_but_time(
    tmp_path: Path, operation: str
) -> None:
    store = FailingStore(tmp_path / "queue.db")
    one = Pretend("one")
    async with living(tmp_path, lane(one), store=store) as world:
        world.due("Bonjour")
        if operation == "give_back":
            one.preparing = [ValueError("a fault of its own")]
        store.refuses = {operation, "take_back"}
        await step_once(world.worker, world.clock.now())
        await world.worker.settled()
        assert operation in store.refused
        assert one.created == []
        store.refuses.clear()
        await world.go_on(2 * MINUTE)
        assert len(one.created) == 1
        assert world.states() == ["published"]


async def test_while_the_disk_is_full_the_worker_tries_in_measure(tmp_path: Path) -> None:
    store = FailingStore(tmp_path / "queue.db")
    one = Pretend("one")
    async with living(tmp_path, lane(one), store=store) as world:
        world.due("Bonjour")
        store.refuses = {"intend"}
        await world.go_on(MINUTE)
        assert 5 <= len(store.refused) <= 15
        assert one.created == []


async def test_an_answer_that_cannot_be_written_is_kept_until_it_can(tmp_path: Path) -> None:
    store = FailingStore(tmp_path / "queue.db")
    store.refuses = {"settle"}
    one = Pretend("one")
    async with living(tmp_path, lane(one), store=store) as world:
        world.due("Bonjour")
        world.due("Encore")
        await world.step()
        await until(lambda: len(store.refused) >= 2)
        assert world.states() == ["sending", "planned"]
        assert len(one.created) == 1
        store.refuses.clear()
        await world.quiet()
        assert world.states() == ["published", "published"]
        assert len(one.created) == 2


async def test_a_late_receipt_that_cannot_be_written_is_kept_too(tmp_path: Path) -> None:
    store = FailingStore(tmp_path / "queue.db")
    one = Pretend("one", answers=[Uncertain("no answer in time")])
    async with living(tmp_path, lane(one), store=store) as world:
        world.due("Bonjour")
        await world.quiet()
        store.refuses = {"late_receipt"}
        await asyncio.to_thread(world.worker.late_receipt, one.created[0], receipt(9))
        await until(lambda: bool(store.refused))
        store.refuses.clear()
        await world.worker.settled()
        assert world.states() == ["published"]


async def test_a_feed_is_not_asked_again_and_again_because_the_disk_is_full(tmp_path: Path) -> None:
    store = FailingStore(tmp_path / "queue.db")
    news = source("news")
    with store.write() as tx:
        sources.register(tx, {"news": ("article", news.url)})
    store.refuses = {"_store"}
    async with living(tmp_path, of=(news,), store=store) as world:
        await world.go_on(14 * MINUTE)
        assert len(world.feed.asked) == 1
        store.refuses.clear()
        await world.go_on(2 * MINUTE)
        assert len(world.feed.asked) == 2


async def test_a_step_that_fails_without_a_word_is_tried_again_soon(tmp_path: Path) -> None:
    store = FailingStore(tmp_path / "queue.db")
    store.refuses = {"_beat"}
    async with living(tmp_path, lane(Pretend("one")), store=store) as world:
        now = world.clock.now()
        wake = await step_once(world.worker, now)
        assert now < wake <= now + 10 * SECOND
        assert world.worker.trouble
        store.refuses.clear()
        await step_once(world.worker, now)
        assert world.worker.trouble == ""
