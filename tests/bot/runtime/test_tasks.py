"""What a step begins: whatever fails is followed by a step, which sees whether the process can go on."""

from datetime import timedelta

from bot.clock import FakeClock
from bot.runtime.tasks import Tasks
from content_queue.store.database import BrokenDiskError
from tests.bot.runtime.world import NOW


async def test_a_step_follows_upon_trouble_that_a_task_met_on_its_way() -> None:
    poked: list[str] = []
    tasks = Tasks(FakeClock(NOW), lambda: poked.append(tasks.trouble))

    async def several() -> bool:
        tasks.failed("source one", BrokenDiskError("the disk is broken"), timedelta(minutes=1))
        return False

    tasks.begin("sources", several())
    await tasks.settled()
    assert poked == ["source one: the disk is broken"]
