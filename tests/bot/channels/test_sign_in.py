"""Signing in, on every network that can: whatever a server answers, a known error comes of it, no secret."""

from __future__ import annotations

import json
from asyncio import StreamWriter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.network import App, Network, SignIn, Wiring
from bot.channels.registry import NETWORKS
from bot.message import ChannelError, LockedOut, Refused, TryLater
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "facebook": {"page": "42"},
    "linkedin": {"author": "urn:li:person:anne"},
    "mastodon": {},
    "x": {},
}
BEGUN: Mapping[str, s.Behaviour] = {
    "/oauth/request_token": s.answering(
        200, b"oauth_token=a&oauth_token_secret=canary-link&oauth_callback_confirmed=true"
    ),
    "/api/v1/apps": s.answering_json(200, {"client_id": "a", "client_secret": "canary-app"}),
}
"""What the networks answer that are asked for a link."""
THOSE = {name: network for name, network in NETWORKS.items() if network.sign_in is not None}


@pytest.fixture(name="network", params=list(THOSE.values()), ids=list(THOSE))
def each_network(request: pytest.FixtureRequest) -> Network[Any]:
    found: Network[Any] = request.param
    return found


def begun(network: Network[Any], api: str, deadline: timedelta = c.PATIENT) -> SignIn:
    options = network.options.model_validate(OPTIONS[network.name])
    wiring: Wiring[Any] = Wiring("channel", options, {}, api, lambda: c.NOW, deadline, pause=timedelta(0))
    assert network.sign_in is not None
    return network.sign_in.begin(wiring, App("138", Secret("canary-secret"), network.sign_in.back))


async def outcome(
    network: Network[Any], behaviour: s.Behaviour, deadline: timedelta = c.PATIENT
) -> ChannelError:
    """Sign in where the link can be had and the code meets this behaviour; return the error."""
    async with s.misbehaving(s.by_path({**BEGUN, "/": behaviour})) as server:
        signing = begun(network, server.url, deadline)
        assert "canary" not in await signing.link("state-1")
        with pytest.raises(ChannelError) as caught:
            await signing.signed_in("1234567")
    assert isinstance(caught.value, (TryLater, Refused, LockedOut))
    assert c.CANARY not in c.told_by(caught.value)
    return caught.value


async def echoing(request: s.Request, writer: StreamWriter) -> None:
    """Refuse with all that was sent, wherever a network puts its words."""
    said = f"you sent {request.target} {request.body!r} {request.head}"
    fields = {"error": {"message": said, "code": 9}, "error_description": said, "errors": [{"message": said}]}
    await s.answering_json(400, fields)(request, writer)


async def test_a_server_that_says_all_back_makes_no_secret_known(network: Network[Any]) -> None:
    assert "you sent" in (await outcome(network, echoing)).reason


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 429, 500, 503])
async def test_every_status_ends_in_a_line_that_names_the_network(network: Network[Any], status: int) -> None:
    error = await outcome(network, s.answering(status, b"<!doctype html>"))
    assert str(status) in error.reason
    assert network.name in error.reason.casefold()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<!doctype html><p>a=b&c=d",
        b"\xff\xfe",
        b"oauth_token=a",
        b"oauth_token=a%0Ab&oauth_token_secret=c",
        json.dumps({"access_token": 7}).encode(),
        json.dumps({"access_token": ""}).encode(),
        json.dumps({"access_token": None, "data": [{"id": 42}]}).encode(),
    ],
)
async def test_an_answer_without_a_token_is_told(network: Network[Any], body: bytes) -> None:
    error = await outcome(network, s.answering(200, body))
    assert any(words in error.reason for words in ("gave no", "did not answer as"))


async def test_a_server_that_hangs_is_left_at_the_deadline(network: Network[Any]) -> None:
    error = await outcome(network, s.hanging, timedelta(seconds=0.2))
    assert "gave no answer within 0.2 s" in error.reason


@pytest.mark.parametrize("name", ["x", "mastodon"])
@pytest.mark.parametrize("status", [401, 403, 422, 503])
async def test_a_link_that_cannot_be_had_is_told(name: str, status: int) -> None:
    async with s.misbehaving(s.answering(status, b"")) as server:
        with pytest.raises(ChannelError, match=str(status)) as caught:
            await begun(NETWORKS[name], server.url).link("state-1")
        assert c.CANARY not in c.told_by(caught.value)


async def test_x_confirms_that_it_will_show_a_pin() -> None:
    unconfirmed = s.answering(200, b"oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false")
    async with s.misbehaving(unconfirmed) as server:
        with pytest.raises(Refused, match="no link for a PIN"):
            await begun(NETWORKS["x"], server.url).link("state-1")


async def test_a_pin_before_a_link_is_none() -> None:
    with pytest.raises(Refused, match="no link"):
        await begun(NETWORKS["x"], "http://127.0.0.1:9").signed_in("1234567")
