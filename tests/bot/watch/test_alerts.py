"""Telling people: each trouble once, its end once, over restarts, whatever the tellers do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.watch.alerts import Alerts
from bot.watch.facts import Facts
from bot.watch.telling import Speech, Stage, Telling
from content_queue.item import Reason, Scope
from content_queue.operations import holds, notices, posts
from content_queue.operations.rows import post_by_id
from content_queue.store.database import Store, StoreError, Transaction
from tests.bot.runtime.failing import FailingStore
from tests.content_queue import builders as b

NOW = b.NOW
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Plain:
    """English, with times as ISO 8601."""

    def reason(self, reason: Reason) -> str:
        return str(reason)

    def moment(self, when: datetime) -> str:
        return when.isoformat()


@dataclass(slots=True)
class Listener:
    """A teller that keeps what it is given, or fails while the test wants."""

    name: str = "listener"
    told: list[Telling] = field(default_factory=list)
    fails: bool = False
    asked: int = 0

    async def tell(self, telling: Telling) -> None:
        self.asked += 1
        if self.fails:
            raise ConnectionError("https://secret.example/token")
        self.told.append(telling)

    @property
    def titles(self) -> list[str]:
        return [telling.title for telling in self.told]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FailingStore]:
    opened = FailingStore(tmp_path / "queue.db")
    yield opened
    opened.close()


def facts(_tx: Transaction) -> Facts:
    return Facts((), worker="a worker")


def speech() -> Speech:
    return Plain()


def watching(store: Store, *listeners: Listener, desk: str = "") -> Alerts:
    return Alerts(store, facts, listeners, speech, desk)


async def test_a_trouble_is_told_once_and_so_is_its_end(store: Store) -> None:
    with store.write() as tx:
        holds.hold(tx, NOW, "worker", Scope.CHANNEL, "x-fr", "X answered 401")
    listener = Listener()
    for minutes in range(3):
        await watching(store, listener).look(NOW + minutes * MINUTE)  # each a new start
    assert listener.titles == ["the channel x-fr is held"]
    assert listener.told[0].stage is Stage.BEGUN
    assert "X answered 401 (worker)" in listener.told[0].text
    with store.write() as tx:
        holds.lift(tx, NOW + 3 * MINUTE, "anne", Scope.CHANNEL, "x-fr")
    for minutes in range(4, 20):
        await watching(store, listener).look(NOW + minutes * MINUTE)
    assert listener.titles == ["the channel x-fr is held", "Over: the channel x-fr is held"]
    assert listener.told[1].stage is Stage.ENDED
    with store.read() as tx:
        assert notices.open_ones(tx) == []
        [kept] = notices.latest(tx, NOW)
    assert (kept.kind, kept.about, kept.since, kept.told_at) == ("held", "channel x-fr", NOW, NOW)
    assert kept.ended_at == NOW + 4 * MINUTE


async def test_a_trouble_that_comes_and_goes_is_told_once(store: Store) -> None:
    listener = Listener()
    for round_ in range(4):
        at = NOW + round_ * 3 * MINUTE
        with store.write() as tx:
            holds.hold(tx, at, "worker", Scope.CHANNEL, "x-fr", "no")
        await watching(store, listener).look(at)
        with store.write() as tx:
            holds.lift(tx, at + MINUTE, "worker", Scope.CHANNEL, "x-fr")
        await watching(store, listener).look(at + MINUTE)
    assert listener.titles == ["the channel x-fr is held"]


async def test_what_a_person_holds_is_no_news_to_people(store: Store) -> None:
    with store.write() as tx:
        holds.hold(tx, NOW, "anne", Scope.EVERYTHING, "", "lunch")
    listener = Listener()
    await watching(store, listener).look(NOW)
    assert listener.told == []


async def test_an_uncertain_post_is_put_before_people_with_its_words_and_three_answers(store: Store) -> None:
    with store.write() as tx:
        post = b.uncertain(tx)
    listener = Listener()
    await watching(store, listener, desk="https://desk.example").look(NOW)
    [telling] = listener.told
    assert telling.title == f"p{post.id} on x-fr: nobody can tell whether it is out"
    assert telling.post == post
    lines = telling.text.splitlines()
    assert f"Sent: {NOW.isoformat()}" in lines
    assert "What is known: no answer" in lines
    assert post.message.text in lines
    answers = [line.partition("technopolys ")[2] for line in lines if "technopolys" in line]
    assert answers == [f"resolve p{post.id} {way}" for way in ("--found [URL]", "--resend", "--drop")]
    assert lines[-1] == "On the desk: https://desk.example"


async def test_people_are_reminded_of_a_question_after_an_hour_and_a_day_and_then_left_alone(
    store: Store,
) -> None:
    with store.write() as tx:
        b.uncertain(tx)
    listener, at = Listener(), []
    for minutes in range(0, 3 * 24 * 60, 10):
        before = len(listener.told)
        await watching(store, listener).look(NOW + minutes * MINUTE)
        at += [minutes * MINUTE] * (len(listener.told) - before)
    assert at == [timedelta(0), HOUR, DAY]
    assert [telling.stage for telling in listener.told] == [Stage.BEGUN, Stage.AGAIN, Stage.AGAIN]


async def test_an_answer_ends_the_question_and_its_reminders(store: Store) -> None:
    with store.write() as tx:
        post = b.uncertain(tx)
    listener = Listener()
    await watching(store, listener).look(NOW)
    with store.write() as tx:
        posts.answer_drop(tx, NOW, "anne", post_by_id(tx, post.id))
    for minutes in (1, 10, 70):
        await watching(store, listener).look(NOW + minutes * MINUTE)
    assert [telling.stage for telling in listener.told] == [Stage.BEGUN, Stage.ENDED]


async def test_many_missed_posts_are_told_together_and_have_no_end(store: Store) -> None:
    with store.write() as tx:
        for days in (1, 2, 3):
            b.planned(tx, due_at=NOW - HOUR * 20 - days * MINUTE)
        b.try_claim(tx)
    listener = Listener()
    await watching(store, listener).look(NOW)
    assert listener.titles == ["3 posts missed their time"]
    await watching(store, listener).look(NOW + 10 * DAY)
    await watching(store, listener).look(NOW + 10 * DAY + HOUR)
    assert len(listener.told) == 1
    with store.read() as tx:
        assert notices.open_ones(tx) == []


async def test_a_teller_that_fails_is_asked_ever_more_seldom_and_the_others_are_not_told_twice(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with store.write() as tx:
        holds.hold(tx, NOW, "worker", Scope.CHANNEL, "x-fr", "no")
    good, bad = Listener("good"), Listener("bad", fails=True)
    alerts = watching(store, good, bad)
    for minutes in range(24 * 60):
        await alerts.look(NOW + minutes * MINUTE)
    assert len(good.told) == 1
    assert 20 <= bad.asked <= 40
    bad.fails = False
    await alerts.look(NOW + 2 * DAY)
    assert len(bad.told) == len(good.told) == 1
    assert "secret.example" not in caplog.text


async def test_a_database_that_takes_no_write_is_told_from_memory_once_and_so_is_its_end(
    store: FailingStore,
) -> None:
    listener = Listener()
    disk = "the disk is full"
    trouble = [disk]
    alerts = Alerts(store, lambda _: Facts((), worker="a worker", database=trouble[0]), (listener,), speech)
    store.refuses, store.refusal = {"reconcile"}, StoreError
    for minutes in range(3):
        await alerts.look(NOW + minutes * MINUTE)
    assert listener.titles == ["the database cannot be used: nothing goes out"]
    assert disk in listener.told[0].text
    store.refuses.clear()
    trouble[0] = ""
    for minutes in range(3, 20):
        await alerts.look(NOW + minutes * MINUTE)
    assert listener.titles[1:] == ["Over: the database cannot be used: nothing goes out"]
