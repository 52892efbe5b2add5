"""What a web page says of itself: title, description, picture, language, date, canonical address, feeds.

A page is read as hostile: at most its first megabyte, whatever it holds; addresses come out as http or https,
words as plain words. What it declares is taken in the order in which a careful reader would believe it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.sources.charset import decode
from bot.sources.dates import read_date
from bot.sources.linked import first_of, linked_data
from bot.sources.links import web_address
from bot.sources.pictures import MAX_ALT, Found, from_markup, same_picture
from bot.sources.tongue import UNKNOWN, tell
from bot.sources.words import bare, cut, plain, same_words, tidy
from content_queue import identity

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_READ = 1_000_000
MAX_TAGS = 15_000
MAX_TITLE = 300
MAX_DESCRIPTION = 2000
_FEEDS = {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_REFRESH = re.compile(r"""\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)""", re.IGNORECASE)
_AT_ONCE = 10
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
_PART = re.compile(r" [|–—:•-] ")
_COMMENTS = re.compile(r"comment", re.IGNORECASE)
_FILLED_IN_LATER = re.compile(r"\{\{|\$\{")
_TITLES = ("dc:title", "og:title", "twitter:title", "dc.title", "parsely-title")
_DESCRIPTIONS = ("dc:description", "og:description", "twitter:description", "dc.description", "description")
_IMAGES = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
_ALTS = ("og:image:alt", "twitter:image:alt")
_DATES = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time",
    "datepublished", "parsely-pub-date", "dc.date.created", "dc.date.issued", "dc.date", "dcterms.created",
    "sailthru.date", "epoch-publish-date",
)  # fmt: skip
_LANGUAGES = ("og:locale", "content-language", "dc.language")


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page names; ``comments`` says that it brings readers' words, not the site's."""

    url: str
    title: str = ""
    comments: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says; "" or None where it says nothing.

    ``canonical`` is the address it gives itself, "" where that is another host's or the site's root;
    ``declared`` is what it gives, to the letter. ``translations`` are its other languages' addresses.
    ``leads_to`` is where it sends its readers at once.
    """

    title: str = ""
    description: str = ""
    image: str = ""
    alt: str = ""
    canonical: str = ""
    declared: str = ""
    language: str = ""
    published_at: datetime | None = None
    site: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    feeds: tuple[FeedLink, ...] = ()
    leads_to: str = ""


def read_page(document: bytes, *, content_type: str, url: str) -> Page:
    """Read a page that came from ``url``; never raises for what stands in it."""
    from selectolax.lexbor import LexborHTMLParser  # a megabyte that an idle worker does not need

    text, _ = decode(document[:MAX_READ], _typed(document, content_type))
    tree = LexborHTMLParser(_bounded(text))
    return _Reading(tree, url).page()


def _bounded(text: str) -> str:
    """Cut a page after so many tags: what a parser does with tags inside tags grows with their square."""
    parts = text.split("<", MAX_TAGS)
    return text if len(parts) <= MAX_TAGS else "<".join(parts[:-1])


def _typed(document: bytes, content_type: str) -> str:
    """Let a page that names its charset itself have it, where its server names none."""
    found = _META_CHARSET.search(document[:4096])
    if "charset" in content_type.lower() or found is None:
        return content_type
    return f"text/html; charset={found[1].decode('ascii')}"


class _Reading:
    """One page being read."""

    def __init__(self, tree: LexborHTMLParser, url: str) -> None:
        self._tree = tree
        self._url = url
        base = next((web_address(self._at(tag, "href"), url) for tag in tree.css("base[href]")), "")
        self._base = base or url
        self._meta = dict(reversed(list(self._metas())))  # the first of each name counts
        self._data = linked_data(tag.text() for tag in tree.css('script[type="application/ld+json"]'))

    def page(self) -> Page:
        """Put it together."""
        title, description = self._title(), self._description()
        picture = self._picture(description)
        declared = self._declared()
        return Page(
            title=title,
            description=description,
            image=picture.address,
            alt=picture.alt,
            canonical=_believed(declared, self._url),
            declared=declared,
            language=self._language(f"{title} {description}"),
            published_at=self._published_at(),
            site=self._site(),
            translations=tuple(self._translations()),
            feeds=tuple(self._feeds()),
            leads_to=self._leads_to(),
        )

    def _metas(self) -> Iterator[tuple[str, str]]:
        for tag in self._tree.css("meta"):
            names = " ".join(self._at(tag, key) for key in ("property", "name", "itemprop", "http-equiv"))
            value = self._at(tag, "content")
            later = "ng-if" in tag.attributes or _FILLED_IN_LATER.search(value)
            if value.strip() and not later:
                yield from ((name.lower(), value) for name in names.split())

    @staticmethod
    def _at(tag: LexborNode, name: str) -> str:
        return tag.attributes.get(name) or ""

    def _first(self, names: tuple[str, ...]) -> str:
        return next((self._meta[name] for name in names if name in self._meta), "")

    def _site(self) -> str:
        return tidy(plain(self._first(("og:site_name", "application-name"))))

    def _title(self) -> str:
        said = _words(self._first(_TITLES)) or _words(first_of(self._data, "headline"))
        found = said or _own_part(self._text("title"), self._text("h1"))
        return cut(_without_site(found, self._site()), MAX_TITLE)

    def _text(self, tag: str) -> str:
        texts = (tidy(node.text()) for node in self._tree.css(tag))
        return next((text for text in texts if text and not _FILLED_IN_LATER.search(text)), "")

    def _description(self) -> str:
        said = (_words(self._meta[name]) for name in _DESCRIPTIONS if name in self._meta)
        found = next((text for text in said if text), "") or _words(first_of(self._data, "description"))
        return cut(found, MAX_DESCRIPTION)

    def _picture(self, description: str) -> Found:
        named = (web_address(self._meta[name], self._base) for name in _IMAGES if name in self._meta)
        address = next((each for each in named if each), "")
        address = address or web_address(first_of(self._data, "image"), self._base)
        shown = self._shown(address)
        if not address:
            return shown
        alt = _words(self._first(_ALTS)) or shown.alt
        file_name = address.rpartition("/")[2].partition(".")[0]
        says_nothing = same_words(alt, file_name) or same_words(alt, description)
        return Found(address, "" if says_nothing else cut(alt, MAX_ALT))

    def _shown(self, address: str) -> Found:
        """The picture in the page's text: the one at ``address``, or its first."""
        for tag in self._tree.css("article img, main img, figure img, [role=main] img"):
            found = from_markup(tag.html or "", self._base)
            if found.address and (not address or same_picture(found.address, address)):
                return found
        return Found()

    def _declared(self) -> str:
        links = (self._at(tag, "href") for tag in self._tree.css('link[rel~="canonical" i][href]'))
        said = next((link for link in links if link.strip()), "") or self._first(("og:url", "twitter:url"))
        return web_address(said, self._base)

    def _language(self, text: str) -> str:
        html = self._tree.css_first("html")
        said = [self._at(html, "lang"), self._at(html, "xml:lang")] if html is not None else []
        said += [self._meta[name] for name in _LANGUAGES if name in self._meta]
        said += [first_of(self._data, "inLanguage")]
        found = (match[1].lower() for each in said if (match := _LANGUAGE.fullmatch(each.strip())))
        return next(found, "") or next((name for name in self._told(text) if name not in {"", UNKNOWN}), "")

    def _told(self, text: str) -> Iterator[str]:
        """What the words tell: those that it says of itself, else those that readers see."""
        yield tell(text)
        self._tree.strip_tags(["script", "style", "noscript", "svg"])
        yield tell(self._tree.body.text(separator=" ") if self._tree.body is not None else "")

    def _published_at(self) -> datetime | None:
        said = [self._meta[name] for name in _DATES if name in self._meta]
        said += [first_of(self._data, "datePublished"), first_of(self._data, "dateCreated")]
        times = 'time[itemprop~="datePublished"], time[pubdate], article time, time'
        said += [self._at(tag, "datetime") for tag in self._tree.css(times)]
        dates = (
            read_date(each.replace("|", " ").replace("h", ":") if "|" in each else each) for each in said
        )
        return next((date for date in dates if date), None)

    def _translations(self) -> Iterator[tuple[str, str]]:
        for tag in self._tree.css('link[rel~="alternate" i][hreflang][href]'):
            address = web_address(self._at(tag, "href"), self._base)
            if address:
                yield self._at(tag, "hreflang").lower(), address

    def _feeds(self) -> Iterator[FeedLink]:
        seen: set[str] = set()
        for tag in self._tree.css('link[rel~="alternate" i][type][href]'):
            address = web_address(self._at(tag, "href"), self._base)
            kind = self._at(tag, "type").partition(";")[0].strip().lower()
            if kind in _FEEDS and address and address not in seen:
                seen.add(address)
                title = tidy(self._at(tag, "title"))
                yield FeedLink(address, title, bool(_COMMENTS.search(f"{title} {address}")))

    def _leads_to(self) -> str:
        found = _REFRESH.match(self._meta.get("refresh", ""))
        if found is None or int(found[1]) > _AT_ONCE:
            return ""
        return web_address(found[2], self._base)


def _words(text: str) -> str:
    return tidy(plain(text))


def _own_part(title: str, heading: str) -> str:
    """A window's title often names the site beside the page, whose first heading tells them apart."""
    parts = _PART.split(title)
    own = next((part for part in parts if heading and same_words(part, heading)), "")
    return own or title or heading


def _without_site(title: str, site: str) -> str:
    """Leave out the site's name, or its host's, that systems put behind a title."""
    parts = _PART.split(title)
    names_it = len(parts) > 1 and site and bare(parts[-1]).startswith(bare(site))
    return title[: title.rindex(parts[-1])].rstrip(" |-–—:•") if names_it else title


def _believed(declared: str, url: str) -> str:
    """A page speaks for its own address only: not for another host's, and not for its site's root."""
    own, said = identity.canonical(url), identity.canonical(declared)
    if not said or _host(said) != _host(own):
        return ""
    return "" if identity.is_root(declared) and not identity.is_root(url) else declared


def _host(address: str) -> str:
    return address.split("/")[2] if address else ""
