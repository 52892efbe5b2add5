"""Planning and what time alone brings about: expiry, review dates, templates, channels that come and go."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.message import Uncertain
from bot.runtime import housekeeping
from content_queue.item import Kind
from content_queue.lifecycle import PostState
from content_queue.operations import holds
from tests.bot.runtime.pretend import Pretend, receipt
from tests.bot.runtime.world import HOUR, MINUTE, NOW, World, lane, live, living, style, with_slots


def held(world: World) -> list[str]:
    with world.store.read() as tx:
        return [hold.target for hold in holds.active(tx, world.clock.now())]


def statements(tx: sa.Connection) -> list[str]:
    """What a transaction asks from now on."""
    seen: list[str] = []
    sa.event.listen(tx, "before_cursor_execute", lambda _c, _k, said, *_more: seen.append(said))
    return seen


async def test_what_is_approved_gets_the_next_slots_of_each_channel(tmp_path: Path) -> None:
    one, two = Pretend("one"), Pretend("two")
    slots = with_slots(lane(one)), with_slots(lane(two), "daily 10:30, 11:00")
    async with living(tmp_path, *slots) as world:
        world.item("Un")
        world.item("Deux")
        await world.go_on(2 * HOUR)
        assert sorted(one.texts) == sorted(two.texts) == ["Deux", "Un"]
        due = sorted(post.due_at - NOW for post in world.posts() if post.channel == "two")
        assert due == [30 * MINUTE, 60 * MINUTE]


async def test_an_expired_item_leaves_the_plan(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), "daily 11:00")) as world:
        world.item("Bonjour", expires_at=NOW + 30 * MINUTE)
        await world.go_on(2 * HOUR)
        assert one.created == []
        assert [item.state.value for item in world.items()] == ["expired"]
        assert set(world.states()) <= {"cancelled"}


async def test_a_fact_does_not_go_out_after_its_review_date(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), "daily 10:30")) as world:
        world.item("Un fait", kind=Kind.FACT, review_by=date(2026, 6, 2))
        await world.go_on(HOUR)
        assert one.created == []
        assert [item.state.value for item in world.items()] == ["expired"]


async def test_a_new_template_puts_what_people_approved_before_them_again(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), "daily 11:00")) as world:
        world.item("Bonjour")
        await world.quiet()
    changed = lane(one, style=style(one, "Nouvelle : {title}"))
    async with living(tmp_path, with_slots(changed, "daily 11:00"), name="worker-2") as world:
        await world.go_on(2 * HOUR)
        assert one.created == []
        assert [item.state.value for item in world.items()] == ["pending"]
        assert world.states() == ["cancelled"]


async def test_a_new_template_approves_by_rule_what_a_rule_had_approved(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), "daily 11:00")) as world:
        world.item("Bonjour", by_rule=True)
        await world.quiet()
    changed = lane(one, style=style(one, "Nouvelle : {title}"))
    async with living(tmp_path, with_slots(changed, "daily 11:00"), name="worker-2") as world:
        await world.go_on(2 * HOUR)
        assert one.texts == ["Nouvelle\u00a0: Bonjour"]


async def test_a_new_template_sends_nothing_again_that_may_be_out(tmp_path: Path) -> None:
    one, two = Pretend("one", answers=[Uncertain("no answer")]), Pretend("two")
    slots = with_slots(lane(one)), with_slots(lane(two), "daily 12:00")
    async with living(tmp_path, *slots) as world:
        world.item("Bonjour", by_rule=True)
        await world.go_on(MINUTE)
        assert world.states() == ["checking", "planned"]
    one.timeline = {"Bonjour": receipt(1)}
    changed = with_slots(lane(one, style=style(one, "Nouvelle : {title}"))), slots[1]
    async with living(tmp_path, *changed, now=NOW + 2 * MINUTE, name="worker-2") as world:
        await world.go_on(2 * HOUR + MINUTE)
        assert one.texts == ["Bonjour"]
        assert two.texts == ["Bonjour"]
        assert [post.state.value for post in world.posts() if post.channel == "one"] == ["published"]


async def test_posts_of_a_channel_that_left_are_held_until_it_is_back(tmp_path: Path) -> None:
    one, two = Pretend("one"), Pretend("two")
    async with living(tmp_path, lane(one), with_slots(lane(two), "daily 11:00")) as world:
        world.item("Bonjour")
        await world.quiet()
    async with living(tmp_path, lane(one), name="worker-2") as world:
        assert held(world) == ["two"]
    both = lane(one), with_slots(lane(two), "daily 11:00")
    async with living(tmp_path, *both, name="worker-3") as world:
        assert held(world) == []
        await world.go_on(2 * HOUR)
        assert two.texts == ["Bonjour"]


async def test_a_worker_that_serves_one_channel_holds_no_other(tmp_path: Path) -> None:
    one, two = Pretend("one"), Pretend("two")
    both = lane(one), with_slots(lane(two), "daily 11:00")
    async with living(tmp_path, *both) as world:
        world.item("Bonjour")
        await world.quiet()
        styles = world.parts.styles
    async with living(tmp_path, both[0], styles=styles, name="worker-2") as world:
        assert held(world) == []
        assert world.states() == ["planned"]


async def test_one_channel_s_plan_that_fails_spares_the_others(tmp_path: Path) -> None:
    one, two = Pretend("one"), Pretend("two")
    broken = with_slots(lane(one), min_gap=None)
    async with living(tmp_path, broken, with_slots(lane(two))) as world:
        world.item("Bonjour")
        with pytest.raises(TypeError):
            await world.step()
        world.clock.advance(2 * MINUTE)
        await world.step()
        await world.worker.settled()
        assert two.texts == ["Bonjour"]


async def test_other_slots_after_a_restart_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, with_slots(lane(one), "daily 12:00")) as world:
        world.item("Un")
        await world.quiet()
        old = world.post()
    async with living(tmp_path, with_slots(lane(one), "daily 15:00")) as world:
        await world.quiet()
        first, second = world.posts()
        assert (first.id, first.state) == (old.id, PostState.CANCELLED)
        assert second.due_at == old.due_at + 3 * HOUR
        await live(world, 24 * HOUR)
        assert one.texts == ["Un"]


async def test_a_start_asks_no_more_of_a_long_queue_than_of_a_short_one(tmp_path: Path) -> None:
    async with living(tmp_path, with_slots(lane(Pretend("one")))) as world:
        asked = []
        for _ in range(2):
            for number in range(10):
                world.item(f"Bonjour {number}")
            with world.store.write() as tx:
                seen = statements(tx)
                housekeeping.settle_in(tx, world.parts, world.clock.now())
            asked.append(len(seen))
        assert asked[0] == asked[1]
