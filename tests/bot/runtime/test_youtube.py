"""A YouTube channel's own address in the file: its page names the channel once, its lists are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest

from bot.clock import FakeClock
from bot.http_client import Answer, HttpClient
from bot.runtime.reading import SourceReader, feed_of
from bot.settings import SourceSettings
from bot.sources.cage import Cage
from tests.bot.runtime.world import NOW

CHANNEL = "UC" + "a" * 22
HANDLE = "https://www.youtube.com/@startech"
LIST = "https://www.youtube.com/feeds/videos.xml?playlist_id="
PAGE = f'<script>{{"externalId":"{CHANNEL}"}}</script>'.encode()
FEED = (
    b'<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom"><entry>'
    b"<id>yt:video:-aB3_xYz012</id><yt:videoId>-aB3_xYz012</yt:videoId><title>Les coulisses</title>"
    b'<link rel="alternate" href="https://www.youtube.com/watch?v=-aB3_xYz012"/></entry></feed>'
)


@dataclass
class YouTube(HttpClient):
    """Answers in YouTube's place, and keeps what it was asked for."""

    pages: Mapping[str, bytes]
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, *, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
        self.asked.append(url)
        body = self.pages.get(url)
        return Answer(404 if body is None else 200, {}, body or b"", url)

    def allows(self, host: str) -> bool:
        return False


@pytest.fixture
async def cage() -> AsyncIterator[Cage]:
    made = Cage(workers=1)
    yield made
    await made.close()


def source(url: str, *only: str) -> SourceSettings:
    chosen = {"only": only} if only else {}
    return SourceSettings.model_validate({"name": "startech", "url": url, "language": "fr", **chosen})


async def test_a_handle_s_page_is_asked_for_its_channel_once(cage: Cage) -> None:
    youtube = YouTube({HANDLE: PAGE, f"{LIST}UUSH{CHANNEL[2:]}": FEED})
    read = SourceReader(youtube, cage, FakeClock(NOW), Path(), "fr", pauses=())
    for _ in range(2):
        brought = await read(source(HANDLE, "short"), "", "")
        assert [(entry.kind.value, entry.form) for entry in brought.entries or ()] == [("video", "short")]
    assert youtube.asked == [HANDLE, *[f"{LIST}UUSH{CHANNEL[2:]}"] * 2]


async def test_what_a_channel_s_address_tells_needs_no_page(cage: Cage) -> None:
    youtube = YouTube({f"{LIST}UULF{CHANNEL[2:]}": FEED})
    read = SourceReader(youtube, cage, FakeClock(NOW), Path(), "fr", pauses=())
    address = f"https://www.youtube.com/channel/{CHANNEL}"
    assert (await read(source(address, "video"), "", "")).error == ""
    assert youtube.asked == [feed_of(source(address, "video"))]


async def test_a_handle_that_leads_nowhere_is_one_line(cage: Cage) -> None:
    youtube = YouTube({})
    read = SourceReader(youtube, cage, FakeClock(NOW), Path(), "fr", pauses=())
    brought = await read(source(HANDLE), "", "")
    assert (brought.error, brought.entries) == (f"{HANDLE} answered 404", None)


@pytest.mark.parametrize(
    ("url", "only", "feed"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}", ("live",), f"{LIST}UULV{CHANNEL[2:]}"),
        ("https://www.youtube.com/playlist?list=PLabcdefghijkl", (), f"{LIST}PLabcdefghijkl"),
        (HANDLE, ("short",), HANDLE),
        ("https://site.example/feed", (), "https://site.example/feed"),
    ],
)
def test_a_source_is_known_by_the_feed_that_its_address_tells(
    url: str, only: tuple[str, ...], feed: str
) -> None:
    assert feed_of(source(url, *only)) == feed
