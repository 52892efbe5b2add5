"""From the address that a person knows to its feed: a page names its own, YouTube's have a pattern."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bot.http_client import FetchError, HttpClient
from bot.sources.youtube import SHARES
from content_queue.identity import is_youtube

if TYPE_CHECKING:
    from bot.sources.page import FeedLink

_FEED_START = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_JSON_FEED = re.compile(rb"""\{[^{}]{0,2000}["']version["']\s*:\s*["']https?://jsonfeed\.org""", re.DOTALL)
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_LIST = re.compile(r"[A-Za-z0-9_-]{10,60}")
_SAID = re.compile(rb'"(?:externalId|channelId)":"(UC[A-Za-z0-9_-]{22})"')
_FEED_PATH = "/feeds/videos.xml"
_FEED = f"https://www.youtube.com{_FEED_PATH}"


class NoFeed(ValueError):  # noqa: N818  named by what it is
    """No feed was found behind an address; ``str()`` is one line for people."""


async def find_feeds(http: HttpClient, url: str, only: str = "") -> list[FeedLink]:
    """Return the feeds behind ``url``, readers' comments last: itself, or those that its page names.

    ``only`` is "video", "short" or "live" of a YouTube channel. Raises NoFeed with the reason.
    """
    from bot.sources.page import FeedLink, read_page  # a start needs no reader of pages

    known = youtube_feed(url, only)
    if known:
        return [FeedLink(known)]
    try:
        answer = await http.get(url)
    except FetchError as error:
        raise NoFeed(f"{url} cannot be read: {error}") from None
    if answer.status != HTTPStatus.OK:
        raise NoFeed(f"{url} answered {answer.status}")
    start = answer.body[:10_000]
    if _FEED_START.search(start) or _JSON_FEED.search(start):
        return [FeedLink(answer.permanent or url)]
    channel = _SAID.search(answer.body) if is_youtube(url) else None
    if channel is not None:
        return [FeedLink(_of_channel(channel[1].decode("ascii"), only))]
    page = read_page(answer.body, content_type=answer.headers.get("content-type", ""), url=answer.url)
    if not page.feeds:
        raise NoFeed(f"{url} names no feed: look for its RSS address yourself, and give that")
    return sorted(page.feeds, key=lambda feed: feed.comments)


def youtube_feed(url: str, only: str = "") -> str:
    """Return the feed of a channel's or playlist's address, "" where its page must be asked (a handle).

    A feed's own address is returned as it is; ``only`` of its channel is another one.
    """
    if not is_youtube(url):
        return ""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if parts.path == _FEED_PATH:
        channel = asked.get("channel_id", [""])[0]
        return _of_channel(channel, only) if only and _CHANNEL.fullmatch(channel) else url
    folder, _, rest = parts.path.strip("/").partition("/")
    name = rest.partition("/")[0]
    listed = asked.get("list", [""])[0]
    if folder == "channel" and _CHANNEL.fullmatch(name):
        return _of_channel(name, only)
    if folder == "playlist" and _LIST.fullmatch(listed):
        return f"{_FEED}?playlist_id={listed}"
    return ""


def _of_channel(channel: str, only: str) -> str:
    if not only:
        return f"{_FEED}?channel_id={channel}"
    return f"{_FEED}?playlist_id={SHARES[only]}{channel[2:]}"
