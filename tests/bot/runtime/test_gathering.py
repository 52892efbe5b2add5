"""Pictures are brought between approval and slot, once for each network's limits."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.compose.card import Look
from bot.message import PictureLimits
from bot.runtime.gathering import NoPicture
from bot.runtime.parts import Lane
from content_queue.item import Kind, Picture, Version
from content_queue.operations import holds, pictures, planning
from content_queue.operations.pictures import TRIES, Stored
from tests.bot.runtime.pretend import LIMITS, Pretend
from tests.bot.runtime.world import HOUR, MINUTE, World, lane, living, style

ADDRESS = "https://example.org/phare.jpg"
SHOWN = Version("fr", "Un phare", image=ADDRESS, alt="Un phare, la nuit.")


@dataclass
class Studio:
    """Makes what it is asked for; ``troubles`` are used up first."""

    troubles: list[NoPicture] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, source: str, limits: PictureLimits) -> Stored:
        self.asked.append((source, limits.maximum))
        if self.troubles:
            raise self.troubles.pop(0)
        content = f"{source} {limits.maximum}".encode()
        return Stored(f"d{limits.maximum}", "image/png", 4, 3, content)


def showing(name: str, maximum: int = 1000) -> Lane:
    channel = Pretend(name, limits=replace(LIMITS, picture=PictureLimits(maximum=maximum)))
    return lane(channel)


def with_studio(world: World, studio: Studio) -> None:
    world.worker._parts = replace(world.worker._parts, make_picture=studio)  # noqa: SLF001  what assemble hands in


def send_now(world: World) -> None:
    with world.store.write() as tx:
        planning.post_now(tx, world.clock.now(), "ana", 1, "one", HOUR)


def shown(world: World) -> list[tuple[Picture, ...]]:
    return [post.message.pictures for post in world.posts()]


async def test_a_post_waits_for_its_picture_and_then_shows_it(tmp_path: Path) -> None:
    one = showing("one")
    async with living(tmp_path, one) as world:
        world.item("", versions=(SHOWN,))
        send_now(world)
        await world.quiet()
        assert world.states() == ["planned"]
        studio = Studio()
        with_studio(world, studio)
        await world.quiet()
        assert world.states() == ["published"]
        assert shown(world) == [(Picture(ADDRESS, SHOWN.alt, "d1000"),)]
        assert studio.asked == [(ADDRESS, 1000)]
        with world.store.read() as tx:
            stored = pictures.read(tx, "d1000")
        assert stored is not None
        assert stored.content == f"{ADDRESS} 1000".encode()


async def test_a_picture_is_made_once_for_each_networks_limits(tmp_path: Path) -> None:
    studio = Studio()
    async with living(tmp_path, showing("one"), showing("two"), showing("three", 500)) as world:
        with_studio(world, studio)
        world.item("", versions=(SHOWN,))
        world.item("", versions=(replace(SHOWN, title="Encore un phare"),))
        await world.quiet()
        assert sorted(studio.asked) == [(ADDRESS, 500), (ADDRESS, 1000)]
        with world.store.read() as tx:
            assert pictures.missing(tx) == []


async def test_a_picture_that_cannot_be_had_is_tried_again(tmp_path: Path) -> None:
    studio = Studio([NoPicture("the answer came too late", final=False)])
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, studio)
        world.item("", versions=(SHOWN,))
        await world.quiet()
        assert len(studio.asked) == 1
        await world.go_on(3 * MINUTE)
        assert len(studio.asked) == 2
        with world.store.read() as tx:
            assert pictures.missing(tx) == []


@pytest.mark.parametrize(
    "troubles",
    [
        [NoPicture("it is damaged", final=True)],
        [NoPicture("the answer came too late", final=False) for _ in range(TRIES)],
    ],
)
async def test_what_a_person_approved_asks_a_person_when_its_picture_cannot_be_had(
    tmp_path: Path, troubles: list[NoPicture]
) -> None:
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, Studio(troubles))
        world.item("", versions=(SHOWN,))
        await world.go_on(HOUR)
        with world.store.read() as tx:
            (hold,) = holds.active(tx, world.clock.now())
        assert hold.target == "1"
        assert hold.reason.startswith("its picture cannot be had: ")


async def test_what_a_rule_approved_goes_out_without_a_picture_that_cannot_be_had(tmp_path: Path) -> None:
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, Studio([NoPicture("it is damaged", final=True)]))
        world.item("", versions=(SHOWN,), by_rule=True)
        send_now(world)
        await world.quiet()
        assert world.states() == ["published"]
        assert shown(world) == [()]


async def test_what_a_rule_approved_misses_no_slot_for_a_picture(tmp_path: Path) -> None:
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, Studio([NoPicture("the answer came too late", final=False)]))
        world.item("", versions=(SHOWN,), by_rule=True)
        send_now(world)
        await world.quiet()
        assert world.states() == ["published"]
        assert shown(world) == [()]


async def test_nor_for_one_that_failed_before_and_is_to_be_tried_again_later(tmp_path: Path) -> None:
    async with living(tmp_path, showing("one")) as world:
        studio = Studio([NoPicture("the answer came too late", final=False)])
        with_studio(world, studio)
        world.item("", versions=(SHOWN,), by_rule=True)
        await world.quiet()
        send_now(world)
        await world.quiet()
        assert world.states() == ["published"]
        assert (shown(world), len(studio.asked)) == ([()], 1)


async def test_what_a_person_approved_is_late_rather_than_without_its_picture(tmp_path: Path) -> None:
    async with living(tmp_path, showing("one")) as world:
        with_studio(world, Studio([NoPicture("the answer came too late", final=False)]))
        world.item("", versions=(SHOWN,))
        send_now(world)
        await world.quiet()
        assert world.states() == ["planned"]
        await world.go_on(3 * MINUTE)
        assert world.states() == ["published"]
        assert shown(world) == [(Picture(ADDRESS, SHOWN.alt, "d1000"),)]


async def test_a_fact_shows_its_card(tmp_path: Path) -> None:
    one = showing("one")
    spoken = replace(style(Pretend("one", limits=one.style.limits)), card=Look())
    studio = Studio()
    async with living(tmp_path, replace(one, style=spoken)) as world:
        with_studio(world, studio)
        fact = Version("fr", "En 2018, 43 phares.", credit="Institut, 2018", figure="43", label="phares")
        world.item("", kind=Kind.FACT, versions=(fact,))
        await world.quiet()
        assert [source.partition("?")[0] for source, _ in studio.asked] == ["card:"]
