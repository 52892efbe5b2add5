"""JSON Feed 1 and 1.1. Source: jsonfeed.org/version/1.1."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from bot.sources.dates import read_date
from bot.sources.draft import Draft, entries_of
from bot.sources.hub import Hub, in_links
from bot.sources.links import unwrapped, web_address
from bot.sources.parsed import BadFeed, Parsed
from bot.sources.pictures import Found, from_markup
from bot.sources.prolog import MAX_ENTRIES
from bot.sources.words import plain, tidy, tidy_lines, unescaped_again
from content_queue.item import Kind

MAX_DEPTH = 50
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(r"[\[{]|[\]}]")
_Thing = Mapping[str, object]


def parse_json(text: str, *, url: str, kind: Kind, language: str) -> Parsed:
    """Read a JSON Feed; raise BadFeed for anything else, however deep or strange."""
    feed = _loaded(text)
    items = feed.get("items")
    if not isinstance(items, list):
        raise BadFeed("it is JSON, but no JSON Feed: it has no list of items")
    home = web_address(_text(feed, "home_page_url"), url)
    things = [item for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    own = _text(feed, "language").lower().partition("-")[0]
    drafts = [_draft(item, feed, home, url) for item in things]
    entries, spoken, notes = entries_of(drafts, kind, language, own)
    if len(items) > MAX_ENTRIES:
        notes.append(f"{len(items) - MAX_ENTRIES} entries beyond the first {MAX_ENTRIES} were not read")
    return Parsed(entries, tidy(_text(feed, "title")), spoken, tuple(notes), hub=_hub(feed, url))


def _hub(feed: _Thing, url: str) -> Hub:
    """Read who tells of new entries: ``hubs`` and ``feed_url`` (JSON Feed 1.1, "Subscribing")."""
    hubs = feed.get("hubs")
    listed = [one for one in hubs if isinstance(one, dict)] if isinstance(hubs, list) else []
    told = [one for one in listed if _text(one, "type").lower() == "websub"]
    links = [{"rel": "hub", "href": _text(one, "url")} for one in told]
    return in_links([*links, {"rel": "self", "href": _text(feed, "feed_url")}], url)


def _loaded(text: str) -> _Thing:
    if _depth(text) > MAX_DEPTH:
        raise BadFeed(f"its JSON is nested deeper than {MAX_DEPTH} levels")
    try:
        feed = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadFeed("its JSON is damaged") from None
    if not isinstance(feed, dict):
        raise BadFeed("it is JSON, but no JSON Feed")
    return feed


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in _BRACKETS.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _draft(item: _Thing, feed: _Thing, home: str, url: str) -> Draft:
    link = unwrapped(
        web_address(_text(item, "url"), home, url) or web_address(_text(item, "external_url"), home, url)
    )
    markup = _text(item, "content_html")
    picture = _picture(item, markup, link or home or url)
    body = plain(markup) or tidy_lines(_text(item, "content_text"))
    return Draft(
        guid=_text(item, "id"),
        link=link,
        title=tidy(unescaped_again(_text(item, "title"))),
        text=tidy_lines(_text(item, "summary")) or body,
        image=picture.address,
        alt=picture.alt,
        author=_author(item) or _author(feed),
        topics=_texts(item.get("tags")),
        published_at=read_date(_text(item, "date_published") or _text(item, "date_modified")),
    )


def _picture(item: _Thing, markup: str, base: str) -> Found:
    for key in ("image", "banner_image"):
        address = web_address(_text(item, key), base)
        if address:
            return Found(address)
    return from_markup(markup, base)


def _author(thing: _Thing) -> str:
    authors = thing.get("authors")
    several = authors if isinstance(authors, list) else [thing.get("author")]
    names = [_text(author, "name") for author in several if isinstance(author, dict)]
    return ", ".join(name for name in names if name)


def _text(thing: _Thing, key: str) -> str:
    """Return a string or a number as text; anything else is nothing."""
    value = thing.get(key)
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def _texts(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
