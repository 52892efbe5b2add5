"""Days on which the clocks change: a slot in the gap moves, a slot in the fold counts once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, lane, living, with_slots


@pytest.mark.parametrize(
    ("before", "slot", "out"),
    [
        (datetime(2026, 3, 8, 5, tzinfo=UTC), "02:30", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        (datetime(2026, 11, 1, 4, tzinfo=UTC), "01:30", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        (datetime(2026, 3, 8, 12, tzinfo=UTC), "09:00", datetime(2026, 3, 8, 13, 0, tzinfo=UTC)),
        (datetime(2026, 11, 1, 12, tzinfo=UTC), "09:00", datetime(2026, 11, 1, 14, 0, tzinfo=UTC)),
    ],
)
async def test_each_slot_of_the_day_sends_one_post(
    tmp_path: Path, before: datetime, slot: str, out: datetime
) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), f"daily {slot}"), now=before) as world:
        world.item("Un")
        world.item("Deux")
        await world.go_on(3 * HOUR)
        assert len(one.created) == 1
        sent = [post.first_sent_at for post in world.posts("published")]
        assert sent == [out]
