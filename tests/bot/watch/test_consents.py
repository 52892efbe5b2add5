"""A consent that ends: people are told 14, 7 and 2 days before, each time once, and that it is over."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels.registry import NETWORKS
from bot.settings import load
from bot.watch.alerts import Alerts
from bot.watch.facts import ChannelFacts, Facts, status_facts
from bot.watch.telling import Stage
from bot.watch.trouble import Kind, Light, Trouble, troubles
from content_queue.calendar import Calendar
from content_queue.operations import consents
from content_queue.store.database import Store
from tests.bot.runtime.world import MONTREAL, open_store
from tests.bot.watch.test_alerts import Listener, speech

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
END = datetime(2027, 1, 25, 5, 0, tzinfo=UTC)
"""The first moment of January 25 in Montréal."""
PAGE = ChannelFacts("page", "facebook", Calendar(MONTREAL, ()), consent_until=END)


@pytest.fixture(name="store")
def opened(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path / "queue.db")
    yield made
    made.close()


def told_at(store: Store, now: datetime, channel: ChannelFacts = PAGE) -> list[Trouble]:
    with store.read() as tx:
        return list(troubles(tx, now, Facts((channel,), worker="worker")))


def test_it_is_amber_from_14_days_before_and_red_from_2(store: Store) -> None:
    assert told_at(store, END - 14 * DAY - HOUR) == []
    (early,), (late,), (over,) = (told_at(store, END - left) for left in (14 * DAY, 2 * DAY, -DAY))
    assert (early.kind, early.about, early.severity) == (Kind.CONSENT, "page", Light.AMBER)
    assert str(early.what) == "the consent of the channel page ends on 2027-01-25"
    assert early.command == "technopolys check --online"
    assert (late.severity, over.severity) == (Light.RED, Light.RED)
    assert told_at(store, END, replace(PAGE, consent_until=None)) == []


async def test_people_are_told_three_times_and_that_it_is_over(store: Store) -> None:
    channel, listener = [PAGE], Listener()
    alerts = Alerts(store, lambda _: Facts(tuple(channel), worker="worker"), (listener,), speech)
    days = {}
    for hours in range(20 * 24):
        now = END - 16 * DAY + hours * HOUR
        before = len(listener.told)
        await alerts.look(now)
        if len(listener.told) > before:
            days[(END - now) / DAY] = listener.told[-1].stage
    assert days == {14: Stage.BEGUN, 7: Stage.AGAIN, 2: Stage.AGAIN}
    channel[0] = replace(PAGE, consent_until=END + 60 * DAY)
    await alerts.look(END + 5 * DAY)
    await alerts.look(END + 5 * DAY + HOUR)
    assert listener.titles[-1] == "Over: the consent of the channel page ends on 2027-01-25"


async def test_one_that_is_first_seen_late_is_told_once_for_what_has_passed(store: Store) -> None:
    listener = Listener()
    alerts = Alerts(store, lambda _: Facts((PAGE,), worker="worker"), (listener,), speech)
    for hours in range(3 * 24):
        await alerts.look(END - 5 * DAY + hours * HOUR)
    assert [telling.stage for telling in listener.told] == [Stage.BEGUN]
    await alerts.look(END - 2 * DAY)
    assert len(listener.told) == 2


def test_the_earlier_of_the_written_and_the_told_end_counts(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "technopolys.toml"
    file.write_text('[channels.page]\nnetwork = "manual"\nconsent_until = 2027-01-25\n')
    facts = status_facts(load(file, {}, NETWORKS), store)
    for told, counts in (None, END), (END - DAY, END - DAY), (END + DAY, END), (None, END):
        with store.write() as tx:
            consents.keep(tx, "page", told)
        with store.read() as tx:
            (channel,) = facts(tx).channels
        assert channel.consent_until == counts
