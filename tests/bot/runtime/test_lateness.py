"""Many posts due at once."""

import asyncio
from pathlib import Path

from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import lane, living


async def test_a_hundred_posts_due_at_once_over_twenty_channels_all_go_out_once(tmp_path: Path) -> None:
    channels = [Pretend(f"channel-{number}") for number in range(20)]
    async with living(tmp_path, *(lane(channel) for channel in channels)) as world:
        for number in range(5):
            for channel in channels:
                world.due(f"Numéro {number}", channel.name)
        async with asyncio.timeout(60):
            await world.quiet()
        assert all(sorted(channel.texts) == [f"Numéro {n}" for n in range(5)] for channel in channels)
        assert set(world.states()) == {"published"}
