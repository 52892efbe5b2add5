"""Reads a feed document of any kind into entries: pure, synchronous, and fit to run in the cage.

    bytes -> text (charset) -> safe XML (prolog) -> feedparser -> drafts -> entries
                            -> JSON (jsonfeed)                 -> drafts -> entries

feedparser's own cleaning and link resolution are off: they take two thirds of its time, and no tag is
kept here anyway.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import struct_time
from typing import Any

from bot.http_client.errors import FetchError
from bot.http_client.gunzip import gunzip
from bot.sources import youtube
from bot.sources.charset import decode
from bot.sources.dates import read_date
from bot.sources.draft import Draft, entries_of
from bot.sources.hints import hints_of
from bot.sources.hub import in_links
from bot.sources.jsonfeed import parse_json
from bot.sources.links import is_web, unwrapped, web_address
from bot.sources.parsed import BadFeed, Parsed
from bot.sources.pictures import Found, from_markup, from_media, same_picture
from bot.sources.prolog import MAX_ENTRIES, first_entries, plain_xml
from bot.sources.words import plain, tidy, tidy_lines, unescaped_again
from content_queue.item import Kind
from content_queue.redirectors import counts_clicks

__all__ = ["BadFeed", "Parsed", "parse"]

_END = 800  # characters at the end of a text in which systems say that there is more
MAX_UNPACKED = 20_000_000
_Raw = Mapping[str, Any]
_LISTS = frozenset({"links", "tags", "content", "media_content", "media_thumbnail"})
_PARTS = frozenset({"title_detail", "summary_detail", "image"})
_WORDS = frozenset(
    {"id", "link", "title", "summary", "author", "published", "created", "updated"}
    | {"feedburner_origlink", "news_image", "yt_videoid"}
)
_ONLY_A_LINK = re.compile(r"\s*<a\b[^<>]*>[^<]*</a>\s*", re.IGNORECASE)
_HTML_PAGE = re.compile(r"<(?:html|head|body)[\s>]", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\(\)|<>")
# What WordPress appends to every description, and the ways to say that there is more.
_APPENDED = re.compile(
    r"(?:^|\n)(?:The post|L[’']article|Cet article|Le billet|This article|Der Beitrag|Artykuł) [^\n]{1,400}"
    r"(?:appeared first on|first appeared on|est apparu en premier sur|provient de|erschien zuerst auf"
    r"|pochodzi z serwisu) [^\n]{1,200}$"
)
_CUT_MARK = re.compile(r"([.!?…]?)[\s…]*[\[(]\s?(?:…|\.\.\.)\s?[\])]\s*$")
_MORE_OF_IT = ("lire la suite", "lire plus", "continue reading", "read more")
_READ_ON = re.compile(rf"\s*[\[(]?\s?(?:{'|'.join(_MORE_OF_IT)})[^\n]{{0,80}}$", re.IGNORECASE)


def parse(document: bytes, *, content_type: str, url: str, kind: Kind, language: str) -> Parsed:
    """Read ``document``, which came from ``url``, into entries of ``kind`` in ``language``.

    ``language`` "" takes the feed's own, or what its words tell. Raises BadFeed with one line where it is
    no feed.
    """
    text, damage = decode(_unpacked(document), content_type)
    text = text.lstrip("\ufeff \t\r\n")
    if not text:
        raise BadFeed("the document is empty")
    if text[0] in "{[":
        parsed = parse_json(text, url=url, kind=kind, language=language)
    else:
        parsed = _parse_xml(text, url, kind, language)
    notes = (damage, *parsed.notes) if damage else parsed.notes
    return replace(parsed, notes=notes)


def _unpacked(document: bytes) -> bytes:
    """Open a document that is itself a gzip file."""
    if document[:2] != b"\x1f\x8b":
        return document
    try:
        return gunzip(document, MAX_UNPACKED)
    except FetchError as error:
        raise BadFeed(str(error)) from None


def _parse_xml(text: str, url: str, kind: Kind, language: str) -> Parsed:
    xml, left_out = first_entries(plain_xml(text))
    found = _feedparser(xml)
    feed, raws = found["feed"], found["entries"]
    if not found.get("version") and not raws:
        raise BadFeed(_what_it_is(xml))
    atom = str(found.get("version", "")).startswith("atom")
    home = web_address(str(feed.get("link") or ""), url)
    own = _primary(str(feed.get("language") or ""))
    share = youtube.share_of(url)
    drafts = [_draft(_sound(raw), home, url, share, atom=atom) for raw in raws[:MAX_ENTRIES]]
    if atom:  # what the feed says of its author holds for its entries
        drafts = [draft if draft.author else replace(draft, author=_author(feed)) for draft in drafts]
    entries, spoken, notes = entries_of(drafts, kind, language, own)
    if left_out:
        notes.append(f"{left_out} entries beyond the first {MAX_ENTRIES} were not read")
    title = plain(str(feed.get("title") or ""))
    hub = in_links(feed.get("links") or (), url)
    return Parsed(entries, title, spoken, tuple(notes), hints_of(xml), hub=hub)


def _primary(language: str) -> str:
    """The language without its country: "fr" for "fr-CA" and "fr_ca"."""
    return re.split(r"[-_]", language.strip().lower())[0]


def _feedparser(xml: str) -> Mapping[str, Any]:
    """Let feedparser read bytes that we declare ourselves; whatever it raises is this feed's error."""
    import feedparser

    document = b'<?xml version="1.0" encoding="utf-8"?>\n' + xml.encode()
    try:
        found: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(document), sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # noqa: BLE001  the parser raises what it likes: RecursionError, KeyError, ...
        raise BadFeed(f"the feed parser gave up on it ({type(error).__name__})") from None
    return found


