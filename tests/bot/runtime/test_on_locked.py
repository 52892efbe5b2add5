"""A channel that is locked out and whose posts people make themselves meanwhile (`on_locked = "manual"`)."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.manual import REASON, ManualChannel
from bot.message import LockedOut, TryLater, Uncertain
from bot.runtime.parts import Lane
from bot.runtime.planning import forecast
from bot.watch.facts import ChannelFacts, Facts
from bot.watch.trouble import Kind, Light, Trouble, troubles
from content_queue.calendar import Calendar
from content_queue.item import Scope
from content_queue.operations import breaker, holds, overview, posts
from content_queue.operations.rows import post_by_id
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, MINUTE, MONTREAL, World, lane, living

SUSPENDED = LockedOut("suspended")


def with_hands(one: Pretend, **more: object) -> Lane:
    return replace(lane(one, **more), by_hand=ManualChannel("one"))


def told(world: World) -> list[Trouble]:
    facts = ChannelFacts("one", "pretend", Calendar(MONTREAL, ()), by_hand_when_locked=True)
    with world.store.read() as tx:
        return list(troubles(tx, world.clock.now(), Facts((facts,), worker="worker")))


def lift(world: World) -> None:
    with world.store.write() as tx:
        holds.lift(tx, world.clock.now(), "ana", Scope.CHANNEL, "one")


@pytest.mark.parametrize("where", ["at the request", "before it"])
async def test_at_its_slot_people_are_asked_and_the_network_is_left_alone(tmp_path: Path, where: str) -> None:
    one = Pretend("one", answers=[SUSPENDED]) if where == "at the request" else Pretend("one")
    if where == "before it":
        one.preparing.append(SUSPENDED)
    async with living(tmp_path, with_hands(one)) as world:
        first = world.due("Un")
        await world.quiet()
        world.due("Deux")
        await world.go_on(2 * MINUTE)
        assert world.states() == ["uncertain", "uncertain"]
        assert len(one.created) == (where == "at the request")
        assert one.looked == []
        hold, *asking = told(world)
        assert (hold.kind, hold.severity, hold.command) == (
            Kind.HELD,
            Light.RED,
            "technopolys resume --channel one",
        )
        assert str(hold.what) == "the channel one is locked out: people post by hand until it is resumed"
        assert [each.kind for each in asking] == [Kind.BY_HAND, Kind.BY_HAND]
        assert f"p{first.id}" in [each.about for each in asking]
        assert asking[0].why.args["words"] == REASON


async def test_what_people_post_is_published_and_later_asks_again(tmp_path: Path) -> None:
    one = Pretend("one", answers=[SUSPENDED])
    async with living(tmp_path, with_hands(one)) as world:
        done, later = world.due("Un"), world.due("Deux")
        await world.go_on(2 * MINUTE)
        with world.store.write() as tx:
            now = world.clock.now()
            posts.answer_found(tx, now, "ana", post_by_id(tx, done.id), "https://example.org/p/7")
            posts.answer_resend(tx, now, "ana", post_by_id(tx, later.id))
        await world.go_on(59 * MINUTE)
        assert world.states() == ["published", "planned"]
        await world.go_on(2 * MINUTE)
        assert world.states() == ["published", "uncertain"]
        assert len(one.created) == 1


async def test_once_it_is_resumed_the_network_is_posted_to_again(tmp_path: Path) -> None:
    one = Pretend("one", answers=[SUSPENDED])
    async with living(tmp_path, with_hands(one)) as world:
        asked = world.due("Un")
        await world.go_on(2 * MINUTE)
        lift(world)
        world.due("Deux")
        await world.go_on(2 * MINUTE)
        assert world.states() == ["uncertain", "published"]  # what people were asked stays theirs
        assert [each.kind for each in told(world)] == [Kind.BY_HAND]
        with world.store.write() as tx:
            posts.answer_resend(tx, world.clock.now(), "ana", post_by_id(tx, asked.id))
        await world.go_on(HOUR + 2 * MINUTE)
        assert world.states() == ["published", "published"]
        assert one.texts == ["Un", "Deux", "Un"]


async def test_whatever_else_holds_the_channel_holds_it(tmp_path: Path) -> None:
    one = Pretend("one", answers=[SUSPENDED])
    async with living(tmp_path, with_hands(one)) as world:
        with world.store.write() as tx:
            holds.hold(tx, world.clock.now(), holds.BY_HAND, Scope.CHANNEL, "one", "suspended")
            holds.hold(tx, world.clock.now(), "ana", Scope.CHANNEL, "one", "a pause")
        world.due("Un")
        await world.go_on(10 * MINUTE)
        assert world.states() == ["planned"]


@pytest.mark.parametrize("answer", [Uncertain("no answer"), TryLater("slow down", 48 * HOUR)])
async def test_only_a_lockout_is_for_people(tmp_path: Path, answer: Exception) -> None:
    one = Pretend("one", answers=[answer] * breaker.LIMIT)
    async with living(tmp_path, with_hands(one)) as world:
        for number in range(breaker.LIMIT + 1):
            world.due(f"Bonjour {number}")
        await world.go_on(10 * MINUTE)
        assert Kind.BY_HAND not in {each.kind for each in told(world)}


async def test_where_posts_are_to_wait_a_hold_of_before_keeps_them(tmp_path: Path) -> None:
    one = Pretend("one")
    async with living(tmp_path, lane(one)) as world:  # on_locked was taken out of the file meanwhile
        with world.store.write() as tx:
            holds.hold(tx, world.clock.now(), holds.BY_HAND, Scope.CHANNEL, "one", "suspended")
        world.due("Un")
        await world.go_on(10 * MINUTE)
        assert (world.states(), one.created) == (["planned"], [])


async def test_the_operators_rule_for_the_uncertain_is_not_for_what_people_post(tmp_path: Path) -> None:
    one = Pretend("one", answers=[SUSPENDED])
    given = with_hands(one)
    given = replace(given, looks=replace(given.looks, on_uncertain="resend"))
    async with living(tmp_path, given) as world:
        world.due("Un")
        await world.go_on(10 * MINUTE)
        assert world.states() == ["uncertain"]


async def test_the_plan_says_that_people_post_it(tmp_path: Path) -> None:
    one = Pretend("one", answers=[SUSPENDED])
    async with living(tmp_path, with_hands(one)) as world:
        with world.store.write() as tx:
            holds.hold(tx, world.clock.now(), holds.BY_HAND, Scope.CHANNEL, "one", "suspended")
        world.due("Un")
        with world.store.read() as tx:
            (row,) = forecast(tx, [], world.clock.now(), world.clock.now() + HOUR)
        assert (row.held, row.by_hand) == ("", "suspended")


async def test_what_people_post_costs_nothing(tmp_path: Path) -> None:
    one = Pretend("one", answers=[SUSPENDED])
    priced = replace(lane(one).style, cost=lambda _linked: 15_000)
    async with living(tmp_path, with_hands(one, style=priced)) as world:
        asked = world.due("Un")
        assert asked.cost == 15_000
        await world.quiet()
        with world.store.write() as tx:
            assert overview.spent(tx, "one", world.clock.now() - HOUR) == 0
            posts.answer_resend(tx, world.clock.now(), "ana", post_by_id(tx, asked.id))
        lift(world)
        await world.go_on(HOUR + MINUTE)
        with world.store.read() as tx:
            assert overview.spent(tx, "one", world.clock.now() - 3 * HOUR) == 15_000
        assert world.states() == ["published"]
