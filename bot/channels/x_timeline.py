"""Our own post on X's timeline: X rewrites links, escapes and shortens, so its words are undone first."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from bot.channels.answer import checked_id, json_object, mapping
from bot.message import Receipt, Seen

if TYPE_CHECKING:
    import requests

_PAGE = 100
_PAGES = 8


def our_post(page: Mapping[str, object], wanted: str, start: datetime, known: Collection[str]) -> str:
    """Return the id of the post on a page of the timeline that says what we wanted to say, or ""."""
    posts = page.get("data")
    for post in posts if isinstance(posts, list) else []:
        number = checked_id(mapping(post).get("id"))
        if number and number not in known and _recent(post, start) and bare(_expanded(post)) == wanted:
            return number
    return ""


async def pages(
    read: Callable[[str, Mapping[str, str]], Awaitable[requests.Response]], account: str, start: datetime
) -> AsyncIterator[Mapping[str, object]]:
    """Yield an account's own timeline page by page, newest first, back to ``start``; 800 posts at most."""
    params = {
        "exclude": "retweets",
        "max_results": str(_PAGE),
        "start_time": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tweet.fields": "created_at,entities,note_tweet",
    }
    for _ in range(_PAGES):
        page = json_object((await read(f"/2/users/{account}/tweets", params)).content)
        yield page
        if not (token := next_page(page)):
            return
        params["pagination_token"] = token


def next_page(page: Mapping[str, object]) -> str:
    """Return what asks for the page after this one, or "" on the last."""
    return str(mapping(page.get("meta")).get("next_token") or "")


def own_posts(
    page: Mapping[str, object], start: datetime, receipt: Callable[[str], Receipt]
) -> Iterator[Seen]:
    """Yield the posts of a page with their words as they were written, leaving out those before ``start``."""
    posts = page.get("data")
    for post in map(mapping, posts if isinstance(posts, list) else []):
        number = checked_id(post.get("id"))
        if number and _recent(post, start):
            at = datetime.fromisoformat(str(post.get("created_at", start.isoformat())))
            yield Seen(number, receipt(number).remote_url, _expanded(post), at)


def _recent(post: Mapping[str, object], start: datetime) -> bool:
    """Tell whether a post is from ``start`` or later: a server may overlook what it was asked."""
    try:
        return datetime.fromisoformat(str(post.get("created_at", start.isoformat()))) >= start
    except (ValueError, TypeError):
        return False


def _expanded(post: Mapping[str, object]) -> str:
    """Return a post's words with its own addresses in place of t.co's; a long post's whole words."""
    told = mapping(post.get("note_tweet")) or post
    words = html.unescape(str(told.get("text", "")))  # first: an address may hold "&copy="
    urls = mapping(told.get("entities")).get("urls")
    for url in map(mapping, urls if isinstance(urls, list) else []):
        own = "" if url.get("media_key") else str(url.get("expanded_url", ""))
        words = words.replace(str(url.get("url") or "\0"), own)
    return words


def bare(words: str) -> str:
    """Return words for comparing: NFC, and without what X adds to an address or takes from it."""
    plain = re.sub(r"https?://", "", unicodedata.normalize("NFC", words))
    return re.sub(r"/(?=\s|$)", "", plain).strip()
