"""From the address of a page to a proposal: its words in each language that it has, its picture, its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from bot.http_client import Answer, FetchError, HttpClient, Unreachable
from bot.sources.page import Page, read_page
from content_queue.identity import canonical, is_youtube
from content_queue.item import Kind, Version

MOST_TRANSLATIONS = 2
_PAGES = ("text/html", "application/xhtml+xml")


class NoStory(ValueError):  # noqa: N818  named by what it is
    """Nothing to propose was found behind an address; ``str()`` is one line for people."""


@dataclass(frozen=True, slots=True)
class Story:
    """What a page proposes; the first of ``versions`` is the page's own, as is ``published_at``."""

    kind: Kind
    versions: tuple[Version, ...]
    published_at: datetime | None = None


FindStory = Callable[[str], Awaitable[Story]]
"""Reads what the page at an address proposes; raises NoStory."""


@dataclass(frozen=True, slots=True)
class StoryFinder:
    """Reads a page now and then, for a person who waits: the way out is open only meanwhile."""

    way_out: Callable[[], HttpClient]
    languages: Sequence[str]

    async def __call__(self, address: str) -> Story:
        """Return what the page at ``address`` proposes; raises :class:`NoStory`."""
        http = self.way_out()
        try:
            return await find_story(http, address, self.languages)
        finally:
            await http.close()


async def find_story(
    http: HttpClient, address: str, languages: Sequence[str], *, mutual: bool = False
) -> Story:
    """Read the page at ``address`` and those that it names as its translations; raises :class:`NoStory`.

    A page that does not say in which of ``languages`` it is counts as the first's: whoever asked sees it.
    Where nobody looks, ``mutual`` takes only a translation that names this page as its own in turn.
    """
    url, page = await _read(http, address)
    if page.leads_to:
        url, page = await _read(http, page.leads_to)
    own = _version(page, url, page.language if page.language in languages else languages[0])
    if not own.title:
        raise NoStory(f"{address} does not say what it is called: write its words yourself")
    found = [own]
    for language, other in _translations(page, languages, {own.language}):
        try:
            reached, translated = await _read(http, other)
        except NoStory:
            continue  # one half is better than none
        if mutual and not _names(translated, {url, address, own.url}):
            continue
        version = _version(translated, reached, language)
        if version.title and version.url != own.url:
            found.append(version)
    return Story(Kind.VIDEO if is_youtube(url) else Kind.ARTICLE, tuple(found), page.published_at)


def _names(page: Page, addresses: set[str]) -> bool:
    """Say whether a page names one of these as its translation."""
    wanted = {canonical(address) for address in addresses}
    return any(canonical(address) in wanted for _, address in page.translations)


async def _read(http: HttpClient, address: str) -> tuple[str, Page]:
    try:
        answer = await http.get(address)
    except Unreachable:
        raise NoStory(f"{address} cannot be reached: is it written as it should be?") from None
    except FetchError as error:
        raise NoStory(f"{address} cannot be read: {error}") from None
    if answer.status != HTTPStatus.OK:
        raise NoStory(f"{address} answered {answer.status}")
    if _type(answer) not in _PAGES:
        raise NoStory(f"{address} is no web page")
    kind = answer.headers.get("content-type", "")
    # a long page takes tens of milliseconds: whoever waits for others has other duties
    return answer.url, await asyncio.to_thread(read_page, answer.body, content_type=kind, url=answer.url)


def _type(answer: Answer) -> str:
    return answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()


def _version(page: Page, url: str, language: str) -> Version:
    return Version(
        language,
        page.title,
        page.description,
        page.canonical or url,
        page.image,
        page.alt if page.image else "",
    )


def _translations(page: Page, languages: Sequence[str], known: set[str]) -> Iterator[tuple[str, str]]:
    """Yield one address for each further language."""
    for tag, address in page.translations[: 10 * MOST_TRANSLATIONS]:
        language = tag.partition("-")[0]
        if language in languages and language not in known and len(known) <= MOST_TRANSLATIONS:
            known.add(language)
            yield language, address
