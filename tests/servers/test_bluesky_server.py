"""Bluesky's real server takes what the bot sends: links are links, a card has its picture, a key one post."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from PIL import Image as Pillow

from bot.channels.bluesky import NETWORK
from bot.channels.network import InMemory, Wiring
from bot.message import Channel, Frozen, Image, Message, Picture, Progress, Receipt, Refused, Uncertain
from bot.secret import Secret
from tests.servers.conftest import HANDLE, PASSWORD

NOW = datetime.now(UTC).replace(microsecond=0)


def picture(red: int) -> Image:
    """A picture that its readers can open."""
    made = io.BytesIO()
    Pillow.new("RGB", (640, 360), (red, 40, 90)).save(made, "JPEG")
    return Image(made.getvalue(), "image/jpeg", 640, 360)


PICTURES = {"d1": picture(200), "d2": picture(20)}


@pytest.fixture(name="channel")
async def its_channel(bluesky_server: str) -> AsyncIterator[Channel]:
    async def read(digest: str) -> Image | None:
        return PICTURES.get(digest)

    made = NETWORK.connect(
        Wiring(
            name="bluesky-fr",
            options=NETWORK.options.model_validate({"handle": HANDLE}),
            secrets={"APP_PASSWORD": Secret(PASSWORD)},
            api=bluesky_server,
            clock_now=lambda: datetime.now(UTC),
            deadline=timedelta(seconds=60),
            picture=read,
            kept=KEPT,
        )
    )
    yield made
    await made.close()


KEPT = InMemory()  # one session for all tests: signing in is capped


def message(text: str, link: str = "", pictures: tuple[Picture, ...] = ()) -> Message:
    return Message(
        channel="bluesky-fr",
        network="bluesky",
        language="fr",
        text=text,
        digest="",
        style="",
        length=1,
        limit=300,
        link=link,
        title="Le phare qui parle aux baleines",
        summary="Sur la Côte-Nord, un phare répond.",
        pictures=pictures,
    )


async def record_of(server: str, receipt: Receipt) -> Mapping[str, Any]:
    """The record as anybody may read it."""
    which = {"repo": HANDLE, "collection": "app.bsky.feed.post", "rkey": receipt.remote_id}
    async with (
        aiohttp.ClientSession(server) as session,
        session.get(f"/xrpc/com.atproto.repo.getRecord?{urlencode(which)}") as answer,
    ):
        found: Mapping[str, Any] = (await answer.json())["value"]
        return found


async def frozen(channel: Channel, what: Message, key: str) -> Frozen:
    made = await channel.prepare(what, Progress(key), NOW)
    assert isinstance(made, Frozen)
    return made


TEXTS = [
    ("Été : 30 % plus haut", ""),
    ("Lire https://example.org/phare?a=1&b=é#suite, puis dormir. #CôteNord #StarTech", ""),
    ("👩‍👩‍👧‍👦 🇨🇦 Le phare\n\nhttps://example.org/phare\n\n#Baleines", "https://example.org/phare"),
    ("مرحبا بالعالم https://example.org/مرحبا", ""),
    ("é" * 300, ""),
    ("👨‍👩‍👧‍👦" * 120, ""),
]


@pytest.mark.parametrize(("text", "link"), TEXTS)
async def test_it_takes_every_one_and_marks_are_where_they_should_be(
    channel: Channel, bluesky_server: str, text: str, link: str
) -> None:
    assert channel.limits.measure(text) <= channel.limits.maximum
    made = await frozen(channel, message(text, link), f"text {text}")
    record = await record_of(bluesky_server, await channel.publish(made))
    assert record == json.loads(made.body)["record"]
    for facet in record.get("facets", []):
        covered = text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        feature = facet["features"][0]
        assert covered == feature.get("uri", f"#{feature.get('tag')}")
    assert text.count("http") + text.count("#C") + text.count("#S") + text.count("#B") == len(
        record.get("facets", [])
    )


@pytest.mark.parametrize("text", ["é" * 301, "👨‍👩‍👧‍👦" * 121])
async def test_what_we_count_as_too_long_it_refuses(channel: Channel, text: str) -> None:
    assert channel.limits.measure(text) > channel.limits.maximum
    with pytest.raises(Refused, match=r"Invalid app\.bsky\.feed\.post record"):
        await channel.publish(await frozen(channel, message(text), "too long"))


async def test_a_card_has_its_picture_and_pictures_have_alt_text(
    channel: Channel, bluesky_server: str
) -> None:
    link = "https://example.org/phare"
    card = await channel.publish(
        await frozen(channel, message("Le phare", link, (Picture("", "", "d1", card=True),)), "card")
    )
    external = (await record_of(bluesky_server, card))["embed"]["external"]
    assert (external["uri"], external["title"]) == (link, "Le phare qui parle aux baleines")
    assert external["thumb"]["size"] == len(PICTURES["d1"].content)
    shown = await channel.publish(
        await frozen(channel, message("Un phare", "", (Picture("", "La nuit.", "d2"),)), "pictures")
    )
    (image,) = (await record_of(bluesky_server, shown))["embed"]["images"]
    assert (image["alt"], image["image"]["mimeType"]) == ("La nuit.", "image/jpeg")


async def test_published_twice_under_one_key_there_is_one_record_and_it_is_found(
    channel: Channel, bluesky_server: str
) -> None:
    made = await frozen(channel, message("Une seule fois"), "once")
    assert await channel.find(made, NOW, ()) is None
    receipt = await channel.publish(made)
    with pytest.raises(Uncertain):
        await channel.publish(made)
    assert await channel.find(made, NOW, ()) == receipt
    query = urlencode({"repo": HANDLE, "collection": "app.bsky.feed.post", "limit": 100})
    async with (
        aiohttp.ClientSession(bluesky_server) as session,
        session.get(f"/xrpc/com.atproto.repo.listRecords?{query}") as answer,
    ):
        texts = [one["value"]["text"] for one in (await answer.json())["records"]]
    assert texts.count("Une seule fois") == 1


async def test_it_says_who_we_are(channel: Channel) -> None:
    account = await channel.check()
    assert (account.name, account.missing) == (f"@{HANDLE}", ())
