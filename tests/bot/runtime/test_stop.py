"""Starting and stopping: one worker at a time, no request begun after the word, no long waiting."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from bot.message import Frozen, Message, PictureLimits, Progress, Receipt
from bot.runtime.parts import Brought
from bot.runtime.worker import Worker
from bot.settings import SourceSettings
from content_queue.item import Version
from content_queue.operations.pictures import Stored
from content_queue.store.locks import WorkerRunningError
from tests.bot.runtime.pretend import Pretend, frozen, hang, receipt
from tests.bot.runtime.world import HOUR, MINUTE, SECOND, lane, living, make_parts, open_store, source, until


async def test_a_second_worker_on_the_database_is_refused_and_names_the_first(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, lane(one)) as world:
        store = open_store(tmp_path / "queue.db")
        second = Worker(make_parts(store, world.clock, lane(one), name="worker-2"))
        with pytest.raises(WorkerRunningError, match="worker-1"):
            await second.start("worker-2")
        await world.worker.stop(SECOND)
        await second.start("worker-2")
        await second.stop(SECOND)
        store.close()


async def test_a_stop_waits_for_the_request_in_flight_and_writes_its_receipt(tmp_path: Path) -> None:
    answer = asyncio.Event()

    async def slow(_frozen: Frozen) -> Receipt:
        await answer.wait()
        return receipt(1)

    one = Pretend("one", answers=[slow])
    async with living(tmp_path, lane(one, deadline=HOUR)) as world:
        world.due("Un")
        world.due("Deux")
        await world.step()
        await until(lambda: bool(one.created))
        stopping = asyncio.create_task(world.worker.stop(MINUTE))
        await asyncio.sleep(0.05)
        answer.set()
        await stopping
        assert world.states() == ["published", "planned"]
        assert one.closed


async def test_a_stop_leaves_a_hung_request_after_its_grace(tmp_path: Path) -> None:
    one = Pretend("one", answers=[hang])
    async with living(tmp_path, lane(one, deadline=HOUR)) as world:
        world.due("Bonjour")
        await world.step()
        await until(lambda: bool(one.created))
        async with asyncio.timeout(5):
            await world.worker.stop(timedelta(seconds=0.1))
        assert world.states() == ["sending"]
        assert not world.store.worker_lock.taken()
    again = Pretend("one")
    async with living(tmp_path, lane(again), name="worker-2") as world:
        await world.go_on(10 * MINUTE)
        assert world.states() == ["uncertain"]
        assert again.created == []


async def test_what_is_still_being_prepared_goes_back_into_the_plan(tmp_path: Path) -> None:
    uploading, uploaded = asyncio.Event(), asyncio.Event()

    async def upload(message: Message, progress: Progress) -> Frozen:
        uploading.set()
        await uploaded.wait()
        return frozen(message, progress)

    one = Pretend("one", preparing=[upload])
    async with living(tmp_path, lane(one, deadline=HOUR)) as world:
        world.due("Bonjour")
        await world.step()
        await uploading.wait()
        stopping = asyncio.create_task(world.worker.stop(MINUTE))
        await asyncio.sleep(0)
        uploaded.set()
        await stopping
        assert one.created == []
        assert world.states() == ["planned"]
        assert world.post().lease_losses == 0


async def test_a_stop_waits_for_no_feed(tmp_path: Path) -> None:
    news = source("news")
    asked = asyncio.Event()

    async def read(_source: SourceSettings, _etag: str, _last_modified: str) -> Brought:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with living(tmp_path, of=(news,)) as world:
        await world.worker.stop(SECOND)
        parts = make_parts(world.store, world.clock, of=(news,))
        object.__setattr__(parts, "read", read)
        worker = Worker(parts)
        await worker.start("worker-2")
        await worker.step(world.clock.now())
        await asked.wait()
        began = monotonic()
        async with asyncio.timeout(10):
            await worker.stop(MINUTE)
        assert monotonic() - began < 10


async def test_after_the_word_nothing_begins(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, lane(one)) as world:
        await world.worker.stop(SECOND)
        world.due("Bonjour")
        await world.step()
        await world.worker.settled()
        assert one.created == []


async def test_a_claim_whose_worker_dies_three_times_in_a_row_comes_before_a_person(tmp_path: Path) -> None:
    for life in range(3):
        one = Pretend("one", preparing=[_never])
        async with living(tmp_path, lane(one, deadline=HOUR), name=f"worker-{life}") as world:
            if life == 0:
                world.due("Bonjour")
            await world.step()
            await until(lambda one=one: bool(one.prepared))  # type: ignore[misc]  # bound in the loop
            await world.worker.stop(timedelta(0))
    async with living(tmp_path, lane(Pretend("one")), name="the last") as world:
        assert world.states() == ["failed"]


async def _never(_message: Message, _progress: Progress) -> Frozen:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_stop_waits_for_no_picture(tmp_path: Path) -> None:
    async def studio(source: str, limits: PictureLimits) -> Stored:
        await asyncio.Event().wait()
        raise AssertionError((source, limits))

    one = Pretend("one")
    async with living(tmp_path, lane(one)) as world:
        world.worker._parts = replace(world.worker._parts, make_picture=studio)  # noqa: SLF001  what assemble hands in
        version = Version("fr", "Un phare", image="https://example.org/phare.jpg", alt="Un phare, la nuit.")
        world.item("", versions=(version,))
        await world.step()
        assert world.worker.busy
        began = monotonic()
        await world.worker.stop(30 * SECOND)
        assert monotonic() - began < 10
