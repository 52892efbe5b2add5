"""One suite over every network of the registry: what must hold for each, whatever its server does."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.channels import manual
from bot.channels.network import Network
from bot.channels.registry import NETWORKS
from bot.message import Receipt, TryLater
from tests.bot.channels import contract as c
from tests.bot.channels import pretend
from tests.bot.channels import server as s

SERVED = {name: network for name, network in NETWORKS.items() if network.name != manual.NETWORK.name}
"""Those with a server; what people post by hand has tests of its own."""
RENEWING = replace(
    NETWORKS["linkedin"], secrets=(*NETWORKS["linkedin"].secrets, *NETWORKS["linkedin"].further)
)
"""LinkedIn with what renews its token: a token that is refused is renewed, and the post waits."""
pytestmark = pytest.mark.usefixtures("quick_apprise")
EVERY = {**SERVED, "pretend": pretend.NETWORK, "linkedin-renewing": RENEWING}


@pytest.fixture(params=list(EVERY.values()), ids=list(EVERY))
def network(request: pytest.FixtureRequest) -> Network[Any]:
    found: Network[Any] = request.param
    return found


@pytest.fixture
def known(network: Network[Any]) -> c.StandIn:
    found = c.stand_in(network.name)
    renewing = replace(found, differs={**found.differs, "status 401": TryLater})
    return renewing if network is RENEWING else found


async def test_a_good_answer_is_a_receipt_whose_address_we_built(
    network: Network[Any], known: c.StandIn
) -> None:
    async with s.misbehaving(s.answering(200, known.body(7), known.headers(7))) as server:
        outcome = await c.outcome_of(c.channel_on(network, known, server.url), network.name)
    assert outcome == Receipt(known.receipt, known.url.format(api=server.url))
    assert [request.method for request in server.requests] == ["POST"]


@pytest.mark.parametrize("case", c.CASES, ids=lambda case: case.name)
async def test_trouble_becomes_the_right_one_of_the_four_errors_after_one_request(
    network: Network[Any], known: c.StandIn, case: c.Case, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with s.misbehaving(case.behaviour(known)) as server:
        channel = c.channel_on(network, known, server.url, deadline=case.deadline)
        outcome = await c.outcome_of(channel, network.name)
    assert type(outcome) is case.outcome(known), outcome
    assert [request.method for request in server.requests] == ["POST"]
    assert c.CANARY in f"{server.requests[0].head}"
    if isinstance(outcome, Receipt):
        return
    assert c.CANARY not in c.told_by(outcome) + caplog.text
    assert 0 < len(outcome.reason) < 300
    assert outcome.reason.isprintable()


async def test_a_connection_refused_has_sent_nothing(
    network: Network[Any], known: c.StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and deaf: nobody else gets this port meanwhile
        channel = c.channel_on(network, known, f"http://127.0.0.1:{taken.getsockname()[1]}")
        outcome = await c.outcome_of(channel, network.name)
    assert isinstance(outcome, TryLater)
    assert outcome.after is None
    assert c.CANARY not in c.told_by(outcome) + caplog.text


async def test_preparing_twice_freezes_the_same_bytes_and_asks_nobody(
    network: Network[Any], known: c.StandIn
) -> None:
    async with s.misbehaving(s.hanging) as server:
        channel = c.channel_on(network, known, server.url)
        first = await c.frozen_post(channel, network.name)
        assert first == await c.frozen_post(channel, network.name)
        await channel.close()
    assert first.key == "k1"
    assert server.requests == []


async def test_a_channel_shows_no_secret_and_says_its_name(network: Network[Any], known: c.StandIn) -> None:
    channel = c.channel_on(network, known, "http://127.0.0.1:9")
    assert c.CANARY not in f"{channel!r} {channel}"
    assert channel.name == "channel"
    await channel.close()


def test_rules_are_known_without_a_channel(network: Network[Any], known: c.StandIn) -> None:
    options = network.options.model_validate(known.options)
    limits = network.limits(options)
    assert limits.maximum > 0
    assert limits.measure(limits.escape("Été & hiver")) == len("Été & hiver")
    assert "{title}" in limits.templates["default"]
    assert "{url}" not in limits.templates.get("plain", "")
    assert network.cost(options, False) <= network.cost(options, True)
    assert network.recovery.looks >= 0
    assert network.recovery.look_after >= timedelta(0)
