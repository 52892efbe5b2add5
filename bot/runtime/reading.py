"""Reading one source: a feed or a sheet over the guarded door and through the cage, a pack from its file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from bot.clock import Clock
from bot.http_client import HttpClient
from bot.runtime.parts import Brought
from bot.settings import SourceSettings
from bot.sources.cage import Cage
from bot.sources.discovery import NoFeed, find_feeds, youtube_feed
from bot.sources.fetch import FEEDS, SHEETS, Fetched, Outcome, Validators, fetch
from bot.sources.pack import BadPack, load_pack
from bot.sources.parsed import BadFeed
from content_queue.identity import is_youtube
from content_queue.item import Entry

LEAST_WAIT = timedelta(minutes=15)
"""The least a public host may make us wait; one of our own (allow_private) may ask for any wait."""
_LOOKED_AT = "words, days and topics"
"""What is noticed of a file's change: a release that notices more reads every file once more."""
_WITHHELD = ("it answered 401", "it answered 403", "it answered 404", "it is gone for good")


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reads sources; ``home`` is the folder that pack files count from, ``language`` the bot's own.

    ``pauses`` pass before each repeat of a request that reached nobody; ``found`` are the feeds that pages
    named, by the page's address and the kind of videos wanted.
    """

    http: HttpClient
    cage: Cage
    clock: Clock
    home: Path
    language: str
    pauses: Sequence[timedelta] = (timedelta(seconds=2),)
    found: dict[tuple[str, str], str] = field(default_factory=dict)

    async def __call__(self, source: SourceSettings, etag: str, last_modified: str) -> Brought:
        """Read ``source``; whatever it does wrong comes back as one line."""
        if source.pack and not source.is_sheet:
            return await asyncio.to_thread(self._pack, source, etag)
        try:
            url = await self._address(source)
        except NoFeed as error:
            return Brought(error=str(error))
        least = timedelta(0) if self.http.allows(source.host) else LEAST_WAIT
        known = Validators(etag, last_modified)
        fetched = await fetch(
            self.http,
            url,
            known,
            now=self.clock.now(),
            shortest_wait=least,
            pauses=self.pauses,
            accept=SHEETS if source.is_sheet else FEEDS,
        )
        if fetched.outcome is Outcome.CHANGED:
            return await self._parsed(source, fetched)
        if fetched.outcome is Outcome.UNCHANGED:
            return Brought(
                etag=etag,
                last_modified=last_modified,
                wait=fetched.fresh,
                moved_to=fetched.permanent or "",
            )
        if source.is_sheet and fetched.reason.startswith(_WITHHELD):  # published again, it is there again
            return Brought(error=f"{fetched.reason}: is the sheet still published to the web?")
        return Brought(error=fetched.reason, gone=fetched.outcome is Outcome.GONE, wait=fetched.wait)

    async def _address(self, source: SourceSettings) -> str:
        """Return where a source's feed is; a YouTube handle's page is asked for it once."""
        only = "".join(source.only)
        if not is_youtube(source.url):
            return source.url
        known = youtube_feed(source.url, only) or self.found.get((source.url, only))
        if not known:
            known = (await find_feeds(self.http, source.url, only))[0].url
            self.found[source.url, only] = known
        return known

    async def _parsed(self, source: SourceSettings, fetched: Fetched) -> Brought:
        try:
            parsed = await self.cage.parse(
                fetched.body,
                content_type=fetched.content_type,
                url=fetched.url,
                kind=source.kind,
                language=source.language or "",
                otherwise=self.language,
                sheet=source.is_sheet,
            )
        except BadFeed as error:
            return Brought(error=str(error))
        return Brought(
            entries=parsed.entries,
            names=parsed.names,
            etag=fetched.validators.etag,
            last_modified=fetched.validators.last_modified,
            wait=fetched.fresh,
            moved_to=fetched.permanent or "",
            notes=parsed.notes,
            hints=parsed.hints,
            mistakes=parsed.mistakes,
            unread=parsed.unread,
            hub=fetched.hub.or_else(parsed.hub),
        )

    def _pack(self, source: SourceSettings, etag: str) -> Brought:
        try:
            entries = load_pack(source.pack, self.home)
        except BadPack as error:
            return Brought(error="; ".join(error.mistakes))
        digest = sha256(f"{_LOOKED_AT} {entries!r}".encode()).hexdigest()
        return Brought(entries=None if digest == etag else _of_kind(entries, source), etag=digest)


def feed_of(source: SourceSettings) -> str:
    """Return the feed's address where the written one tells it, as a YouTube channel's does."""
    return youtube_feed(source.url, "".join(source.only)) or source.url


def _of_kind(entries: tuple[Entry, ...], source: SourceSettings) -> tuple[Entry, ...]:
    """A pack's own kinds stand; what it calls a fact is what the source says it brings."""
    return tuple(replace(entry, kind=source.kind) if entry.kind == "fact" else entry for entry in entries)
