"""Sites that publish: sample feeds and their pages, for a demonstration that needs no other site.

A few entries are there at the start; then each feed gets a new one every so often, by the shared clock. All
that they say stands in `press.toml` and is invented.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.sandbox.published import Clock, Page

_HERE = Path(__file__).parent
_IN_A_FEED = 12
_AT_FIRST = 6
"""How many entries a feed has when the sites open."""
_IN_A_SLUG = 5
"""Words: X counts every letter of an address without a domain."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
}
_ARTICLE_PATH = re.compile(r"/press/(fr|en)/(\d{1,6})/[^/]+", re.ASCII)
_VIDEO_ID = re.compile(r"d-(fr|en)-(\d{5,6})", re.ASCII)
_YOUTUBE = frozenset({"www.youtube.com", "youtube.com"})
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: what it tells, in which language and form, and how often there is something new."""

    language: str
    stories: str
    forms: str
    template: str
    content_type: str
    every: timedelta


_RSS, _ATOM = "application/rss+xml", "application/atom+xml"
FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        "startech-fr": Feed("fr", "articles", "briefs", "press_rss.xml", _RSS, timedelta(minutes=30)),
        "startech-en": Feed("en", "articles", "briefs", "press_atom.xml", _ATOM, timedelta(hours=2)),
        "videos": Feed("fr", "videos", "visits", "press_videos.xml", _ATOM, timedelta(hours=1)),
        "videos-en": Feed("en", "videos", "visits", "press_videos.xml", _ATOM, timedelta(minutes=40)),
    }
)
"""The feeds by name; `startech-fr` is served at `/press/startech-fr.xml`."""


@dataclass(frozen=True, slots=True)
class Story:
    """One entry of a feed and its page."""

    number: int
    language: str
    published_at: datetime
    title: str
    summary: str
    body: str = ""
    topic: str = ""

    @property
    def path(self) -> str:
        """The address of its page, without the host."""
        return f"/press/{self.language}/{self.number}/{_slug(self.title)}"

    @property
    def video(self) -> str:
        """A video's id: shorter than any real one."""
        return f"d-{self.language}-{self.number:05}"

    @property
    def video_path(self) -> str:
        """The address of its page here, where the real site has none."""
        return f"/press/video/{self.language}/{self.number}"

    @property
    def day(self) -> str:
        """When it came out, for people."""
        at = self.published_at
        if self.language == "fr":
            return f"{at.day}{'er' if at.day == 1 else ''} {_MONTHS[at.month - 1]} {at.year}"
        return f"{at:%B} {at.day}, {at.year}"

    @property
    def rfc_822(self) -> str:
        """When it came out, as RSS writes it."""
        return format_datetime(self.published_at.astimezone(UTC), usegmt=True)


class Press:
    """The sites. They open at `now()`, the worker's clock, and date their pages in its zone."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._opened = now().astimezone(UTC).replace(microsecond=0)
        self._told: dict[str, Any] = tomllib.loads((_HERE / "press.toml").read_text(encoding="utf-8"))
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses of the feeds and of the articles."""
        return [
            web.get("/press/{feed}.xml", self._serve_feed),
            web.get(r"/press/{language:fr|en}/{number:\d{1,6}}/{slug}", self._serve_article),
            web.get(r"/press/video/{language:fr|en}/{number:\d{1,6}}", self._serve_video),
        ]

    def page_of(self, address: str) -> Page | None:
        """Return the page that a link leads to: an article's, or that of a video which no real site has."""
        return self._article_at(address) or self._video_at(address)

    def _article_at(self, address: str) -> Page | None:
        path = urlsplit(address).path
        asked = _ARTICLE_PATH.fullmatch(path)
        story = self._out("articles", int(asked[2])).get(asked[1]) if asked else None
        return Page(story.title, "StarTech", path) if story and story.path == path else None

    def _video_at(self, address: str) -> Page | None:
        parts = urlsplit(address)
        asked = _VIDEO_ID.fullmatch(parse_qs(parts.query).get("v", [""])[0])
        if asked is None or parts.hostname not in _YOUTUBE:
            return None
        story = self._out("videos", int(asked[2])).get(asked[1])
        return Page(story.title, "YouTube", story.video_path, video=True) if story else None

    def stories(self, name: str) -> list[Story]:
        """Return what a feed holds now, newest first."""
        feed = FEEDS[name]
        count = self._count(feed)
        return [self._story(feed, number) for number in range(count)[::-1][:_IN_A_FEED]]

    def _count(self, feed: Feed) -> int:
        return _AT_FIRST + (self._now() - self._opened) // feed.every

    def _story(self, feed: Feed, number: int) -> Story:
        published_at = self._opened + (number + 1 - _AT_FIRST) * feed.every
        published_at = published_at.astimezone(self._now().tzinfo)
        return Story(number, feed.language, published_at, **self._words(feed, number))

    def _words(self, feed: Feed, number: int) -> dict[str, str]:
        """Return each story once, then the forms in turn, with ever other names in them."""
        stories = self._told[feed.stories]
        if number < len(stories):
            words: dict[str, str] = stories[number][feed.language]
            return words
        turn = number - len(stories)
        forms, companies, places = self._told[feed.forms], self._told["companies"], self._told["places"]
        form = forms[turn % len(forms)]
        least, most = form["number"]
        names = {
            "company": companies[turn * 7 % len(companies)],
            "place": places[turn * 5 % len(places)],
            "number": least + turn * 11 % (most - least + 1),
        }
        return {part: text.format(**names) for part, text in form[feed.language].items()}

    async def _serve_feed(self, request: web.Request) -> web.Response:
        name = request.match_info["feed"]
        if name not in FEEDS:
            raise web.HTTPNotFound
        feed = FEEDS[name]
        answer = web.Response(content_type=feed.content_type, charset="utf-8", headers=_HEADERS)
        answer.etag = f"{self._opened.timestamp():.0f}-{self._count(feed)}"
        if request.if_none_match and answer.etag in request.if_none_match:
            answer.set_status(304)
            return answer
        origin = str(request.url.origin())
        stories = self.stories(name)
        answer.text = self._write(feed.template, name=name, feed=feed, origin=origin, stories=stories)
        return answer

    async def _serve_article(self, request: web.Request) -> web.Response:
        return self._serve_story("articles", "press_article.html", request)

    async def _serve_video(self, request: web.Request) -> web.Response:
        return self._serve_story("videos", "press_video.html", request)

    def _serve_story(self, stories: str, template: str, request: web.Request) -> web.Response:
        found = self._out(stories, int(request.match_info["number"]))
        story = found.pop(request.match_info["language"], None)
        if story is None:
            raise web.HTTPNotFound
        text = self._write(template, story=story, others=found)
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    def _out(self, stories: str, number: int) -> dict[str, Story]:
        """Return a story in each language in which it is out."""
        return {
            feed.language: self._story(feed, number)
            for feed in FEEDS.values()
            if feed.stories == stories and number < self._count(feed)
        }

    def _write(self, template: str, **values: Any) -> str:  # noqa: ANN401 - for Jinja
        return self._templates.get_template(template).render(values)


def _slug(title: str) -> str:
    parted = unicodedata.normalize("NFKD", title.replace("’", " "))
    words = re.findall(r"[a-z0-9]{3,}", parted.encode("ascii", "ignore").decode().lower())
    return "-".join(words[:_IN_A_SLUG])
