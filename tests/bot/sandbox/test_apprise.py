"""The stand-in for a service behind Apprise: it takes Apprise's JSON and nothing else."""

from __future__ import annotations

import aiohttp
import pytest

from bot.sandbox.server import Sandbox

GOOD = {"version": "1.0", "title": "", "message": "Bonjour #CôteNord", "attachments": [], "type": "info"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (GOOD, 200),
        ({**GOOD, "message": "a" * 32_768}, 200),
        ({**GOOD, "message": "a" * 32_769}, 400),
        ({**GOOD, "message": " "}, 400),
        ({**GOOD, "message": 7}, 400),
        ({**GOOD, "type": "gossip"}, 400),
        ({**GOOD, "attachments": [{}]}, 400),
        ({**GOOD, "stranger": 1}, 400),
        ({"message": "Bonjour"}, 400),
        (["Bonjour"], 400),
    ],
)
async def test_a_message_is_held_to_the_rules(
    http: aiohttp.ClientSession, sandbox: Sandbox, body: object, status: int
) -> None:
    async with http.post("/apprise/les-vagues", json=body) as answer:
        assert answer.status == status
    assert len(sandbox.timeline()) == (status == 200)


async def test_the_page_of_a_message_and_of_its_hook_show_it(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    async with http.post("/apprise/les-vagues", json={**GOOD, "title": "Un titre"}) as answer:
        assert answer.status == 200
    for address in (sandbox.timeline()[0].path, "/apprise/les-vagues"):
        async with http.get(address) as page:
            words = await page.text()
            assert "#CôteNord" in words
            assert "Un titre" in words
