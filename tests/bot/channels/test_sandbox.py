"""The channels against the project's own sandbox: the whole way to a timeline and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.channels.network import Network
from bot.channels.registry import NETWORKS
from bot.message import (
    ChannelError,
    Deletes,
    Frozen,
    Image,
    LockedOut,
    Progress,
    Receipt,
    Recent,
    Refused,
    TryLater,
    Uncertain,
)
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from content_queue.item import Picture
from tests.bot.channels import contract as c
from tests.bot.channels.test_contract import SERVED

pytestmark = pytest.mark.usefixtures("quick_apprise")
SAYS_NOTHING_OF_PICTURES = {"telegram"}
"""Networks that take no alt text."""
NAMES_NO_POST = {"apprise"}
"""Networks that say that a post is out, and nothing else of it: none is listed, none is taken back."""
NAMING = {name: network for name, network in SERVED.items() if name not in NAMES_NO_POST}


@pytest.fixture(params=list(SERVED.values()), ids=list(SERVED))
def network(request: pytest.FixtureRequest) -> Network[Any]:
    found: Network[Any] = request.param
    return found


@pytest.fixture(params=list(NAMING.values()), ids=list(NAMING))
def naming(request: pytest.FixtureRequest) -> Network[Any]:
    """A network that names its posts, takes pictures and takes posts back."""
    found: Network[Any] = request.param
    return found


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox(
        lambda: c.NOW,
        accounts={
            "42": "Les vagues",
            "@lesvagues": "Les vagues",
            "urn:li:organization:42": "Les vagues",
            "facebook.com/42": "Les vagues",
        },
    )
    await made.start()
    yield made
    await made.stop()


async def test_a_post_stands_on_the_timeline_under_its_receipt(
    network: Network[Any], sandbox: Sandbox
) -> None:
    channel = c.channel_on(network, signed_out(network.name), sandbox.url)
    receipt = await channel.publish(await c.frozen_post(channel, network.name))
    (post,) = sandbox.timeline()
    assert (post.network, post.text) == (network.name, c.message(network.name).text)
    assert receipt.remote_id == ("k1" if network.name in NAMES_NO_POST else post.id)
    account = await channel.check()
    assert account.missing == ()
    assert account.name.startswith("@") or account.name == "Les vagues"  # the handle, where there is one
    await channel.close()


async def png(_digest: str) -> Image:
    return Image(c.PNG, "image/png", 640, 360)


async def test_as_many_pictures_as_a_network_takes_go_out_with_their_alt_text(
    naming: Network[Any], sandbox: Sandbox
) -> None:
    channel = c.channel_on(naming, signed_out(naming.name), sandbox.url, picture=png)
    most = channel.limits.pictures
    shown = tuple(Picture("", f"Un phare, {number}", f"d{number}") for number in range(most))
    frozen = await channel.prepare(replace(c.message(naming.name), pictures=shown), Progress(key="k1"), c.NOW)
    assert isinstance(frozen, Frozen)
    receipt = await channel.publish(frozen)
    (post,) = sandbox.timeline()
    said = [""] if naming.name in SAYS_NOTHING_OF_PICTURES else [one.alt for one in shown]
    assert most >= 1
    assert (post.id, [one.alt for one in post.media]) == (receipt.remote_id, said)
    await channel.close()


async def test_a_picture_whose_bytes_are_gone_is_refused_and_nothing_is_out(
    naming: Network[Any], sandbox: Sandbox
) -> None:
    channel = c.channel_on(naming, signed_out(naming.name), sandbox.url)
    message = replace(c.message(naming.name), pictures=(Picture("", "Un phare", "gone"),))

    async def send() -> None:
        frozen = await channel.prepare(message, Progress(key="k1"), c.NOW)
        assert isinstance(frozen, Frozen)
        await channel.publish(frozen)

    with pytest.raises(Refused, match="bytes are gone"):
        await send()
    assert sandbox.timeline() == []
    await channel.close()


def signed_out(network: str) -> c.StandIn:
    """A stand-in whose channel kept nothing: it has to sign in first."""
    return replace(c.stand_in(network), kept={})


@pytest.mark.parametrize(
    ("effect", "error", "posts"),
    [
        ("429", TryLater, 0),
        ("401", LockedOut, 0),
        ("402", LockedOut, 0),
        ("500", Uncertain, 0),
        ("503", Uncertain, 0),
        ("hang", Uncertain, 0),
        ("html", Uncertain, 0),
        ("redirect", Uncertain, 0),
        ("cut-before", Uncertain, 0),
        ("cut-after", Uncertain, 1),
        ("500-after", Uncertain, 1),
        ("empty-after", Uncertain, 1),
    ],
)
async def test_a_fault_of_the_sandbox_is_read_for_what_it_is(
    network: Network[Any], sandbox: Sandbox, effect: str, error: type[ChannelError], posts: int
) -> None:
    async with aiohttp.ClientSession() as session:
        fault = {"network": network.name, "effect": effect, "count": 1}
        async with session.post(f"{sandbox.url}/faults", json=fault) as answer:
            assert answer.status == 201
    channel = c.channel_on(network, signed_out(network.name), sandbox.url, deadline=c.SHORT * 4)
    told = await c.outcome_of(channel, network.name)
    good = effect in {"html", "empty-after"} and network.name in NAMES_NO_POST  # any success is one there
    assert type(told) is (Receipt if good else error)
    assert len(sandbox.timeline()) == posts


async def test_a_post_whose_answer_was_lost_is_found_on_x(sandbox: Sandbox) -> None:
    network, known = NETWORKS["x"], c.stand_in("x")
    async with aiohttp.ClientSession() as session:
        fault = {"network": "x", "effect": "cut-after", "count": 1}
        async with session.post(f"{sandbox.url}/faults", json=fault) as answer:
            assert answer.status == 201
    channel = c.channel_on(network, known, sandbox.url)
    frozen = await channel.prepare(
        c.message("x", "Été & cie <3\n\nhttps://example.org/a?b=1&c=2"), Progress(key="k"), c.NOW
    )
    assert isinstance(frozen, Frozen)
    with pytest.raises(Uncertain):
        await channel.publish(frozen)
    posted = sandbox.timeline()[0]
    assert await channel.find(frozen, c.NOW, ()) == Receipt(posted.id, f"{sandbox.url}/i/status/{posted.id}")
    assert await channel.find(frozen, c.NOW, (posted.id,)) is None
    await channel.close()


async def test_x_says_no_to_the_same_words_twice(sandbox: Sandbox) -> None:
    network, known = NETWORKS["x"], c.stand_in("x")
    assert isinstance(await c.outcome_of(c.channel_on(network, known, sandbox.url), "x"), Receipt)
    assert isinstance(await c.outcome_of(c.channel_on(network, known, sandbox.url), "x"), Refused)


async def test_a_post_that_is_taken_back_is_gone_and_taking_it_back_twice_is_harmless(
    naming: Network[Any], sandbox: Sandbox
) -> None:
    channel = c.channel_on(naming, signed_out(naming.name), sandbox.url)
    receipt = await channel.publish(await c.frozen_post(channel, naming.name))
    assert isinstance(channel, Deletes)
    for _ in range(2):
        await channel.delete(receipt.remote_id)
        assert sandbox.timeline() == []
    await channel.close()


@pytest.mark.parametrize("effect", ["500", "hang", "cut-before"])
async def test_what_cannot_be_taken_back_now_can_be_asked_again(
    naming: Network[Any], sandbox: Sandbox, effect: str
) -> None:
    channel = c.channel_on(naming, signed_out(naming.name), sandbox.url, deadline=c.SHORT * 4)
    receipt = await channel.publish(await c.frozen_post(channel, naming.name))
    assert isinstance(channel, Deletes)
    operation = {"telegram": "deletemessage", "bluesky": "deleterecord"}.get(naming.name, "delete")
    sandbox.misbehave(Fault(naming.name, effect, 6, operation))
    with pytest.raises(TryLater):
        await channel.delete(receipt.remote_id)
    assert len(sandbox.timeline()) == 1
    await channel.close()


async def test_what_was_posted_lately_is_listed_where_the_network_lists_it(
    network: Network[Any], sandbox: Sandbox
) -> None:
    channel = c.channel_on(network, signed_out(network.name), sandbox.url)
    if isinstance(channel, Recent):
        receipt = await channel.publish(await c.frozen_post(channel, network.name))
        (seen,) = await channel.recent(c.NOW)
        assert (seen.remote_id, seen.text) == (receipt.remote_id, c.message(network.name).text)
        assert list(await channel.recent(c.NOW + timedelta(seconds=1))) == []
    else:
        assert network.name in {"apprise", "telegram"}  # a bot cannot read what it posted
    await channel.close()
