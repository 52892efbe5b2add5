"""Posting by hand: a post asks a person at its slot, and three answers settle it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.manual import NETWORK, REASON, Options
from bot.channels.network import Wiring
from bot.message import ByHand, Channel, Frozen, Progress
from bot.watch.facts import ChannelFacts, Facts
from bot.watch.trouble import Kind, Light, Trouble, troubles
from content_queue.calendar import Calendar
from content_queue.operations import breaker, posts
from content_queue.operations.looks import LookRules
from content_queue.operations.rows import post_by_id
from content_queue.store import tables as t
from tests.bot.channels import contract as c
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import HOUR, MINUTE, MONTREAL, World, lane, living


def channel(name: str = "one") -> Channel:
    return NETWORK.connect(
        Wiring(
            name=name,
            options=Options(account="@lesvagues"),
            secrets={},
            api="",
            clock_now=lambda: c.NOW,
            deadline=c.PATIENT,
        )
    )


async def test_it_asks_a_person_and_touches_no_network() -> None:
    made = channel()
    frozen = await made.prepare(c.message("manual", "Été", "https://example.org/"), Progress("k1"), c.NOW)
    assert isinstance(frozen, Frozen)
    assert frozen == await made.prepare(
        c.message("manual", "Été", "https://example.org/"), Progress("k1"), c.NOW
    )
    with pytest.raises(ByHand) as asked:
        await made.publish(frozen)
    assert asked.value.reason == REASON
    assert await made.find(frozen, c.NOW, ()) is None
    assert (await made.check()).name == "@lesvagues"
    assert made.limits.by_hand
    assert made.limits.measure("Été 👩‍👩‍👧") == 5
    await made.close()


def by_hand() -> Pretend:
    """A channel that behaves as the manual one does."""
    return Pretend("one", answers=[ByHand(REASON) for _ in range(20)])


def asks(world: World) -> list[Trouble]:
    facts = ChannelFacts("one", "manual", Calendar(MONTREAL, ()), by_hand=True)
    with world.store.read() as tx:
        return list(troubles(tx, world.clock.now(), Facts((facts,), worker="worker")))


async def test_a_post_waits_for_a_persons_word(tmp_path: Path) -> None:
    one = by_hand()
    async with living(tmp_path, lane(one, looks=LookRules(0, timedelta(0)))) as world:
        post = world.due("Bonjour")
        await world.quiet()
        assert world.states() == ["uncertain"]
        (told,) = asks(world)
        assert (told.kind, told.severity, told.about) == (Kind.BY_HAND, Light.AMBER, f"p{post.id}")
        assert told.why.args["words"] == REASON
        with world.store.write() as tx:
            waiting = post_by_id(tx, post.id)
            posts.answer_found(tx, world.clock.now(), "ana", waiting, "https://example.org/p/7")
        await world.quiet()
        assert world.states() == ["published"]
        assert world.post().remote_url == "https://example.org/p/7"
        assert asks(world) == []


async def test_later_asks_again_in_an_hour_and_skipping_ends_it(tmp_path: Path) -> None:
    one = by_hand()
    async with living(tmp_path, lane(one, looks=LookRules(0, timedelta(0)))) as world:
        post = world.due("Bonjour")
        await world.quiet()
        with world.store.write() as tx:
            posts.answer_resend(tx, world.clock.now(), "ana", post_by_id(tx, post.id))
        await world.go_on(59 * MINUTE)
        assert world.states() == ["planned"]
        await world.go_on(2 * MINUTE)
        assert world.states() == ["uncertain"]
        with world.store.write() as tx:
            posts.answer_drop(tx, world.clock.now(), "ana", post_by_id(tx, post.id))
        await world.go_on(2 * HOUR)
        assert world.states() == ["cancelled"]
        assert len(one.created) == 2


async def test_many_by_hand_are_no_trouble_of_the_channel(tmp_path: Path) -> None:
    one = by_hand()
    async with living(tmp_path, lane(one, looks=LookRules(0, timedelta(0)))) as world:
        for number in range(breaker.LIMIT + 3):
            world.due(f"Bonjour {number}")
        await world.go_on(5 * MINUTE)
        assert world.states() == ["uncertain"] * (breaker.LIMIT + 3)
        with world.store.read() as tx:
            assert tx.execute(t.hold.select()).all() == []
        assert len(asks(world)) == breaker.LIMIT + 3


async def test_a_lost_answer_is_a_question_too(tmp_path: Path) -> None:
    one = replace(by_hand(), answers=[RuntimeError("nobody knows")])
    given = lane(one, looks=LookRules(0, timedelta(0)), look_after=timedelta(0))
    async with living(tmp_path, given) as world:
        world.due("Bonjour")
        await world.quiet()
        assert world.states() == ["uncertain"]
