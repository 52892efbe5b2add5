"""Serving for years: the worker with its desk, and a changed configuration between two steps.

SIGHUP reads the file again. A good one takes the old one's place once the requests in flight are over; a bad
one, or one that only a restart can take up, changes nothing and is told in the log.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cli.beginning import STOP_WITHIN, begin, log_to_stderr
from bot.cli.output import complain, say
from bot.lean import keep_giving_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.assemble import Assembled
    from bot.cli.stopping import Stop
    from bot.clock import Clock
    from bot.desk_door import DeskDoor
    from bot.settings import Settings
    from content_queue.store.database import Store

HOLDS = "the configuration was read again and holds from now on"
HEAD_START = timedelta(milliseconds=300)
"""How long what the first step begins has the processor for itself before the desk is loaded."""
EXPOSED = (
    "WARNING: the desk listens beyond this machine without https: nobody can sign in. Put it behind a proxy"
    ' and set desk.public_url = "https://...", or listen on 127.0.0.1'
)
STAYS = "the configuration was read again and has mistakes: the old one stays"


async def serve(settings: Settings, store: Store, clock: Clock, stopped: Stop, *, with_desk: bool) -> None:
    """Serve until a stop is asked for; SIGHUP takes up the configuration as it is written then."""
    from bot import assemble

    stop, again = stopped.event(), _on_hangup()
    served = _Served(settings, assemble.assemble(settings, store, clock), clock)
    await served.begin()
    try:
        await served.go_on()
        door = await _open_desk(served, store, clock) if with_desk else None
        while await served.until(stop, again):
            fresh = await _read_again(served.settings, store)
            if fresh is not None:
                served = await _take_over(served, fresh, store, clock)
                if door is not None:
                    door.show(fresh, served.made)
        if door is not None:
            await door.close()
    finally:
        await served.stop()


class _Served:
    """A worker that is stepped, and the configuration that it was made from."""

    def __init__(self, settings: Settings, made: Assembled, clock: Clock) -> None:
        self.settings = settings
        self.made = made
        self._clock = clock
        self._pause = asyncio.Event()
        self._stepping: asyncio.Task[None] | None = None
        self._chatting: asyncio.Future[None] | None = None
        self._tidying: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start the worker."""
        await begin(self.made.worker)
        if self.made.chat is not None:
            self._chatting = asyncio.ensure_future(self.made.chat())

    async def go_on(self) -> None:
        """Step from now on; return when what the first step begins is done, or well under way."""
        from bot.runtime.clockwork import Clockwork, step_once

        worker = self.made.worker
        await step_once(worker, self._clock.now())
        await asyncio.wait([asyncio.create_task(worker.settled())], timeout=HEAD_START.total_seconds())
        self._stepping = asyncio.create_task(Clockwork(worker, self._clock).run(self._pause))
        self._tidying = asyncio.create_task(keep_giving_back())

    async def until(self, stop: asyncio.Event, again: asyncio.Event) -> bool:
        """Wait; say whether the configuration is to be read again (else it is time to stop)."""
        wishes = [asyncio.create_task(event.wait()) for event in (stop, again)]
        stepping = [self._stepping] if self._stepping is not None else []
        done, _ = await asyncio.wait([*wishes, *stepping], return_when=asyncio.FIRST_COMPLETED)
        for wish in wishes:
            wish.cancel()
        await asyncio.gather(*done)  # what ended the stepping by itself is told
        wanted = again.is_set() and not stop.is_set()
        again.clear()
        return wanted

    async def rest(self) -> None:
        """End what is in flight and begin nothing more; the worker's lock stays with this process."""
        await self._stand_still()
        await self.made.worker.rest(STOP_WITHIN)
        await self.made.close()

    async def stop(self) -> None:
        """End what is in flight, and let go of the lock."""
        await self._stand_still()
        await self.made.worker.stop(STOP_WITHIN)
        await self.made.close()

    async def _stand_still(self) -> None:
        self._pause.set()
        if self._tidying is not None:
            self._tidying.cancel()
        if self._chatting is not None:
            self._chatting.cancel()
            await asyncio.wait([self._chatting])
        if self._stepping is not None:
            await asyncio.wait([self._stepping])


async def _take_over(served: _Served, fresh: Settings, store: Store, clock: Clock) -> _Served:
    """Let a worker of the fresh configuration follow the present one."""
    import structlog

    from bot import assemble

    follower = _Served(fresh, assemble.assemble(fresh, store, clock), clock)
    await served.rest()
    log_to_stderr(fresh)
    await follower.begin()
    await follower.go_on()
    structlog.get_logger().info(HOLDS)
    return follower


async def _read_again(old: Settings, store: Store) -> Settings | None:
    """Return the configuration as it is written now, or None after telling why it cannot be taken up."""
    import structlog

    from bot import assemble
    from bot.settings import SettingsError
    from content_queue.operations.sources import TwoOwnersError
    from content_queue.store.locks import BusyError

    mistakes: Sequence[str]
    try:
        fresh = await asyncio.to_thread(assemble.settings, old.path)
        mistakes = _wants_a_restart(old, fresh)
        if not mistakes:
            await asyncio.to_thread(assemble.register, fresh, store)
            return fresh
    except SettingsError as error:
        mistakes = error.mistakes
    except TwoOwnersError as error:
        mistakes = error.lines
    except BusyError as error:
        mistakes = (str(error),)
    for mistake in mistakes:
        structlog.get_logger().error(STAYS, mistake=mistake)
    return None


def _wants_a_restart(old: Settings, fresh: Settings) -> list[str]:
    changed = {
        "bot.database": old.bot.database != fresh.bot.database,
        "desk.listen": old.desk.listen != fresh.desk.listen,
    }
    return [f"{key}: a change needs a restart" for key, differs in changed.items() if differs]


def _on_hangup() -> asyncio.Event:
    event = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, event.set)
    return event


async def _open_desk(served: _Served, store: Store, clock: Clock) -> DeskDoor:
    from bot.desk.web.reached import is_exposed
    from bot.desk_door import DeskDoor

    door = DeskDoor(store, clock)
    await asyncio.to_thread(door.show, served.settings, served.made)  # half a second of loading
    address = await door.open(served.settings)
    if is_exposed(served.settings.desk.host, served.settings.desk.public_url):
        complain(EXPOSED)
    say(f"desk {address}")
    sys.stdout.flush()  # whoever reads a pipe waits for this line
    return door
