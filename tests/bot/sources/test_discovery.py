"""From a site's or a channel's address to its feed."""

import pytest

from bot.http_client import HttpClient
from bot.sources.discovery import NoFeed, find_feeds, youtube_feed
from bot.sources.page import FeedLink
from tests.bot.http_client.servers import answer, saying, serving

CHANNEL = "UC" + "a" * 22
FEED = "https://www.youtube.com/feeds/videos.xml"
PAGE = (
    b'<link rel=alternate type="application/rss+xml" title="Commentaires" href="/comments/feed">'
    b'<link rel=alternate type="application/atom+xml" title="Blogue" href="/feed">'
)


@pytest.mark.parametrize(
    ("url", "only", "feed"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}", "", f"{FEED}?channel_id={CHANNEL}"),
        (f"https://youtube.com/channel/{CHANNEL}/videos", "", f"{FEED}?channel_id={CHANNEL}"),
        (f"https://www.youtube.com/channel/{CHANNEL}", "video", f"{FEED}?playlist_id=UULF{'a' * 22}"),
        (f"https://m.youtube.com/channel/{CHANNEL}", "short", f"{FEED}?playlist_id=UUSH{'a' * 22}"),
        (f"https://www.youtube.com/channel/{CHANNEL}", "live", f"{FEED}?playlist_id=UULV{'a' * 22}"),
        ("https://www.youtube.com/playlist?list=PLabcdefghijkl", "", f"{FEED}?playlist_id=PLabcdefghijkl"),
        (f"{FEED}?channel_id={CHANNEL}", "", f"{FEED}?channel_id={CHANNEL}"),
        (f"{FEED}?channel_id={CHANNEL}", "short", f"{FEED}?playlist_id=UUSH{'a' * 22}"),
        (f"{FEED}?user=technopolys", "", f"{FEED}?user=technopolys"),
        ("https://www.youtube.com/@technopolys", "", ""),
        (f"https://youtube.com.example/channel/{CHANNEL}", "", ""),
        ("https://www.youtube.com/channel/../etc", "", ""),
    ],
)
def test_a_channel_s_or_playlist_s_address_is_its_feed_s(url: str, only: str, feed: str) -> None:
    assert youtube_feed(url, only) == feed


async def found(body: bytes, status: bytes = b"200 OK") -> list[FeedLink]:
    http = HttpClient(user_agent="test", allow_private=("127.0.0.1",))
    async with serving(saying(answer(body, status=status))) as server:
        try:
            feeds = await find_feeds(http, server.url("/site"))
        finally:
            await http.close()
        return [FeedLink(feed.url.removeprefix(server.url("")), feed.title, feed.comments) for feed in feeds]


async def test_a_page_names_its_feeds_and_readers_comments_come_last() -> None:
    assert await found(PAGE) == [
        FeedLink("/feed", "Blogue"),
        FeedLink("/comments/feed", "Commentaires", comments=True),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"<?xml version='1.0'?><rss version='2.0'/>",
        b"<feed xmlns='x'/>",
        b'{"version": "https://jsonfeed.org/version/1"}',
    ],
)
async def test_a_feed_is_its_own(body: bytes) -> None:
    assert await found(body) == [FeedLink("/site")]


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [(b"<p>rien", b"200 OK", "names no feed"), (b"", b"404 Not Found", "answered 404")],
)
async def test_where_there_is_none_a_line_says_so(body: bytes, status: bytes, line: str) -> None:
    with pytest.raises(NoFeed, match=line):
        await found(body, status)
