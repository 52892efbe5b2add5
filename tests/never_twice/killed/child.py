"""The worker's own process, forked from a server that has imported everything: it dies where it is told to.

It tells the parent of each named point that it reaches, with the machine's monotonic time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection

import structlog

from bot.channels.network import LateReceipts
from bot.clock import SystemClock
from bot.runtime import delivery, tenure
from bot.runtime.clockwork import drive
from bot.runtime.parts import Lane
from bot.runtime.worker import Worker
from content_queue.calendar import Calendar
from content_queue.operations.looks import LookRules
from content_queue.planner import Rules
from content_queue.store.database import Place, Store
from tests.bot.runtime.world import HOUR, MONTREAL, make_parts
from tests.never_twice.classes import KINDS, style, wiring

SOON = timedelta(seconds=0.1)
DEADLINE = timedelta(seconds=10)
GRACE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Order:
    """Send yourself ``signal`` when ``point`` is reached for the ``nth`` time from now on."""

    point: str = ""
    nth: int = 1
    signal: int = signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Orders:
    """Where a worker finds its database and its networks, and what it is told before it begins."""

    place: Place
    url: str
    name: str
    flavours: tuple[str, ...]
    longest_pause: timedelta = delivery.LONGEST_PAUSE
    beat: timedelta = tenure.BEAT
    first: Order = field(default_factory=Order)


class Points:
    """The crash point that is handed in: tells the parent, and obeys. Any thread may come here."""

    def __init__(self, pipe: Connection, first: Order) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self.order, self._left = first, first.nth

    def arm(self, order: Order) -> None:
        with self._lock:
            self.order, self._left = order, order.nth

    def __call__(self, point: str) -> None:
        with self._lock:
            self._pipe.send((point, time.monotonic()))
            if point != self.order.point:
                return
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self.order.signal)


def live(orders: Orders, pipe: Connection) -> None:
    """Be a worker until told to stop."""
    structlog.configure(processors=[_drop])
    delivery.LONGEST_PAUSE, tenure.BEAT = orders.longest_pause, orders.beat
    asyncio.run(_live(orders, pipe))


def _drop(_logger: object, _method: str, _event: object) -> str:
    raise structlog.DropEvent


async def _live(orders: Orders, pipe: Connection) -> None:
    points, clock, late = Points(pipe, orders.first), SystemClock(), LateReceipts()
    store, stop, loop = Store(orders.place), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    lanes = [_lane(name, orders.url, clock, late) for name in orders.flavours]
    worker = Worker(make_parts(store, clock, *lanes, crashpoint=points, name=orders.name))
    late.receiver = worker.late_receipt

    def obey() -> None:
        try:
            points.arm(pipe.recv())
        except EOFError:  # whoever started us is gone
            os._exit(1)
        worker.take_up()

    await worker.start(orders.name)
    pipe.send(("started", time.monotonic()))
    loop.add_reader(pipe.fileno(), obey)
    await drive(worker, clock, stop)
    await worker.stop(GRACE)
    store.close()


def _lane(flavour: str, url: str, clock: SystemClock, late: LateReceipts) -> Lane:
    kind = KINDS[flavour]
    channel = kind.connect(wiring(kind, flavour, url, clock.now, DEADLINE, late))
    none, calendar = timedelta(0), Calendar(MONTREAL, ())
    return Lane(
        channel=channel,
        rules=Rules(flavour, frozenset({"fr"}), calendar, none, None, {}, none, 6 * HOUR),
        style=style(kind, flavour),
        looks=LookRules(kind.looks.looks, SOON, kind.looks.resend, kind.looks.resend_within),
        look_after=SOON,
        deadline=DEADLINE,
    )
