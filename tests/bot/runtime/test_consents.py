"""Asking daily until when a consent lasts, where the network tells."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.message import LockedOut
from content_queue.operations import consents
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, MINUTE, World, lane, living

DAY = timedelta(days=1)


@dataclass(slots=True)
class Telling(Pretend):
    """A channel whose network tells until when its consent lasts."""

    ends: list[datetime | Exception | None] = field(default_factory=list)
    asked: int = 0

    async def consent_until(self) -> datetime | None:
        self.asked += 1
        end = self.ends.pop(0) if self.ends else None
        if isinstance(end, Exception):
            raise end
        return end


def told(world: World) -> dict[str, datetime]:
    with world.store.read() as tx:
        return consents.told(tx)


async def test_it_is_asked_at_the_start_and_daily_and_kept(tmp_path: Path) -> None:
    one, other = Telling("one"), Pretend("other")
    async with living(tmp_path, lane(one), lane(other)) as world:
        end = world.clock.now() + 9 * DAY
        one.ends = [end, end + DAY, None]
        await world.quiet()
        assert (one.asked, told(world)) == (1, {"one": end})
        world.clock.advance(DAY + MINUTE)
        await world.quiet()
        assert (one.asked, told(world)) == (2, {"one": end + DAY})
        world.clock.advance(DAY + MINUTE)
        await world.quiet()
        assert (one.asked, told(world)) == (3, {})


async def test_a_network_that_gives_no_answer_is_asked_again_in_an_hour_and_forgets_nothing(
    tmp_path: Path,
) -> None:
    one = Telling("one")
    async with living(tmp_path, lane(one)) as world:
        end = world.clock.now() + 9 * DAY
        one.ends = [end, LockedOut("no"), ValueError("a fault of its own")]
        await world.quiet()
        world.clock.advance(DAY + MINUTE)
        await world.quiet()
        assert (one.asked, told(world)) == (2, {"one": end})
        world.clock.advance(HOUR + MINUTE)
        await world.quiet()
        assert (one.asked, told(world)) == (3, {"one": end})
        world.due("Bonjour")
        await world.go_on(MINUTE)
        assert world.states() == ["published"]
