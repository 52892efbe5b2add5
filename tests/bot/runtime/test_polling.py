"""The intake pass: what a poll brings, when the next one comes, and whose trouble a failing source is."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.runtime.parts import Brought
from content_queue.item import Entry, Kind, Version
from content_queue.operations import listing
from content_queue.operations.listing import SourceRow
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, MINUTE, World, lane, living, source, with_slots


def entries(*titles: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(title, Kind.ARTICLE, (Version("fr", title, url=f"https://example.org/{title}"),))
        for title in titles
    )


def row(world: World, name: str = "news") -> SourceRow:
    with world.store.read() as tx:
        return next(row for row in listing.sources(tx) if row.name == name)


def titles(world: World, state: str) -> list[str]:
    return [item.title for item in world.items() if item.state.value == state]


async def test_the_first_poll_of_a_feed_is_a_baseline_and_what_comes_later_goes_out(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one)), of=(source("news"),)) as world:
        world.feed.says["news"] = [
            Brought(entries("Un", "Deux")),
            Brought(entries("Un", "Deux", "Trois")),
        ]
        await world.go_on(10 * MINUTE)
        assert world.items() == []
        await world.go_on(10 * MINUTE)
        assert one.texts == ["Trois"]


async def test_backlog_lets_the_newest_through(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one")), of=(source("news", backlog=1),)) as world:
        world.feed.says["news"] = [Brought(entries("Un"))]
        await world.quiet()
        assert titles(world, "approved") == ["Un"]


async def test_a_source_that_is_not_trusted_waits_for_a_moderator(tmp_path: Path) -> None:
    news = source("news", backlog=9, approval="moderator")
    async with living(tmp_path, lane(Pretend("one")), of=(news,)) as world:
        world.feed.says["news"] = [Brought(entries("Un"))]
        await world.quiet()
        assert titles(world, "pending") == ["Un"]


async def test_an_item_that_no_channel_can_take_waits_for_a_moderator(tmp_path: Path) -> None:
    english = Entry("e", Kind.ARTICLE, (Version("en", "Hello"),))
    async with living(tmp_path, lane(Pretend("one")), of=(source("news", backlog=9),)) as world:
        world.feed.says["news"] = [Brought((english,))]
        await world.quiet()
        assert titles(world, "pending") == ["Hello"]


async def test_a_quote_is_never_approved_by_rule_before_someone_confirmed_it(tmp_path: Path) -> None:
    quote = Entry("q", Kind.QUOTE, (Version("fr", "Citation"),))
    async with living(tmp_path, lane(Pretend("one")), of=(source("news", backlog=9),)) as world:
        world.feed.says["news"] = [Brought((quote,))]
        await world.quiet()
        assert titles(world, "pending") == ["Citation"]


async def test_what_the_filters_refuse_does_not_come_in(tmp_path: Path) -> None:
    news = source("news", backlog=9, exclude=["emploi"])
    async with living(tmp_path, lane(Pretend("one")), of=(news,)) as world:
        world.feed.says["news"] = [Brought(entries("Offre d'emploi", "Un projet"))]
        await world.quiet()
        assert titles(world, "approved") == ["Un projet"]


async def test_a_failing_source_backs_off_alone(tmp_path: Path) -> None:
    async with living(tmp_path, of=(source("bad"), source("good"))) as world:
        world.feed.says["bad"] = [Brought(error="HTTP 500") for _ in range(20)]
        await world.go_on(4 * HOUR)
        asked = {name: [at for who, at in world.feed.asked if who == name] for name in ("bad", "good")}
        assert len(asked["good"]) == 16  # its first interval is longer by its place in it
        gaps = [later - at for at, later in zip(asked["bad"], asked["bad"][1:], strict=False)]
        assert gaps == [15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE]
        assert row(world, "bad").error == "HTTP 500"
        assert row(world, "bad").failures == 5


async def test_a_source_that_recovers_is_polled_as_before(tmp_path: Path) -> None:
    async with living(tmp_path, of=(source("news"),)) as world:
        world.feed.says["news"] = [Brought(error="down"), Brought(error="down"), Brought(entries("Un"))]
        await world.go_on(46 * MINUTE)
        assert (row(world).error, row(world).failures, row(world).failing_since) == ("", 0, None)
        assert row(world).next_poll == world.feed.asked[-1][1] + 15 * MINUTE


async def test_a_reader_that_breaks_is_that_source_s_trouble(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, lane(one), of=(source("bad"),)) as world:
        world.feed.says["bad"] = [ValueError("a fault of its own")]
        world.due("Bonjour")
        await world.go_on(14 * MINUTE)
        assert one.texts == ["Bonjour"]
        assert len(world.feed.asked) == 1


@pytest.mark.parametrize(
    ("every", "asks", "waits"),
    [
        (None, None, 15 * MINUTE),
        (None, 5 * MINUTE, 15 * MINUTE),  # a hint only lengthens
        (None, 3 * HOUR, 3 * HOUR),
        (None, 300 * HOUR, 24 * HOUR),
        ("1h", 3 * HOUR, HOUR),  # the operator's word stands
        ("1h", None, HOUR),
    ],
)
async def test_when_the_next_poll_comes(
    tmp_path: Path, every: str | None, asks: timedelta | None, waits: timedelta
) -> None:
    news = source("news") if every is None else source("news", every=every)
    async with living(tmp_path, of=(news,)) as world:
        world.feed.says["news"] = [Brought((), wait=asks), Brought((), wait=asks)]
        await world.quiet()
        first, again = world.clock.now(), row(world).next_poll
        assert again is not None
        assert waits <= again - first <= waits + (news.every or 15 * MINUTE)
        world.clock.advance(again - first)
        await world.quiet()
        assert row(world).next_poll == again + waits


async def test_a_failing_source_is_not_asked_before_it_said(tmp_path: Path) -> None:
    async with living(tmp_path, of=(source("news"),)) as world:
        world.feed.says["news"] = [Brought(error="HTTP 429", wait=5 * HOUR)]
        await world.quiet()
        assert row(world).next_poll == world.clock.now() + 5 * HOUR


async def test_a_source_that_is_gone_is_never_asked_again(tmp_path: Path) -> None:
    async with living(tmp_path, of=(source("news"),)) as world:
        world.feed.says["news"] = [Brought(error="410 Gone", gone=True)]
        await world.quiet()
        world.clock.advance(timedelta(days=30))
        await world.quiet()
        assert len(world.feed.asked) == 1
        assert row(world).gone


async def test_a_source_that_is_removed_while_it_is_read_harms_nothing(tmp_path: Path) -> None:
    async with living(tmp_path, of=(source("news", backlog=9),)) as world:

        def removed() -> Brought:
            with world.store.write() as tx:
                tx.exec_driver_sql("DELETE FROM source")
            return Brought(entries("Un"))

        world.feed.says["news"] = [removed]
        async with asyncio.timeout(10):
            await world.quiet()
        assert world.items() == []
        assert world.worker.trouble == ""