def _what_it_is(xml: str) -> str:
    if _HTML_PAGE.search(xml[:2000]):
        return "it is a web page, not a feed"
    return f"it is XML, but no feed: it begins with {tidy(xml[:20].partition('>')[0])}>"


def _sound(raw: _Raw) -> _Raw:
    """Return an entry as a plain mapping, for feedparser's own look for a dozen other names at each turn.

    An element of a name that feedparser uses itself (``<links rel="...">``) takes the place of what it found:
    what is not of its form is left out.
    """
    sound = dict(raw)
    for name in _LISTS & sound.keys():
        found = sound[name]
        sound[name] = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    for names, form in ((_PARTS, dict), (_WORDS, str)):
        for name in names & sound.keys():
            if not isinstance(sound[name], form):
                del sound[name]
    return sound


def _draft(raw: _Raw, home: str, url: str, share: str, *, atom: bool) -> Draft:
    link = _link(raw, home, url)
    bodies = _bodies(raw)
    picture = _picture(raw, bodies, (link, home, url))
    draft = Draft(
        guid=str(raw.get("id") or ""),
        link=link,
        title=_title(raw, literal=atom),
        text="" if "yt_videoid" in raw else next((text for text in map(_text, bodies) if text), ""),
        image=picture.address,
        alt=picture.alt,
        author=_author(raw),
        topics=[
            unescaped_again(str(tag.get("label") or tag.get("term") or "")) for tag in raw.get("tags", ())
        ],
        published_at=_published_at(raw),
    )
    return youtube.as_video(draft, raw, share)


def _link(raw: _Raw, home: str, url: str) -> str:
    """The permanent address behind what the entry links to; a guid counts only if it is an address."""
    link = str(raw.get("feedburner_origlink") or raw.get("link") or "")
    if link == raw.get("id") and not is_web(link):
        link = ""
    address = web_address(link, home, url) or _other_link(raw, home, url)
    guid = str(raw.get("id") or "")
    return unwrapped(guid if counts_clicks(address) and is_web(guid) else address)


def _other_link(raw: _Raw, home: str, url: str) -> str:
    """An alternate of any type, such as a PDF; a podcast's episode without a page has its recording."""
    for other in raw.get("links", ()):
        recording = str(other.get("type", "")).startswith(("audio/", "video/"))
        if other.get("rel") == "alternate" or (other.get("rel") == "enclosure" and recording):
            address = web_address(str(other.get("href") or ""), home, url)
            if address:
                return address
    return ""


