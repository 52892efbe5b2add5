"""X's published description knows every request that the bot makes to X, and every answer of the sandbox."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from PIL import Image as Pillow

from bot.channels.network import Wiring
from bot.channels.x import NETWORK, XChannel
from bot.message import Frozen, Image, Picture, Progress
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from tests.bot.channels import contract as c


async def png(_digest: str) -> Image:
    made = io.BytesIO()
    Pillow.new("RGB", (64, 36), (200, 40, 90)).save(made, "PNG")
    return Image(made.getvalue(), "image/png", 64, 36)


@pytest.fixture(name="sandbox")
async def running_sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox(lambda: c.NOW, accounts={"42": "Les vagues"})
    await made.start()
    yield made
    await made.stop()


def channel(api: str, **options: bool) -> XChannel:
    return XChannel(
        Wiring(
            name="x-fr",
            options=NETWORK.options.model_validate(options),
            secrets={name: Secret("42-canary") for name in NETWORK.secrets},
            api=api,
            clock_now=lambda: c.NOW,
            deadline=timedelta(seconds=30),
            pause=timedelta(0),
            picture=png,
        )
    )


async def test_every_request_fits_what_x_publishes(prism: Callable[[str], str], sandbox: Sandbox) -> None:
    address = prism(sandbox.url)
    made = channel(address, paid_partnership=True, made_with_ai=True)
    assert (await made.check()).name == "@Lesvagues"
    message = replace(c.message("x", "Un phare"), pictures=(Picture("", "La nuit.", "d1"),))
    once = await made.prepare(message, Progress("k1"), c.NOW)
    assert isinstance(once, Frozen)
    assert b"paid_partnership" in once.body
    receipt = await made.publish(once)
    assert [one.alt for one in sandbox.timeline()[0].media] == ["La nuit."]
    found = await made.find(once, c.NOW, ())
    assert found is not None
    assert found.remote_id == receipt.remote_id
    assert len(await made.recent(c.NOW)) == 1
    await made.delete(receipt.remote_id)
    assert sandbox.timeline() == []
    await made.close()
    strange = {"text": "a", "stranger": 1}  # what nobody describes is noticed
    async with aiohttp.ClientSession(address) as session, session.post("/2/tweets", json=strange) as answer:
        assert answer.status == 422
