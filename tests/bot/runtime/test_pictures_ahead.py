"""Whoever judges sees the picture before it goes out, and the approval sends that very one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.clock import FakeClock, FastClock
from bot.message import PictureLimits
from bot.runtime.gathering import NoPicture
from bot.runtime.pictures_ahead import AGAIN, AT_ONCE, PicturesAhead
from content_queue.item import Picture
from content_queue.operations import pictures
from content_queue.operations.pictures import KEPT_FOR, Stored
from content_queue.store import tables as t
from content_queue.store.database import Store
from content_queue.store.schema import upgrade
from tests.bot.runtime.pretend import LIMITS, Pretend
from tests.bot.runtime.test_gathering import ADDRESS, SHOWN, Studio, send_now, showing, shown, with_studio
from tests.bot.runtime.world import NOW, World, living, style

PICTURE = Picture(ADDRESS, "Un phare.")


@dataclass
class Looking:
    clock: FakeClock
    studio: Studio
    ahead: PicturesAhead


@asynccontextmanager
async def looking(tmp_path: Path) -> AsyncIterator[Looking]:
    store, clock, studio = Store(tmp_path / "queue.db"), FakeClock(NOW), Studio()
    upgrade(store)
    limits = replace(LIMITS, picture=PictureLimits(maximum=900))
    channels = [Pretend("one", limits=limits), Pretend("two", limits=limits)]
    styles = {channel.name: style(channel) for channel in channels}
    try:
        yield Looking(clock, studio, PicturesAhead(store, clock, styles, studio))
    finally:
        store.close()


async def test_a_picture_is_made_at_the_first_look_and_kept_for_equal_limits(
    tmp_path: Path,
) -> None:
    async with looking(tmp_path) as at:
        first, again, elsewhere = [await at.ahead(PICTURE, name) for name in ("one", "one", "two")]
        assert first is not None
        assert first.content == f"{ADDRESS} 900".encode()
        assert first == again == elsewhere
        assert at.studio.asked == [(ADDRESS, 900)]


async def test_it_is_made_while_time_goes_by(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.ahead.clock = FastClock(NOW, 1_000_000)
        assert await at.ahead(PICTURE, "one") is not None


async def test_many_who_look_at_once_wait_for_one_making(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        seen = await asyncio.gather(*(at.ahead(PICTURE, "one") for _ in range(20)))
        assert {each.digest for each in seen if each} == {"d900"}
        assert len(at.studio.asked) == 1


async def test_one_who_looks_away_takes_nothing_from_the_others(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        first = asyncio.create_task(at.ahead(PICTURE, "one"))
        second = asyncio.create_task(at.ahead(PICTURE, "one"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second is not None


async def test_few_are_made_at_a_time(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        now, most = 0, 0

        async def slow(source: str, limits: PictureLimits) -> Stored:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1
            return Stored(source, "image/png", 1, 1, b"x")

        at.ahead.make = slow
        await asyncio.gather(*(at.ahead(Picture(f"{ADDRESS}?{number}", ""), "one") for number in range(9)))
        assert most == AT_ONCE


async def test_one_that_cannot_be_had_is_left_alone_for_a_while(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.studio.troubles = [NoPicture("gone", final=True)]
        assert await at.ahead(PICTURE, "one") is None
        assert await at.ahead(PICTURE, "one") is None
        assert len(at.studio.asked) == 1
        at.clock.advance(AGAIN)
        assert await at.ahead(PICTURE, "one") is not None


async def test_a_picture_that_a_channel_does_not_show_is_not_made(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        assert await at.ahead(replace(PICTURE, card=True), "one") is None
        assert await at.ahead(PICTURE, "left the file") is None
        assert at.studio.asked == []


async def test_what_was_looked_at_is_what_goes_out(tmp_path: Path) -> None:
    one, studio = showing("one"), Studio()
    async with living(tmp_path, one) as world:
        with_studio(world, studio)
        ahead = PicturesAhead(world.store, world.clock, {"one": one.style}, studio)
        seen = await ahead(Picture(ADDRESS, SHOWN.alt), "one")
        assert seen is not None
        world.item("", versions=(SHOWN,))
        send_now(world)
        await world.quiet()
        assert shown(world) == [(Picture(ADDRESS, SHOWN.alt, seen.digest),)]
        assert len(studio.asked) == 1


DAY = timedelta(days=1)


async def test_old_pictures_that_nothing_needs_are_let_go(tmp_path: Path) -> None:
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, Studio())
        ahead = PicturesAhead(world.store, world.clock, {"one": showing("one").style}, by_name)
        looked_at = await ahead(Picture(f"{ADDRESS}?only-looked-at", ""), "one")
        world.item("", versions=(SHOWN,))
        send_now(world)
        await world.quiet()
        assert looked_at is not None
        assert world.states() == ["published"]
        assert kept(world) == {looked_at.digest, "d1000"}
        await past(world, KEPT_FOR - DAY)
        assert kept(world) == {looked_at.digest, "d1000"}
        await past(world, 2 * DAY)
        assert kept(world) == set()
        again = await ahead(Picture(f"{ADDRESS}?only-looked-at", ""), "one")
        assert again == looked_at


async def test_the_bytes_stay_of_what_is_needed_by_now_or_made_again_meanwhile(tmp_path: Path) -> None:
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, Studio())
        world.item("", versions=(SHOWN,), evergreen=True)
        send_now(world)
        await world.quiet()
        old, gone = (Stored(name, "image/png", 1, 1, b"x") for name in ("old", "gone"))
        with world.store.write() as tx:
            for one in (old, gone):
                pictures.put(tx, NOW, one)
            assert pictures.part(tx, NOW, ["old", "gone", "d1000"]) == ["gone", "old"]
            source = pictures.put(tx, NOW, old)
            pictures.forget(tx, ["gone", "old"])
            assert pictures.known(tx, source, "") == "old"
        assert kept(world) == {"old", "d1000"}


async def test_the_picture_of_a_fact_that_will_go_out_again_stays(tmp_path: Path) -> None:
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, Studio())
        world.item("", versions=(SHOWN,), evergreen=True)
        send_now(world)
        await world.quiet()
        await past(world, KEPT_FOR + 2 * DAY)
        assert kept(world) == {"d1000"}


async def by_name(source: str, limits: PictureLimits) -> Stored:
    return Stored(f"of {source}", "image/png", 1, 1, b"x" * min(limits.maximum, 9))


async def past(world: World, span: timedelta) -> None:
    world.clock.advance(span)
    await world.quiet()


def kept(world: World) -> set[str]:
    with world.store.read() as tx:
        return set(tx.execute(sa.select(t.picture.c.digest)).scalars())
