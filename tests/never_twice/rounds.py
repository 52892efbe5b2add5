"""One round: a post is due, the network misbehaves, the worker dies, others follow until all is said."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.channels.network import LateReceipts
from bot.clock import FakeClock
from bot.message import Channel
from bot.runtime.parts import Lane
from bot.runtime.worker import Worker
from content_queue.calendar import Calendar
from content_queue.item import Post
from content_queue.lifecycle import still_moving
from content_queue.operations import holds, listing, planning, publishing
from content_queue.planner import Rules
from tests.bot.runtime.world import HOUR, MONTREAL, SECOND, Feed, World, make_parts, new_item, open_store
from tests.never_twice.classes import CANARY, KINDS, Kind, style, wiring
from tests.never_twice.faults import BY_NAME, DEADLINE, EPOCH, Fault
from tests.never_twice.mortal import Death, Killed, MortalStore, abandon, unheard
from tests.never_twice.network import Network, serving

TEXT = "Bonjour"
LOST = {"K14", "K15", "K16", "K17", "K18", "K19", "K20", "K21"}
"""Dead here, nobody can know from the inside whether it is out."""
WIRE = ("K15", "K16", "K17", "K18", "K19")
MOST_STEPS = 400


@dataclass(frozen=True, slots=True)
class Combination:
    """A class of networks, how its first requests fare, and where one worker after the other dies."""

    kind: str
    faults: tuple[str, ...] = ()
    deaths: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " | ".join((self.kind, *self.faults, *self.deaths))

    @property
    def first(self) -> Fault:
        return BY_NAME[self.faults[0]]

    @property
    def lost(self) -> bool:
        """Whether nothing that the bot got to know tells the outcome of its first request."""
        return self.first.means == "unknown" or bool(LOST & set(self.deaths))


@dataclass(slots=True)
class Told:
    """What became of it."""

    post: Post
    visible: int
    creates: int
    elsewhere: int
    deaths: list[str] = field(default_factory=list)


class Place:
    """One database and one clock for one round after the other; each round has a channel of its own.

    To make a database, or to open one anew, takes longer than all else in a round.
    """

    def __init__(self, folder: Path) -> None:
        self.store = open_store(folder / "queue.db")
        self.clock = FakeClock(EPOCH)
        self.rounds = 0
        self._folder = folder

    def told_secrets(self) -> bool:
        """Whether a secret of the rounds stands in the database."""
        return any(CANARY.encode() in path.read_bytes() for path in self._folder.glob("queue.db*"))


async def round_at(place: Place, combination: Combination) -> Told:
    """Live through one combination."""
    place.rounds += 1
    return await Round(place, combination).live()


class Round:
    """The database, the network and the clock outlive each worker."""

    def __init__(self, place: Place, combination: Combination) -> None:
        self._of = combination
        self._kind: Kind = KINDS[combination.kind]
        self._store = place.store
        self._clock = place.clock
        self._name = f"channel-{place.rounds}"
        self._item = 0
        self._network = Network(self._clock.now, deque(BY_NAME[name] for name in combination.faults))
        self._lives = 0
        self._channels: list[Channel] = []
        self._died: list[str] = []

    async def live(self) -> Told:
        """Live through it; the database must hold one post, which the table's last word is about."""
        asyncio.get_running_loop().set_exception_handler(unheard)
        async with serving(self._network):
            try:
                for point in (*self._of.deaths, ""):
                    await self._life(point)
                return self._told()
            finally:
                for channel in self._channels:
                    await channel.close()

    async def _life(self, point: str) -> None:
        death, before = Death(point), asyncio.all_tasks()
        self._network.wire = death.on_the_wire
        self._lives += 1
        store = MortalStore(self._store, death)
        living = asyncio.create_task(self._work(store, death))
        died = asyncio.create_task(death.came.wait())
        await asyncio.wait({living, died}, return_when=asyncio.FIRST_COMPLETED)
        died.cancel()
        if death.dead:
            self._died.append(point)
            await abandon(before)
            store.worker_lock.release()
            self._network.hear()
            self._clock.advance(5 * SECOND)
        with suppress(Killed, asyncio.CancelledError):
            await living

    async def _work(self, store: MortalStore, death: Death) -> None:
        late = LateReceipts()
        deadline = DEADLINE if any(BY_NAME[name].hangs for name in self._of.faults) else timedelta(seconds=20)
        channel = self._kind.connect(
            wiring(self._kind, self._name, self._network.url, self._clock.now, deadline, late)
        )
        self._channels.append(channel)
        lane = self._lane(channel, deadline)
        name = f"{self._name}-{self._lives}"
        parts = make_parts(store, self._clock, lane, crashpoint=partial(self._at, death), name=name)
        worker = Worker(parts)
        late.receiver = worker.late_receipt
        world = World(store, self._clock, parts, worker, Feed(clock=self._clock))
        await worker.start("test")
        if not self._item:
            with self._store.write() as tx:
                self._item = new_item(tx, parts, self._clock.now(), TEXT).id
                planning.post_now(tx, self._clock.now(), "ana", self._item, self._name, HOUR)
        await self._until_said(world)
        await worker.stop(SECOND)

    def _at(self, death: Death, point: str) -> None:
        if point == "K20":
            self._network.hear()
        death(point)
        if point == "K14":
            self._network.go_deaf()

    async def _until_said(self, world: World) -> None:
        """Step, jumping to the next moment at which something can happen, until nothing moves by itself."""
        for _ in range(MOST_STEPS):
            await world.quiet()
            now = self._clock.now()
            if not still_moving(self._post().state):
                return
            with self._store.write() as tx:
                for hold in holds.active(tx, now):  # a person has set things right
                    holds.lift(tx, now, "ana", hold.scope, hold.target)
                ahead = publishing.next_due(tx, now)
            self._clock.advance(max((ahead or now) - now, SECOND))
        raise AssertionError(f"{self._of}: it never ends: {self._post()}")

    def _lane(self, channel: Channel, deadline: timedelta) -> Lane:
        calendar = Calendar(MONTREAL, ())
        rules = Rules(self._name, frozenset({"fr"}), calendar, timedelta(0), None, {}, timedelta(0), 6 * HOUR)
        return Lane(
            channel=channel,
            rules=rules,
            style=style(self._kind, self._name),
            looks=self._kind.looks,
            look_after=self._kind.look_after,
            deadline=deadline,
        )

    def _post(self) -> Post:
        with self._store.read() as tx:
            (post,) = listing.posts_of_item(tx, self._item)
        return post

    def _told(self) -> Told:
        network, visible = self._network, self._network.often(TEXT)
        return Told(self._post(), visible, len(network.creates), network.elsewhere, self._died)


