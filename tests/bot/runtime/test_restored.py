"""A database that went back in time: whatever it forgot, nothing goes out a second time."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.clock import FakeClock
from bot.message import Frozen, Receipt, Seen, TryLater
from bot.runtime.parts import Lane
from content_queue.item import Scope
from content_queue.operations import holds, restored, twins
from content_queue.store.backup import back_up
from tests.bot.runtime.pretend import Pretend, receipt
from tests.bot.runtime.world import HOUR, MINUTE, NOW, World, lane, living, with_slots

EVERY_TWO = "daily 00:00-24:00 every 2m"


@dataclass(slots=True)
class Account:
    """What the public sees, whatever happens to the bot."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    posts: list[Seen] = field(default_factory=list)

    def publish(self, text: str) -> Receipt:
        made = receipt(len(self.posts) + 1)
        self.posts.append(Seen(made.remote_id, made.remote_url, text, self.clock.now()))
        return made

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.posts]


@dataclass(slots=True)
class Blind(Pretend):
    """A channel whose network lists nothing."""

    account: Account = field(default_factory=Account)

    async def publish(self, frozen: Frozen) -> Receipt:
        if self.answers:
            return await Pretend.publish(self, frozen)
        self.created.append(frozen)
        return self.account.publish(frozen.body.decode())


@dataclass(slots=True)
class Readable(Blind):
    """A channel whose network lists our own posts, unless it is out of order."""

    out_of_order: bool = False
    asked: list[datetime] = field(default_factory=list)

    async def recent(self, since: datetime) -> Sequence[Seen]:
        self.asked.append(since)
        if self.out_of_order:
            raise TryLater("out of order")
        return [post for post in self.account.posts if post.at >= since]


def two_lanes(read: Account, unread: Account) -> tuple[Lane, Lane]:
    readable, blind = Readable("read", account=read), Blind("unread", account=unread)
    return with_slots(lane(readable), EVERY_TWO), with_slots(lane(blind), EVERY_TWO)


def same_clock(world: World, *accounts: Account) -> None:
    for account in accounts:
        account.clock = world.clock


async def round_of(seed: int, folder: Path) -> tuple[Account, list[str]]:
    """Live, back up at some moment, live on, go back to the backup, and live on from there."""
    chance = Random(seed)
    read, unread = Account(), Account()
    titles = [f"Nouvelle {number}" for number in range(chance.randint(2, 4))]
    later = [f"Plus tard {number}" for number in range(chance.randint(0, 2))]
    async with living(folder, *two_lanes(read, unread)) as world:
        same_clock(world, read, unread)
        for title in titles:
            world.item(title)
        await world.go_on(chance.randint(0, 8) * MINUTE)
        back_up(world.store, folder / "backup.db")
        for title in later:
            world.item(title)
        await world.go_on(chance.randint(3, 12) * MINUTE)
        end = world.clock.now()
    assert len(read.texts) == len(set(read.texts))
    out = list(unread.texts)
    shutil.copyfile(folder / "backup.db", folder / "queue.db")  # behind our back: no command was given
    async with living(folder, *two_lanes(read, unread), now=end + chance.randint(1, 600) * MINUTE) as world:
        same_clock(world, read, unread)
        await world.go_on(MINUTE)
        for title in later:  # what the feeds bring again, for the database has never seen it
            world.item(title)
        await world.go_on(50 * MINUTE)
        with world.store.read() as tx:
            assert restored.awaiting(tx, world.clock.now()) == {"unread"}
    assert unread.texts == out, "nobody said go"
    return read, titles + later


@pytest.mark.parametrize("seed", range(6))
async def test_an_old_backup_never_posts_again(tmp_path: Path, seed: int) -> None:
    read, titles = await round_of(seed, tmp_path)
    assert sorted(read.texts) == sorted(titles), "each once, and none lost"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
async def test_a_hundred_old_backups_never_post_again(tmp_path: Path, seed: int) -> None:
    read, titles = await round_of(seed, tmp_path)
    assert sorted(read.texts) == sorted(titles)


async def later(world: World, span: timedelta) -> None:
    """Let the worker sleep through ``span`` and look what there is to do."""
    world.clock.advance(span)
    await world.quiet()


