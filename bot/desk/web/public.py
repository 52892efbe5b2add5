"""The public pages: what is out, the newest first, one tap to the story; the same as a feed.

Made to be the link in a profile. No script, no cookie, nothing from elsewhere; what was recalled is gone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.compose.preview import preview
from bot.desk.web.address import host, is_web
from bot.desk.web.door import Door
from bot.desk.words.catalogue import LANGUAGES
from content_queue.item import Post, Version
from content_queue.operations import listing
from content_queue.operations.rows import item_by_id
from content_queue.store.database import Transaction

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Page = Callable[[Request], Awaitable[Response]]
SHOWN = 60
POSTS = 300
"""So many posts are looked at: one story stands on several channels."""
ATOM = "http://www.w3.org/2005/Atom"
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "fr": "Technopolys, l’industrie technologique du Québec",
        "en": "Technopolys, Québec’s technology industry",
    }
)


@dataclass(frozen=True, slots=True)
class Story:
    """One item as the public sees it: its words, and where it stands on the networks."""

    name: str
    at: datetime
    title: str
    summary: str
    url: str
    places: tuple[tuple[str, str], ...]

    @property
    def host(self) -> str:
        """Whose page it opens."""
        return host(self.url)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page or feed shows; ``gone`` are the days on which something was taken back."""

    stories: tuple[Story, ...]
    gone: tuple[datetime, ...]


def router(door: Door) -> APIRouter:
    """Return the public addresses."""
    pages = _Public(door)
    made = APIRouter(default_response_class=HTMLResponse)
    for language in LANGUAGES:
        made.add_api_route(f"/{language}/", pages.of(language), methods=["GET", "HEAD"], name=language)
        made.add_api_route(f"/{language}/feed.xml", pages.feed_of(language), methods=["GET", "HEAD"])
    made.add_api_route("/feed.xml", pages.feed, methods=["GET", "HEAD"])
    return made


class _Public:
    def __init__(self, door: Door) -> None:
        self._door = door

    def of(self, language: str) -> Page:
        """Return the page in a language."""

        async def page(request: Request) -> Response:
            shown = await self._door.ask(read, language)
            values = {"shown": shown, "title": TITLES[language], "contact": self._door.parts.contact}
            return await self._door.show_public(request, "public.html", language, values)

        return page

    def feed_of(self, language: str) -> Page:
        """Return the feed in a language."""

        async def feed(request: Request) -> Response:
            shown = await self._door.ask(read, language)
            base = self._door.parts.reached.public_url or f"{request.url.scheme}://{request.url.netloc}"
            return Response(atom(shown, base.rstrip("/"), language), media_type="application/atom+xml")

        return feed

    async def feed(self, _request: Request) -> Response:
        return RedirectResponse(f"/{self._door.parts.language}/feed.xml", status_code=308)


def read(tx: Transaction, language: str) -> Shown:
    """Return what the public sees in a language, newest first, each story once."""
    found: dict[int, list[Post]] = {}
    for post in listing.published(tx, POSTS):
        if post.message.language == language and (post.item in found or len(found) < SHOWN):
            found.setdefault(post.item, []).append(post)
    stories = tuple(_story(item_by_id(tx, item).version(language), own) for item, own in found.items())
    gone = [post.published_at for post in listing.taken_back(tx) if post.message.language == language]
    return Shown(stories, tuple(at for at in gone if at is not None))


def atom(shown: Shown, base: str, language: str) -> bytes:
    """Write a feed (RFC 4287)."""
    from xml.etree import ElementTree as ET  # loads with who asks first, here and below

    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    page = f"{base}/{language}/"
    newest = max((story.at for story in shown.stories), default=datetime(2026, 1, 1, tzinfo=UTC))
    _text(feed, "id", page)
    _text(feed, "title", TITLES[language])
    _text(feed, "updated", newest.isoformat())
    _link(feed, page, "alternate")
    _link(feed, f"{page}feed.xml", "self")
    author = ET.SubElement(feed, f"{{{ATOM}}}author")
    _text(author, "name", "Technopolys")
    for story in shown.stories:
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _text(entry, "id", f"{page}#{story.name}")
        _text(entry, "title", story.title)
        _text(entry, "updated", story.at.isoformat())
        _text(entry, "summary", story.summary)
        _link(entry, story.url or f"{page}#{story.name}", "alternate")
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _story(version: Version | None, posts: list[Post]) -> Story:
    """Return a story in the words that were published last: the item's present ones may be newer."""
    newest, oldest = posts[0], posts[-1]
    seen = preview(newest.message)
    link = newest.message.link or (version.url if version else "")
    places = {post.network: post.remote_url for post in reversed(posts) if is_web(post.remote_url)}
    return Story(
        name=f"i{newest.item}",
        at=oldest.published_at or oldest.due_at,
        title=newest.message.title or (version.title if version else "") or seen.text.split("\n", 1)[0],
        summary=version.summary if version else "",
        url=link if is_web(link) else "",
        places=tuple(places.items()),
    )


def _text(parent: Element, name: str, text: str) -> None:
    from xml.etree.ElementTree import SubElement

    allowed = "".join(each for each in text if each.isprintable() or each in "\n\t")
    SubElement(parent, f"{{{ATOM}}}{name}").text = allowed


def _link(parent: Element, address: str, relation: str) -> None:
    from xml.etree.ElementTree import SubElement

    SubElement(parent, f"{{{ATOM}}}link", {"href": address, "rel": relation})
