"""What hubs are asked and believed: for what we asked, no longer than it lasts, and never relied on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from content_queue.operations import sources, subscriptions
from content_queue.operations.listing import source
from content_queue.operations.subscriptions import (
    FIRST_WAIT,
    GOODBYES,
    LONGEST_LEASE,
    LONGEST_WAIT,
    PATIENCE,
    SOONEST,
    Fresh,
    Subscription,
)
from content_queue.store import tables as t

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
SECOND, MINUTE, HOUR, DAY = (timedelta(**{name: 1}) for name in ("seconds", "minutes", "hours", "days"))
HOME = "https://bot.example/websub"
HUB, TOPIC = "https://hub.example/", "https://news.example/feed"


def named(tx: Connection, name: str = "news", hub: str = HUB, topic: str = TOPIC) -> None:
    """Let a source that people added name a hub, as its last document does."""
    if source(tx, name) is None:
        sources.add(tx, NOW, "ana", name, {"kind": "article", "url": f"https://{name}.example/feed"})
    tx.execute(sa.update(t.source).where(t.source.c.name == name).values(hub=hub, topic=topic))


def fresh() -> Callable[[], Fresh]:
    numbers = count(1)

    def make() -> Fresh:
        number = next(numbers)
        return Fresh(f"d{number}", f"s{number}")

    return make


def settle(
    tx: Connection,
    now: datetime = NOW,
    *,
    home: str = HOME,
    on: bool = True,
    make: Callable[[], Fresh] | None = None,
) -> list[Subscription]:
    """Settle, and return what there is then."""
    subscriptions.settle(tx, now, home, make or fresh(), on=on)
    assert subscriptions.settled(tx, now, home, on=on)
    return everything(tx)


def everything(tx: Connection) -> list[Subscription]:
    digests = tx.execute(sa.select(t.subscription.c.digest).order_by(t.subscription.c.digest)).scalars()
    found = [subscriptions.by_digest(tx, digest) for digest in digests.all()]
    return [one for one in found if one is not None]


def due(tx: Connection, now: datetime) -> list[str]:
    return [one.digest for one in subscriptions.due(tx, now, 10)]


def confirmed(tx: Connection, lease: timedelta = 10 * DAY) -> Subscription:
    """A subscription that its hub has confirmed at ``NOW``."""
    named(tx)
    settle(tx)
    assert subscriptions.asked(tx, NOW, "d1")
    assert subscriptions.confirmed(tx, NOW, "d1", TOPIC, lease)
    (one,) = everything(tx)
    return one


def test_a_source_that_names_hub_and_topic_is_subscribed_once(tx: Connection) -> None:
    named(tx)
    named(tx, "no-topic", topic="")
    named(tx, "no-hub", hub="")
    assert not subscriptions.settled(tx, NOW, HOME, on=True)
    (one,) = settle(tx)
    assert (one.source, one.hub, one.topic, one.home, one.sealed) == ("news", HUB, TOPIC, HOME, "s1")
    assert (one.until, one.asked_at, one.leaving) == (None, None, False)
    assert due(tx, NOW) == ["d1"]
    assert settle(tx) == [one]


@pytest.mark.parametrize(
    "lost",
    [
        lambda tx: sources.remove(tx, NOW, "ana", "news"),
        lambda tx: tx.execute(sa.update(t.source).values(gone=True)),
        lambda tx: tx.execute(sa.update(t.source).values(owner=sources.NOBODY)),
        lambda tx: named(tx, hub=""),
    ],
)
def test_what_has_no_source_any_more_leaves(tx: Connection, lost: Callable[[Connection], object]) -> None:
    confirmed(tx)
    lost(tx)
    (one,) = settle(tx, NOW + HOUR)
    assert (one.leaving, one.ask_at) == (True, NOW + HOUR)


def test_another_hub_takes_the_place_of_the_former(tx: Connection) -> None:
    confirmed(tx)
    named(tx, hub="https://other.example/")
    keys = fresh()
    keys()
    old, new = settle(tx, make=keys)
    assert (old.hub, old.leaving) == (HUB, True)
    assert (new.hub, new.leaving) == ("https://other.example/", False)


def test_switched_off_all_leave_and_switched_on_again_all_begin_anew(tx: Connection) -> None:
    confirmed(tx)
    (one,) = settle(tx, on=False)
    assert one.leaving
    keys = fresh()
    keys()
    assert [one.leaving for one in settle(tx, make=keys)] == [True, False]


def test_what_was_never_asked_for_is_forgotten_without_a_word(tx: Connection) -> None:
    named(tx)
    settle(tx)
    settle(tx, on=False)
    assert settle(tx, on=False) == []


@pytest.mark.parametrize("home", ["", "https://elsewhere.example/websub"])
def test_under_another_address_the_old_ones_are_forgotten(tx: Connection, home: str) -> None:
    confirmed(tx)
    keys = fresh()
    keys()
    assert [one.home for one in settle(tx, home=home, make=keys)] == ([home] if home else [])


def test_a_hub_without_a_word_is_asked_later_and_later_still(tx: Connection) -> None:
    named(tx)
    settle(tx)
    now, waits = NOW, []
    for _ in range(12):
        assert due(tx, now) == ["d1"]
        subscriptions.asked(tx, now, "d1")
        (one,) = everything(tx)
        assert one.ask_at is not None
        waits.append(one.ask_at - now)
        assert due(tx, one.ask_at - SECOND) == []
        now = one.ask_at
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT == max(waits)


@pytest.mark.parametrize(
    ("lease", "lasts", "again"),
    [
        (10 * DAY, 10 * DAY, 10 * DAY * 2 / 3),
        (HOUR, HOUR, 40 * MINUTE),
        (MINUTE, MINUTE, FIRST_WAIT),
        (timedelta(0), timedelta(0), FIRST_WAIT),
        (10_000 * DAY, LONGEST_LEASE, LONGEST_LEASE * 2 / 3),
    ],
)
def test_a_lease_is_renewed_ahead_of_its_end_and_no_hub_is_asked_without_rest(
    tx: Connection, lease: timedelta, lasts: timedelta, again: timedelta
) -> None:
    one = confirmed(tx, lease)
    assert (one.until, one.ask_at, one.tries) == (NOW + lasts, NOW + again, 0)
    if lease >= 15 * MINUTE:
        assert one.ask_at is not None
        assert one.until is not None
        assert one.ask_at < one.until


def test_a_renewal_is_a_question_like_the_first(tx: Connection) -> None:
    one = confirmed(tx)
    assert one.ask_at is not None
    assert due(tx, one.ask_at) == ["d1"]
    subscriptions.asked(tx, one.ask_at, "d1")
    assert subscriptions.confirmed(tx, one.ask_at + MINUTE, "d1", TOPIC, 10 * DAY)
    (renewed,) = everything(tx)
    assert renewed.until == one.ask_at + MINUTE + 10 * DAY
    assert (renewed.digest, renewed.sealed) == (one.digest, one.sealed)


def test_only_what_was_asked_for_is_confirmed(tx: Connection) -> None:
    named(tx)
    settle(tx)
    assert not subscriptions.confirmed(tx, NOW, "d1", TOPIC, DAY), "nobody has asked yet"
    subscriptions.asked(tx, NOW, "d1")
    assert not subscriptions.confirmed(tx, NOW, "d1", f"{TOPIC}/", DAY), "another topic"
    assert not subscriptions.confirmed(tx, NOW, "d1", "", DAY)
    assert not subscriptions.confirmed(tx, NOW, "d2", TOPIC, DAY), "another token"
    assert not subscriptions.confirmed(tx, NOW + PATIENCE + SECOND, "d1", TOPIC, DAY), "too late"
    assert not subscriptions.ended(tx, NOW, "d1", TOPIC), "nobody wants to leave"
    (one,) = everything(tx)
    assert one.until is None
    assert subscriptions.confirmed(tx, NOW + PATIENCE, "d1", TOPIC, DAY)


def test_who_leaves_is_forgotten_once_the_hub_says_so_and_is_not_subscribed_again(tx: Connection) -> None:
    confirmed(tx)
    settle(tx, on=False)
    assert not subscriptions.confirmed(tx, NOW, "d1", TOPIC, DAY)
    assert not subscriptions.told(tx, NOW, "d1")
    subscriptions.asked(tx, NOW, "d1")
    assert not subscriptions.ended(tx, NOW, "d1", "https://other.example/")
    assert subscriptions.ended(tx, NOW, "d1", TOPIC)
    assert everything(tx) == []


def test_a_farewell_that_nobody_answers_comes_to_an_end(tx: Connection) -> None:
    confirmed(tx)
    settle(tx, on=False)
    now = NOW
    for _ in range(GOODBYES):
        assert due(tx, now) == ["d1"]
        subscriptions.asked(tx, now, "d1")
        (one,) = settle(tx, now, on=False)
        assert one.ask_at is not None
        now = one.ask_at
    assert settle(tx, now, on=False) == []


def test_a_refusal_is_told_and_asked_again_after_a_day(tx: Connection) -> None:
    confirmed(tx)
    assert not subscriptions.refused(tx, NOW, "d1", "https://other.example/", "no")
    assert subscriptions.refused(tx, NOW, "d1", TOPIC, "it refuses: too many")
    (one,) = everything(tx)
    assert (one.until, one.ask_at) == (None, NOW + LONGEST_WAIT)
    assert str(subscriptions.standings(tx, NOW)["news"]) == "its hub tells of nothing: it refuses: too many"


def test_people_read_how_it_stands(tx: Connection) -> None:
    named(tx)
    assert subscriptions.standings(tx, NOW) == {}
    settle(tx)
    subscriptions.asked(tx, NOW, "d1")
    assert "has not confirmed it yet" in str(subscriptions.standings(tx, NOW)["news"])
    subscriptions.failed(tx, "d1", "it answered 500")
    assert str(subscriptions.standings(tx, NOW)["news"]) == "its hub tells of nothing: it answered 500"
    subscriptions.asked(tx, NOW, "d1")
    subscriptions.confirmed(tx, NOW, "d1", TOPIC, DAY)
    told = str(subscriptions.standings(tx, NOW)["news"])
    assert told == "its hub tells of new entries at once, until 2026-11-21 12:00+00:00"
    assert "has not confirmed" in str(subscriptions.standings(tx, NOW + DAY)["news"])


def polled(tx: Connection, **values: object) -> None:
    usual = {"last_polled": NOW - HOUR, "next_poll": NOW + HOUR}
    tx.execute(sa.update(t.source).where(t.source.c.name == "news").values({**usual, **values}))


def hurried(tx: Connection, now: datetime = NOW) -> datetime | None:
    """Let a hub tell, and return when its source is read then."""
    assert subscriptions.told(tx, now, "d1")
    assert not subscriptions.told(tx, now, "d1"), "it is known already"
    assert subscriptions.told_of(tx) == ["news"]
    subscriptions.hurry(tx, now, ["news"])
    assert subscriptions.told_of(tx) == []
    row = source(tx, "news")
    assert row is not None
    return row.next_poll


def test_what_a_hub_has_told_of_is_due_at_once(tx: Connection) -> None:
    confirmed(tx)
    polled(tx)
    assert hurried(tx) == NOW


@pytest.mark.parametrize(
    ("values", "then"),
    [
        ({"last_polled": NOW - 10 * SECOND}, NOW - 10 * SECOND + SOONEST),
        ({"wait_until": NOW + 20 * MINUTE}, NOW + 20 * MINUTE),
        ({"next_poll": NOW - MINUTE}, NOW - MINUTE),
        ({"last_polled": NOW, "next_poll": NOW + SECOND}, NOW + SECOND),
        ({"last_polled": None, "next_poll": None}, None),
        ({"gone": True, "next_poll": None}, None),
    ],
)
def test_no_source_is_hurried_beyond_what_is_polite(
    tx: Connection, values: dict[str, object], then: datetime | None
) -> None:
    confirmed(tx)
    polled(tx, **values)
    assert hurried(tx) == then


def test_a_hub_that_tells_without_end_has_its_source_read_once_a_minute(tx: Connection) -> None:
    confirmed(tx)
    polled(tx)
    reads, now = [], NOW
    for _ in range(600):
        if subscriptions.told(tx, now, "d1"):
            subscriptions.hurry(tx, now, ["news"])
        row = source(tx, "news")
        assert row is not None
        assert row.next_poll is not None
        if row.next_poll <= now:
            reads.append(now)
            polled(tx, last_polled=now, next_poll=now + HOUR)
        now += SECOND
    assert len(reads) == 10


def test_a_new_address_of_a_source_forgets_its_hub(tx: Connection) -> None:
    sources.register(tx, {"news": ("article", "https://news.example/feed")})
    named(tx)
    sources.register(tx, {"news": ("article", "https://news.example/other")})
    row = tx.execute(sa.select(t.source.c.hub, t.source.c.topic)).one()
    assert tuple(row) == ("", "")


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["settle", "off", "other hub", "ask", "confirm", "end", "refuse", "tell", "hurry"]),
        st.sampled_from([TOPIC, "https://other.example/"]),
        st.integers(0, 3 * 24 * 60),
    ),
    max_size=40,
)


@given(HAPPENINGS)
@hypothesis.settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_in_whatever_order_nothing_is_believed_that_was_not_asked(
    tx: Connection, happenings: list[tuple[str, str, int]]
) -> None:
    point = tx.begin_nested()
    named(tx)
    make, now, asked = fresh(), NOW, {"d1": NOW}
    subscriptions.settle(tx, now, HOME, make, on=True)
    subscriptions.asked(tx, now, "d1")
    for what, topic, minutes in happenings:
        now += timedelta(minutes=minutes)
        before = {one.digest: one for one in everything(tx)}
        happen(tx, now, what, topic, make)
        if what == "ask":
            asked |= {one.digest: now for one in everything(tx) if one.asked_at == now}
        after = {one.digest: one for one in everything(tx)}
        assert len([one for one in after.values() if not one.leaving]) <= 1
        for digest, one in after.items():
            assert one.ask_at is not None, "none is left without a next time"
            assert one.until is None or one.until <= now + LONGEST_LEASE
            if digest in before and one.until != before[digest].until and one.until is not None:
                assert (what, topic, one.leaving) == ("confirm", TOPIC, False)
                assert now - asked[digest] <= PATIENCE
        if what == "end":
            assert all(before[digest].leaving for digest in before.keys() - after.keys())
    point.rollback()


def happen(tx: Connection, now: datetime, what: str, topic: str, make: Callable[[], Fresh]) -> None:
    """Let one thing happen to all that there is."""
    if what in {"settle", "off"}:
        subscriptions.settle(tx, now, HOME, make, on=what == "settle")
    elif what == "other hub":
        named(tx, hub=f"https://{topic[8:13]}.example/")
    elif what == "hurry":
        subscriptions.hurry(tx, now, subscriptions.told_of(tx))
    for one in everything(tx):
        match what:
            case "ask" if one.ask_at is not None and one.ask_at <= now:
                subscriptions.asked(tx, now, one.digest)
            case "confirm":
                subscriptions.confirmed(tx, now, one.digest, topic, timedelta(days=2 * len(topic)))
            case "end":
                subscriptions.ended(tx, now, one.digest, topic)
            case "refuse":
                subscriptions.refused(tx, now, one.digest, topic, "no")
            case "tell":
                subscriptions.told(tx, now, one.digest)
