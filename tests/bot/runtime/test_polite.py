"""A day of reading sites that log every request: how often, how many at once, and what they asked for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.clock import FakeClock
from bot.http_client import HttpClient
from bot.runtime import polling
from bot.sources.cage import Cage
from bot.sources.parsed import Parsed
from content_queue.operations import intake, subscriptions
from tests.bot.http_client.servers import answer, redirect
from tests.bot.runtime.sites import UNCHANGED, by_tag, feed, gaps, reading, sites
from tests.bot.runtime.world import HOUR, MINUTE, NOW
from tests.bot.sources.documents import rss

DAY = timedelta(days=1)
QUARTER = 15 * MINUTE


async def test_a_day_of_unchanged_feeds_is_spread_and_never_hurried(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    async with sites(clock, by_tag("Un"), by_tag("Deux")) as (one, two):
        urls = {f"{site.server.port}-{n}": site.url(f"/{n}") for site in (one, two) for n in range(3)}
        async with reading(tmp_path, clock, urls) as world:
            await world.live(DAY)
        for site in (one, two):
            assert site.most_at_once == 1
            for n in range(3):
                asked = site.moments(f"/{n}")
                assert 90 <= len(asked) <= 97
                assert min(gaps(asked)) >= QUARTER
                assert max(gaps(asked)[1:]) < QUARTER + 2 * MINUTE
        last = [at for site in (one, two) for at, _ in site.log if at >= NOW + DAY - QUARTER]
        for minute in range(15):
            begin = NOW + DAY - QUARTER + minute * MINUTE
            assert sum(begin <= at < begin + MINUTE for at in last) <= 3  # not all at once


async def test_what_is_known_is_asked_for_and_nothing_is_stored_twice(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    heads: list[bytes] = []

    def says(_path: str, head: bytes) -> bytes:
        heads.append(head)
        return UNCHANGED if b"If-None-Match" in head else feed("Un", tag="7")

    async with sites(clock, says) as (site,), reading(tmp_path, clock, {"news": site.url("/")}) as world:
        await world.live(2 * HOUR)
        row = world.row("news")
        assert (row.etag, row.error, row.last_polled) == ('"7"', "", site.log[-1][0])
    assert b"If-None-Match" not in heads[0]
    assert all(b'If-None-Match: "7"' in head for head in heads[1:])


async def test_what_is_read_in_one_moment_is_stored_in_a_few_commits(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    async with sites(clock, *[by_tag(f"Un {number}") for number in range(10)]) as ten:
        urls = {f"site-{number}": site.url("/") for number, site in enumerate(ten)}
        async with reading(tmp_path, clock, urls, cage=OneByOne(workers=1)) as world:
            with commits() as made:
                await world.now()
            assert all(world.row(name).last_good == NOW for name in urls)
    assert 1 <= len(made) <= 5


class OneByOne(Cage):
    """A cage that takes longer for each document than storing it takes."""

    read = 0

    async def parse(self, document: bytes, **asked: Any) -> Parsed:  # noqa: ANN401  as it is asked
        parsed = await super().parse(document, **asked)
        self.read += 1
        await asyncio.sleep(0.02 * self.read)
        return parsed


@contextmanager
def commits() -> Iterator[list[int]]:
    """The write transactions that are committed meanwhile: how many rows their connection has changed."""
    made = [0]

    def note(connection: sa.Connection) -> None:
        raw = connection.connection.dbapi_connection
        changes = getattr(raw, "total_changes", 0)
        if changes > made[-1]:
            made.append(changes)

    sa.event.listen(sa.Engine, "commit", note)
    try:
        yield made
    finally:
        sa.event.remove(sa.Engine, "commit", note)
        del made[0]


async def test_what_an_older_release_read_is_read_whole_once_more(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    heads: list[bytes] = []
    hub = b'Link: <https://hub.example/>; rel="hub"'

    def says(_path: str, head: bytes) -> bytes:
        heads.append(head)
        return UNCHANGED if b"If-None-Match" in head else answer(rss(), b'ETag: "7"', hub)

    async with sites(clock, says) as (site,), reading(tmp_path, clock, {"news": site.url("/")}) as world:
        await world.now()
        with world.store.write() as tx:  # as the migration leaves it
            intake.poll_result(tx, NOW, "news", {"looked": "", "hub": ""})
        await world.live(2 * HOUR)
        with world.store.read() as tx:
            assert subscriptions.named(tx) == 1
    assert [b"If-None-Match" in head for head in heads[:3]] == [False, False, True]
    assert all(b"If-None-Match" in head for head in heads[2:])


async def test_a_host_that_asks_us_to_wait_is_left_alone_with_all_its_feeds(tmp_path: Path) -> None:
    clock = FakeClock(NOW)

    def busy(path: str, head: bytes) -> bytes:
        if path == "/2" and clock.now() < NOW + 2 * MINUTE:
            return answer(b"", b"Retry-After: 3600", status=b"429 Too Many Requests")
        return by_tag("Un")(path, head)

    async with sites(clock, busy, by_tag("Deux")) as (one, two):
        urls = {f"one-{n}": one.url(f"/{n}") for n in range(5)} | {"two": two.url("/")}
        async with reading(tmp_path, clock, urls) as world:
            await world.now()
            before = len(one.log)
            assert [path for _, path in one.log] == ["/0", "/1", "/2"]
            (refused,) = await polling.by_hand(world.parts, [world.row("one-4")])
            assert "asks not to be asked before" in refused.error
        async with reading(tmp_path, clock, urls) as later:  # the wait outlives the worker
            await later.live(59 * MINUTE)
            assert len(one.log) == before
            assert len(two.log) >= 2
            await later.live(HOUR)
        assert {path for _, path in one.log[before:]} == {"/0", "/1", "/2", "/3", "/4"}
        assert min(at for at, _ in one.log[before:]) >= NOW + HOUR


async def test_a_day_of_500_costs_few_requests_and_nothing_is_lost(tmp_path: Path) -> None:
    clock = FakeClock(NOW)

    def ill(_path: str, _head: bytes) -> bytes:
        now = clock.now()
        if NOW + MINUTE < now < NOW + DAY:
            return answer(b"", status=b"500 Internal Server Error")
        return feed("Un", *(["Deux"] if now > NOW + DAY else []))

    async with sites(clock, ill, by_tag("Autre")) as (site, other):
        urls: dict[str, str | dict[str, object]] = {
            "ill": {"url": site.url("/"), "backlog": 9},
            "well": other.url("/"),
        }
        async with reading(tmp_path, clock, urls) as world:
            await world.live(DAY)
            assert len(site.log) <= 24
            assert world.row("ill").failures > 5
            assert len(other.log) >= 90
            await world.live(DAY)
            assert sorted(item.title for item in world.items()) == ["Deux", "Un"]
            assert world.row("ill").error == ""


async def test_gone_is_asked_once(tmp_path: Path) -> None:
    clock = FakeClock(NOW)

    def gone(_path: str, _head: bytes) -> bytes:
        return answer(b"", status=b"410 Gone")

    async with sites(clock, gone) as (site,), reading(tmp_path, clock, {"old": site.url("/")}) as world:
        await world.live(3 * DAY)
        assert len(site.log) == 1
        assert world.row("old").gone


async def test_a_move_for_good_is_learned_after_a_day_and_one_sighting_changes_nothing(
    tmp_path: Path,
) -> None:
    clock = FakeClock(NOW)

    def moving(path: str, head: bytes) -> bytes:
        once = path == "/once" and clock.now() == NOW
        if path == "/old" or once:
            return redirect("/new", b"301 Moved Permanently")
        return by_tag("Un")(path, head)

    async with sites(clock, moving) as (site,):
        urls = {"old": site.url("/old"), "once": site.url("/once")}
        async with reading(tmp_path, clock, urls) as world:
            await world.live(DAY - HOUR)
            assert world.row("old").address == ""
            await world.live(2 * HOUR)
            assert world.row("old").address == site.url("/new")
            assert world.row("old").url == site.url("/old")
            assert world.histories().count("source old moved") == 1
            asked = len(site.moments("/old"))
            await world.live(2 * HOUR)
            assert len(site.moments("/old")) == asked
            assert len(site.moments("/once")) > 90
            assert (world.row("once").address, world.row("once").moved_to) == ("", "")


async def test_hints_of_feed_and_server_lengthen_the_wait_unless_the_operator_wrote_one(
    tmp_path: Path,
) -> None:
    clock = FakeClock(NOW)

    def says(path: str, _head: bytes) -> bytes:
        document = feed("Un")
        if path == "/ttl":
            return answer(document.partition(b"\r\n\r\n")[2].replace(b"<item>", b"<ttl>240</ttl><item>", 1))
        return document.replace(b"\r\n\r\n", b"\r\nCache-Control: max-age=14400\r\n\r\n", 1)

    async with sites(clock, says) as (site,):
        told = {"ttl": site.url("/ttl"), "cache": site.url("/cache")}
        written = {"url": site.url("/written"), "every": "30m"}
        async with reading(tmp_path, clock, {**told, "written": written}) as world:
            await world.live(DAY)
        assert len(site.moments("/ttl")) in {6, 7}
        assert len(site.moments("/cache")) in {6, 7}
        assert len(site.moments("/written")) >= 46


async def test_a_poll_by_hand_waits_for_nothing_and_moves_no_later_one(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    async with (
        sites(clock, by_tag("Un")) as (site,),
        reading(tmp_path, clock, {"a": site.url("/a"), "b": site.url("/b")}) as world,
    ):
        await world.now()
        due = world.row("a").next_poll
        clock.advance(MINUTE)
        done = await polling.by_hand(world.parts, [world.row("a"), world.row("b")])
        assert [(one.name, one.error) for one in done] == [("a", ""), ("b", "")]
        assert len(site.log) == 4
        assert site.most_at_once == 1
        assert world.row("a").next_poll == due


async def test_two_doors_ask_a_host_one_after_the_other(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    async with sites(clock, by_tag("Un"), by_tag("Deux")) as (one, two):
        urls = {f"n{n}": one.url(f"/{n}") for n in range(3)}
        async with reading(tmp_path, clock, urls) as world:
            await world.polling.begin(world.parts, NOW)
            for n in range(5):
                await world.http.get(one.url(f"/page{n}"))
                await world.http.get(two.url(f"/page{n}"))
            await world.tasks.settled()
        assert len(one.log) == 8
        assert (one.most_at_once, two.most_at_once) == (1, 1)


async def test_whoever_is_asked_learns_who_asks_and_how_to_reach_us(tmp_path: Path) -> None:
    heads: list[bytes] = []

    def says(_path: str, head: bytes) -> bytes:
        heads.append(head)
        return feed("Un")

    clock = FakeClock(NOW)
    http = HttpClient(user_agent="technopolys-bot/1 (+mailto:bot@example.org)", allow_private=["127.0.0.1"])
    async with (
        sites(clock, says) as (site,),
        reading(tmp_path, clock, {"n": site.url("/")}, http=http) as world,
    ):
        await world.now()
    assert b"User-Agent: technopolys-bot/1 (+mailto:bot@example.org)" in heads[0]
