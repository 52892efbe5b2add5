"""Apprise, in its own process, against a server that only writes down what it is told."""

import json

import pytest

from bot.secret import Secret
from bot.watch.outside import Outside
from bot.watch.telling import NotToldError, Stage, Telling
from tests.bot.channels import server as s

TELLING = Telling(Stage.BEGUN, "« p1 » on x-fr", ("What is known: nothing", "resolve p1 --found"))


def address(server: s.Server, path: str = "") -> Secret:
    return Secret(server.url.replace("http://", "json://") + path)


async def test_a_message_goes_out_whole_to_every_address() -> None:
    async with s.misbehaving(s.answering(200, b"{}")) as server:
        both = Secret(f"{address(server, '/a').reveal()} {address(server, '/b').reveal()}")
        await Outside(both).tell(TELLING)
        assert sorted(request.target.rstrip("/") for request in server.requests) == ["/a", "/b"]
        said = json.loads(server.requests[0].body)
        assert said["title"] == TELLING.title
        assert said["message"].splitlines() == list(TELLING.lines)


async def test_a_service_that_refuses_is_a_message_not_told() -> None:
    async with s.misbehaving(s.answering(500, b"")) as server:
        with pytest.raises(NotToldError):
            await Outside(address(server)).tell(TELLING)


async def test_an_address_that_apprise_does_not_know_is_named_by_its_variable_only() -> None:
    with pytest.raises(NotToldError) as found:
        await Outside(Secret("nonsense://canary")).tell(TELLING)
    assert "TECHNOPOLYS_ALERTS_URL" in str(found.value)
    assert "canary" not in str(found.value)