def faults_of(combination: Combination, told: Told) -> Iterator[str]:
    """Name what is not as it must be."""
    kind, first, state = KINDS[combination.kind], combination.first, told.post.state.value
    said = f"{combination}: {state}, {told.visible} visible, {told.creates} requests, died {told.deaths}"
    if told.visible > 1:
        yield f"TWICE: {said}"
    if told.elsewhere:
        yield f"FOLLOWED: {said}"
    if list(combination.deaths) != told.deaths:
        yield f"NOT REACHED: {said}"
    if told.creates > 1 and not kind.keyed and combination.lost:
        yield f"SENT AGAIN: {said}"
    if state not in _may_be(combination, kind, first, told.visible):
        yield f"STATE: {said}"
    if state == "published" and (told.visible != 1 or not told.post.remote_id):
        yield f"NOT OUT: {said}"
    if state == "failed" and told.visible:
        yield f"FAILED BUT OUT: {said}"


def _may_be(combination: Combination, kind: Kind, first: Fault, visible: int) -> set[str]:
    """What a post may end as: uncertain only where nothing that can be read tells."""
    if not combination.lost:
        return {"failed"} if first.means == "refused" else {"published"}
    if kind.keyed and first.outlasts and kind.looks.resend_within is not None and not visible:
        return {"published", "uncertain"}  # asked when it wants to be, it has forgotten our key
    if kind.keyed:
        return {"published"}
    seen_late = first.lands_after is not None
    return {"published"} if kind.readable and visible and not seen_late else {"uncertain"}
