"""One announcement goes out during a pause where an admin lets it, and nothing else does."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk import operations
from bot.desk.permission import NotAllowedError
from content_queue.item import Kind, Scope
from content_queue.people import Grant, Person, Role, local
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, World, lane, living

ADMIN, EDITOR = local("ana"), Person(7, "Léa", (Grant(Role.EDITOR),))


def announce(world: World, number: int, who: Person = ADMIN) -> None:
    with world.store.write() as tx:
        operations.announce(tx, world.desk, world.clock.now(), who, number)


def pause(world: World, scope: Scope = Scope.EVERYTHING, target: str = "") -> None:
    with world.store.write() as tx:
        operations.pause(tx, world.clock.now(), ADMIN, scope, target, why="une panne")


def out(world: World) -> set[int]:
    return {post.item for post in world.posts("published")}


async def test_it_alone_goes_out(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one"))) as world:
        pause(world)
        waiting = world.due("un article")
        announcement = world.item("une annonce", kind=Kind.ANNOUNCEMENT)
        await world.quiet()
        assert out(world) == set()
        announce(world, announcement.id)
        await world.quiet()
        assert out(world) == {announcement.id}
        world.clock.advance(timedelta(hours=1))
        await world.quiet()
        assert waiting.item not in out(world)


async def test_a_pause_that_is_put_on_later_holds_it_too(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one"))) as world:
        pause(world)
        pause(world, Scope.CHANNEL, "one")
        announcement = world.item("une annonce", kind=Kind.ANNOUNCEMENT)
        announce(world, announcement.id)
        await world.quiet()
        assert out(world) == set()
        with world.store.write() as tx:
            for scope, target in ((Scope.EVERYTHING, ""), (Scope.CHANNEL, "one")):
                operations.resume(tx, world.clock.now(), ADMIN, scope, target)
            operations.pause(tx, world.clock.now(), ADMIN, Scope.EVERYTHING, "", why="une autre")
        world.clock.advance(HOUR)
        await world.quiet()
        assert out(world) == set()


async def test_only_an_announcement_and_only_by_an_admin(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one"))) as world:
        pause(world)
        article, announcement = world.item("un article"), world.item("une annonce", kind=Kind.ANNOUNCEMENT)
        with pytest.raises(ValueError, match="is no announcement"):
            announce(world, article.id)
        with pytest.raises(NotAllowedError):
            announce(world, announcement.id, EDITOR)
        await world.quiet()
        assert world.posts() == []


async def test_without_a_pause_it_goes_out_as_ever(tmp_path: Path) -> None:
    async with living(tmp_path, lane(Pretend("one"))) as world:
        announcement = world.item("une annonce", kind=Kind.ANNOUNCEMENT)
        announce(world, announcement.id)
        await world.quiet()
        assert out(world) == {announcement.id}