def _title(raw: _Raw, *, literal: bool) -> str:
    """Atom's plain titles are meant to the letter; those of RSS carry markup, whether they may or not."""
    title = str(raw.get("title") or "")
    if (raw.get("title_detail") or {}).get("type") == "text/plain" and (literal or not _escaped(title)):
        return tidy(title)
    return tidy(plain(title))


def _escaped(text: str) -> bool:
    return bool(re.search(r"</?[A-Za-z][^<>]*>|&#?\w+;", text))


def _bodies(raw: _Raw) -> Sequence[_Raw]:
    """The texts that an entry has, the shortest kind first: description, then content."""
    summary = {"value": raw.get("summary") or "", **(raw.get("summary_detail") or {})}
    contents = [
        one
        for one in raw.get("content", ())
        if str(one.get("type", "")).startswith(("text/", "application/xhtml"))
    ]
    return [summary, *contents]


def _text(body: _Raw) -> str:
    value = str(body.get("value") or "")
    if _ONLY_A_LINK.fullmatch(value):
        return ""
    text = plain(value) if _is_markup(body) else tidy_lines(_unwrapped_lines(value))
    return (text[:-_END] + _ended(text[-_END:])).strip()


def _ended(end: str) -> str:
    """Return the end of a text without what its system appends to it; looked for where it may be at all."""
    end, said = _APPENDED.sub("", end), end.lower()
    if any(words in said for words in _MORE_OF_IT):
        end = _READ_ON.sub("", end)
    return _CUT_MARK.sub(lambda found: found[1] or "…", end) if end.rstrip()[-1:] in {"]", ")"} else end


def _is_markup(body: _Raw) -> bool:
    return body.get("type") != "text/plain" or _escaped(str(body.get("value") or ""))


def _unwrapped_lines(text: str) -> str:
    """Plain text in a feed is wrapped by its editor: only empty lines part paragraphs."""
    return re.sub(r"(?<!\n)[ \t]*\n[ \t]*(?!\s*\n)", " ", text)


def _picture(raw: _Raw, bodies: Sequence[_Raw], bases: Sequence[str]) -> Found:
    """A picture named as such, else the first one that the text shows; its alt text where it has one."""
    shown = next((found for body in reversed(bodies) if (found := _shown(body, bases)).address), Found())
    enclosed = [one for one in raw.get("links", ()) if one.get("rel") == "enclosure"]
    own = str((raw.get("image") or {}).get("href") or raw.get("news_image") or "")
    small = [{**one, "medium": "image"} for one in (*raw.get("media_thumbnail", ()), *_named(own))]
    named = from_media([*raw.get("media_content", ()), *enclosed], *bases).address
    named = named or from_media(small, *bases).address
    if not named:
        return shown
    return Found(named, shown.alt if same_picture(named, shown.address) else "")


def _named(address: str) -> tuple[_Raw, ...]:
    return ({"url": address},) if address else ()


def _shown(body: _Raw, bases: Sequence[str]) -> Found:
    return from_markup(str(body.get("value") or ""), str(body.get("base") or ""), *bases)


def _author(raw: _Raw) -> str:
    name = str(raw.get("author") or "")
    return tidy(_MAIL.sub("", plain(name) if _escaped(name) else name)).strip("() ")


def _published_at(raw: _Raw) -> datetime | None:
    """When the source says it came out; its last change stands in where it does not say."""
    for key in ("published", "created", "updated"):
        if key not in raw:  # feedparser would answer with another date, and a warning
            continue
        text = str(raw[key] or "").strip()
        found = read_date(text) or _by_feedparser(text, raw.get(f"{key}_parsed"))
        if found:
            return found
    return None


def _by_feedparser(text: str, parsed: object) -> datetime | None:
    """What feedparser makes of it: Greek, Hungarian and Korean dates, which have words in them.

    Of numbers alone it takes the first for a year, and today's month and day for the rest.
    """
    if not isinstance(parsed, struct_time) or not any(map(str.isalpha, text)):
        return None
    try:
        return datetime.fromtimestamp(timegm(tuple(parsed)), UTC)
    except (ValueError, OverflowError):
        return None
