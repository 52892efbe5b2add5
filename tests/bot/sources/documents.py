"""Small feed documents of our own, and the one way in which tests read them."""

from bot.sources.feed import Parsed, parse
from content_queue.item import Entry, Kind, Version

HOME = "https://site.example/"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def rss(*items: str, channel: str = "", head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """An RSS 2.0 document; each of ``items`` is what stands inside an item."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'{head}<rss version="2.0" {NAMESPACES}><channel><title>Le site</title><link>{HOME}</link>'
        f"{channel}{inside}</channel></rss>"
    ).encode()


def atom(*entries: str, attributes: str = "") -> bytes:
    """An Atom document; each of ``entries`` is what stands inside an entry."""
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Le site</title>'
        f'<link href="{HOME}"/><author><name>Équipe</name></author>{inside}</feed>'
    ).encode()


def read(
    document: bytes,
    *,
    content_type: str = "application/xml",
    url: str = "https://site.example/feed/",
    kind: Kind = Kind.ARTICLE,
    language: str = "fr",
) -> Parsed:
    """Parse as intake does."""
    return parse(document, content_type=content_type, url=url, kind=kind, language=language)


def entry(document: bytes, **how: str) -> Entry:
    """The only entry of a document."""
    (found,) = read(document, **how).entries  # type: ignore[arg-type]  # only texts are handed on
    return found


def words(document: bytes, **how: str) -> Version:
    """The words of a document's only entry."""
    (found,) = entry(document, **how).versions
    return found