async def test_a_channel_that_cannot_be_read_goes_on_when_a_person_says_so(tmp_path: Path) -> None:
    blind = Blind("unread")
    async with living(tmp_path, lane(blind)) as world:
        world.due("Bonjour", "unread")
        with world.store.write() as tx:
            assert restored.hold(tx, world.clock.now()) == ["unread"]
        await later(world, 2 * HOUR)
        assert blind.created == []
        with world.store.write() as tx:
            holds.lift(tx, world.clock.now(), "anne", Scope.CHANNEL, "unread")
        await later(world, MINUTE)
        assert blind.texts == ["Bonjour"]


async def test_an_account_that_cannot_be_read_now_is_tried_again(tmp_path: Path) -> None:
    readable = Readable("read", out_of_order=True)
    async with living(tmp_path, lane(readable)) as world:
        same_clock(world, readable.account)
        readable.account.publish("Bonjour")
        world.due("Bonjour", "read")
        with world.store.write() as tx:
            restored.hold(tx, world.clock.now())
        for _ in range(12):
            await later(world, 5 * MINUTE)
        assert len(readable.asked) > 5
        assert readable.created == []
        readable.out_of_order = False
        await later(world, 6 * MINUTE)
        assert readable.created == []
        assert world.states() == ["published"]
        assert world.post().remote_id == "1"


async def test_a_second_bot_on_the_account_stops_everything_and_is_a_reason_once(tmp_path: Path) -> None:
    readable, blind = Readable("read"), Blind("unread")
    async with living(tmp_path, lane(readable), lane(blind)) as world:
        same_clock(world, readable.account, blind.account)
        world.due("Bonjour", "read")
        await later(world, MINUTE)
        assert readable.texts == ["Bonjour"]
        readable.account.publish("Un mot à la main")  # a person may post what is not ours
        await later(world, 25 * HOUR)
        with world.store.read() as tx:
            assert twins.standing(tx, world.clock.now()) == []
        readable.account.publish("Bonjour")  # the other bot
        await later(world, 25 * HOUR)
        with world.store.read() as tx:
            [hold] = twins.standing(tx, world.clock.now())
        assert "https://pretend.example/3" in hold.reason
        world.due("Encore", "unread")
        await later(world, 25 * HOUR)
        assert blind.created == []
        with world.store.write() as tx:
            twins.answered(tx, world.clock.now(), "anne")
        await later(world, 49 * HOUR)
        assert blind.texts == ["Encore"]
        with world.store.read() as tx:
            assert twins.standing(tx, world.clock.now()) == []


async def test_a_post_of_unknown_fate_is_no_second_bot(tmp_path: Path) -> None:
    readable = Readable("read")
    async with living(tmp_path, lane(readable)) as world:
        same_clock(world, readable.account)

        async def lost(frozen: Frozen) -> Receipt:
            readable.account.publish(frozen.body.decode())
            raise TimeoutError

        readable.answers = [lost]
        world.due("Bonjour", "read")
        await later(world, 25 * HOUR)
        with world.store.read() as tx:
            assert twins.standing(tx, world.clock.now()) == []


async def test_a_restart_is_no_restore(tmp_path: Path) -> None:
    for hours in range(3):
        readable = Readable("read")
        async with living(tmp_path, lane(readable), now=NOW + timedelta(hours=5 * hours)) as world:
            same_clock(world, readable.account)
            world.due(f"Bonjour {hours}", "read")
            await later(world, 2 * HOUR)
            assert readable.texts == [f"Bonjour {hours}"]


async def test_a_copy_of_a_moment_ago_is_noticed(tmp_path: Path) -> None:
    blind = Blind("unread")
    async with living(tmp_path, lane(blind)) as world:
        same_clock(world, blind.account)
        world.due("Bonjour", "unread")
        back_up(world.store, tmp_path / "copy.db")
        for _ in range(3):
            await later(world, HOUR)
    assert blind.account.texts == ["Bonjour"]
    shutil.copyfile(tmp_path / "copy.db", tmp_path / "queue.db")
    async with living(tmp_path, lane(blind), now=NOW + 4 * HOUR) as world:
        await later(world, MINUTE)
    assert blind.account.texts == ["Bonjour"]
