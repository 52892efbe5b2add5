"""A post whose link leads nowhere does not go out; another site's trouble keeps nothing back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.runtime import links as looking
from bot.runtime.links import Links
from bot.sources.link_check import GONE, CannotTell
from content_queue.item import Reason, Scope, Version
from content_queue.operations import holds, links, planning
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, MINUTE, World, lane, living, source, with_slots

PAGE = "https://example.org/article"


@dataclass
class Site:
    """Says what it is told of each address, in turn; the last word holds."""

    says: list[Reason | Exception | None] = field(default_factory=lambda: [None])
    asked: list[str] = field(default_factory=list)
    slow: bool = False

    async def __call__(self, address: str) -> Reason | None:
        self.asked.append(address)
        if self.slow:
            await asyncio.Event().wait()
        said = self.says[0] if len(self.says) == 1 else self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


@asynccontextmanager
async def looked(
    folder: Path, site: Site, *slots: str, unchecked: tuple[str, ...] = ()
) -> AsyncIterator[World]:
    """A worker with one channel, whose posts are words and a link."""
    one = Pretend("one")
    own = lane(one)
    shown = replace(own, style=replace(own.style, templates={"default": "{title} {url}"}))
    made = with_slots(shown, *slots) if slots else shown
    async with living(folder, made, of=(source("startech"),)) as world:
        parts = replace(world.parts, links=Links(world.store, world.clock, site, unchecked))
        world.worker._parts = parts  # noqa: SLF001  what assemble hands in
        yield world


def sent(world: World) -> list[str]:
    channel = world.parts.lanes["one"].channel
    assert isinstance(channel, Pretend)
    return channel.texts


def written(world: World, url: str = PAGE, **more: object) -> int:
    return world.item("Un phare", versions=(Version("fr", "Un phare", url=url),), **more).id


def send_now(world: World, item: int) -> None:
    with world.store.write() as tx:
        planning.post_now(tx, world.clock.now(), "ana", item, "one", HOUR)


def held(world: World) -> list[str]:
    with world.store.read() as tx:
        return [hold.reason for hold in holds.active(tx, world.clock.now())]


async def test_a_post_that_leads_somewhere_goes_out(tmp_path: Path) -> None:
    site = Site()
    async with looked(tmp_path, site) as world:
        send_now(world, written(world))
        await world.quiet()
        assert sent(world) == [f"Un phare {PAGE}"]
        assert set(site.asked) == {PAGE}


async def test_a_post_that_leads_nowhere_is_held_and_goes_out_once_the_page_is_back(tmp_path: Path) -> None:
    site = Site([GONE, GONE, None])
    async with looked(tmp_path, site) as world:
        send_now(world, written(world))
        await world.quiet()
        assert held(world) == [GONE.text]
        assert sent(world) == []
        await world.go_on(2 * looking.EVERY)
        assert held(world) == []
        assert sent(world) == [f"Un phare {PAGE}"]


async def test_it_is_looked_at_half_an_hour_ahead_so_that_somebody_can_mend_it(tmp_path: Path) -> None:
    async with looked(tmp_path, Site([GONE]), "daily 10:45") as world:  # it is 10:00
        written(world)
        await world.go_on(10 * MINUTE)
        assert held(world) == []
        await world.go_on(10 * MINUTE)
        assert held(world) == [GONE.text]
        assert world.states() == ["planned"]


async def test_what_a_person_lets_go_goes_out_as_it_is(tmp_path: Path) -> None:
    async with looked(tmp_path, Site([GONE])) as world:
        send_now(world, written(world))
        await world.quiet()
        with world.store.write() as tx:
            holds.lift(tx, world.clock.now(), "ana", Scope.POST, str(world.post().id))
        await world.go_on(looking.EVERY)
        assert sent(world) == [f"Un phare {PAGE}"]
        assert held(world) == []


@pytest.mark.parametrize("trouble", [CannotTell("503"), GONE])
async def test_nothing_is_looked_at_that_has_no_link_or_whose_source_wants_none(
    tmp_path: Path, trouble: Reason | Exception
) -> None:
    site = Site([trouble])
    async with looked(tmp_path, site, unchecked=("startech",)) as world:
        for item in (written(world, ""), written(world, source="startech")):
            send_now(world, item)
        await world.go_on(MINUTE)
        assert len(sent(world)) == 2
        assert site.asked == []


async def test_what_cannot_be_told_keeps_nothing_back_and_takes_no_hold_off(tmp_path: Path) -> None:
    site = Site([CannotTell("503")])
    async with looked(tmp_path, site) as world:
        send_now(world, written(world))
        await world.quiet()
        assert len(sent(world)) == 1
        site.says = [GONE, CannotTell("503")]
        send_now(world, written(world, f"{PAGE}-2"))
        await world.quiet()
        await world.go_on(2 * looking.EVERY)
        assert held(world) == [GONE.text]
        assert len(sent(world)) == 1


async def test_a_slow_page_does_not_keep_a_post_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PATIENCE", timedelta(milliseconds=50))
    async with looked(tmp_path, Site(slow=True)) as world:
        world.worker._parts.links._next = world.clock.now() + HOUR  # type: ignore[union-attr]  # noqa: SLF001  not now
        send_now(world, written(world))
        await world.quiet()
        assert len(sent(world)) == 1


async def test_one_page_is_asked_once_for_all_the_posts_that_lead_there(tmp_path: Path) -> None:
    site = Site()
    async with looked(tmp_path, site, "daily 10:10, 10:20") as world:
        written(world)
        written(world)
        await world.go_on(25 * MINUTE)
        assert len(sent(world)) == 2
        assert site.asked == [PAGE]


async def test_posts_that_are_due_together_share_one_look(tmp_path: Path) -> None:
    site = Site(slow=True)
    async with looked(tmp_path, site) as world:
        one = world.worker._parts.links  # noqa: SLF001  what assemble hands in
        assert one is not None
        stopping = asyncio.Event()
        asked = [asyncio.create_task(one._soon(PAGE, stopping)) for _ in range(3)]  # noqa: SLF001  three channels
        await asyncio.sleep(0.05)
        stopping.set()
        assert await asyncio.gather(*asked) == [None, None, None]
        assert site.asked == [PAGE]
        for look in one._looking.values():  # noqa: SLF001  the site never answers
            look.cancel()


async def test_the_hold_says_who_and_why(tmp_path: Path) -> None:
    async with looked(tmp_path, Site([GONE])) as world:
        send_now(world, written(world))
        await world.quiet()
        with world.store.read() as tx:
            (hold,) = links.held(tx, world.clock.now())
        assert (hold.scope, hold.target, hold.reason) == (Scope.POST, str(world.post().id), GONE.text)
