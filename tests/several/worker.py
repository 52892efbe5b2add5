"""One of several workers, as a program: ``python -m tests.several.worker ADDRESS FOLDER NAME CHANNELS SEED``.

Its clock runs fast, from a moment that all of them share. Leases go by the database's clock; whoever runs the
fleet lets those of the dead grow old.
"""

import asyncio
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import structlog

from bot.clock import FastClock
from bot.runtime import tenure
from bot.runtime.clockwork import drive
from bot.runtime.worker import Worker
from content_queue.operations.looks import LookRules
from content_queue.store.database import ServerAddress, Store
from content_queue.store.locks import BusyError
from tests.bot.runtime.world import SECOND, lane, make_parts
from tests.several.network import Counting

FACTOR = 10.0
BEAT = timedelta(seconds=0.2)
EPOCH = datetime(2026, 6, 3, 14, tzinfo=UTC)
BEGAN = 1_780_000_000.0
"""Any moment, the same for all: from here the fast clock runs."""


def keyed(channel: str) -> bool:
    """Every second channel's network knows our keys."""
    return int(channel.removeprefix("c")) % 2 == 0


def clock_now() -> datetime:
    return EPOCH + timedelta(seconds=(time.time() - BEGAN) * FACTOR)


async def live(server: ServerAddress, folder: Path, name: str, channels: list[str], seed: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = Store(server)
    networks = [Counting(one, folder, Random(f"{seed} {name} {one}"), keyed(one)) for one in channels]
    lanes = [
        lane(
            each,  # type: ignore[arg-type]  # a channel, if no pretend one
            deadline=300 * SECOND,
            look_after=30 * SECOND,
            looks=LookRules(looks=2, between=10 * SECOND, resend=each.keyed),
        )
        for each in networks
    ]
    clock = FastClock(clock_now(), FACTOR)
    worker = Worker(make_parts(store, clock, *lanes, name=name))
    await worker.start(name)
    await drive(worker, clock, stop)
    await worker.stop(timedelta(seconds=5))
    store.close()


def main() -> None:
    address, folder, name, channels, seed = sys.argv[1:]
    tenure.BEAT = BEAT
    with Path(os.devnull).open("w") as nowhere:
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(nowhere))
        while True:
            try:
                return asyncio.run(
                    live(ServerAddress(address), Path(folder), name, channels.split(","), seed)
                )
            except BusyError:  # a supervisor starts it again
                continue


if __name__ == "__main__":
    main()
