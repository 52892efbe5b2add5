"""A Mastodon API that others wrote takes what the bot sends."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from PIL import Image as Pillow

from bot.channels.mastodon import NETWORK
from bot.channels.network import App, InMemory, Wiring
from bot.message import Channel, Frozen, Image, LockedOut, Message, Picture, Progress, TryLater, Uncertain
from bot.secret import Secret
from tests.servers.conftest import MastodonServer

NOW = datetime.now(UTC)
TEXT = "Été & cie <3\n\nhttps://example.org/phare?a=1&b=2\n\n#CôteNord"


async def png(_digest: str) -> Image:
    made = io.BytesIO()
    Pillow.new("RGB", (64, 36), (200, 40, 90)).save(made, "PNG")
    return Image(made.getvalue(), "image/png", 64, 36)


def connected(server: MastodonServer, token: str = "") -> Channel:
    return NETWORK.connect(
        Wiring(
            name="mastodon-fr",
            options=NETWORK.options(),
            secrets={"ACCESS_TOKEN": Secret(token or server.token)},
            api=server.url,
            clock_now=lambda: datetime.now(UTC),
            deadline=timedelta(seconds=30),
            pause=timedelta(0),
            picture=png,
            kept=InMemory(),
        )
    )


@pytest.fixture(name="channel")
async def its_channel(mastodon_server: MastodonServer) -> AsyncIterator[Channel]:
    made = connected(mastodon_server)
    yield made
    await made.close()


async def frozen(channel: Channel, text: str, key: str, pictures: tuple[Picture, ...] = ()) -> Frozen:
    message = Message(
        channel="mastodon-fr",
        network="mastodon",
        language="fr",
        text=text,
        digest="",
        style="",
        length=1,
        limit=500,
        pictures=pictures,
    )
    made = await channel.prepare(message, Progress(key), NOW)
    assert isinstance(made, Frozen)
    return made


async def test_an_account_is_signed_in_by_an_app_of_our_own(mastodon_server: MastodonServer) -> None:
    nothing = Wiring(
        "mastodon-fr",
        NETWORK.options(),
        {},
        mastodon_server.url,
        lambda: datetime.now(UTC),
        timedelta(seconds=30),
    )
    assert NETWORK.sign_in is not None
    signing = NETWORK.sign_in.begin(nothing, App("", Secret("")))
    link = await signing.link("state-1")
    async with aiohttp.ClientSession() as browser:
        async with browser.get(link) as page:
            shown = await page.text()
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown))
        assert (form["redirect_uri"], form["state"]) == ("urn:ietf:wg:oauth:2.0:oob", "state-1")
        people = re.findall(r'name="username" value="([^"]*)"', shown)
        async with browser.post(
            f"{mastodon_server.url}/oauth/authorize", data={**form, "username": people[0]}
        ) as page:
            code = re.search(r"Authorization code: ([^<]+)<", await page.text())
    assert code is not None
    given = await signing.signed_in(code[1])
    channel = connected(mastodon_server, given.secrets["ACCESS_TOKEN"].reveal())
    assert (await channel.check()).name.startswith(f"@{people[0]}@")
    await channel.close()


async def fault(server: MastodonServer, effect: dict[str, object]) -> None:
    """Order one fault of the next create."""
    match = {"methods": ["POST"], "path": "/api/v1/statuses"}
    async with aiohttp.ClientSession(server.url) as session:
        body = {"match": match, "effect": effect, "count": 1}
        async with session.post("/api/v1/_mock/faults", json=body) as answer:
            assert answer.status < 300, await answer.text()


async def test_a_post_is_out_once_under_its_key_and_is_found(channel: Channel) -> None:
    made = await frozen(channel, TEXT, "once")
    assert await channel.find(made, NOW, ()) is None
    receipt = await channel.publish(made)
    assert await channel.publish(made) == receipt
    assert await channel.find(made, NOW, ()) == receipt


async def test_a_picture_goes_out_with_its_alt_text(
    channel: Channel, mastodon_server: MastodonServer
) -> None:
    made = await frozen(channel, "Un phare", "picture", (Picture("", "Un phare, la nuit.", "d1"),))
    receipt = await channel.publish(made)
    async with aiohttp.ClientSession(mastodon_server.url) as session:
        headers = {"Authorization": f"Bearer {mastodon_server.token}"}
        async with session.get(f"/api/v1/statuses/{receipt.remote_id}", headers=headers) as answer:
            status = await answer.json()
    assert [one["description"] for one in status["media_attachments"]] == ["Un phare, la nuit."]
    assert status["language"] == "fr"


async def test_it_says_who_we_are_and_a_wrong_token_is_locked_out(
    channel: Channel, mastodon_server: MastodonServer
) -> None:
    account = await channel.check()
    assert account.name.startswith("@")
    stranger = connected(mastodon_server, "nobody's")
    with pytest.raises(LockedOut):
        await stranger.check()
    await stranger.close()


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ({"type": "status", "status": 503}, Uncertain),
        ({"type": "malformed"}, Uncertain),
        ({"type": "ratelimit"}, TryLater),
    ],
)
async def test_its_faults_are_read_for_what_they_are(
    channel: Channel, mastodon_server: MastodonServer, effect: dict[str, object], error: type[Exception]
) -> None:
    made = await frozen(channel, f"Ennui {effect}", f"fault {effect}")
    await fault(mastodon_server, effect)
    with pytest.raises(error):
        await channel.publish(made)
