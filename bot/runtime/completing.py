"""Completing items from their own pages, for sources whose feeds tell too little (``read_pages``).

    every minute: new items of such sources -> their pages, a few at a time -> what they lack is added
    a page that cannot be read is asked again an hour later, three times in all

Nothing waits for a page: an item may be judged before it was read, and then stays as it was judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import structlog

from bot.clock import Clock
from bot.http_client import HttpClient
from bot.runtime.parts import Intake
from content_queue.item import Item
from content_queue.operations import completing
from content_queue.store.database import Store

EVERY = timedelta(minutes=1)
IN_A_PASS = 20
"""So many items in a pass; the rest a minute later."""
AT_ONCE = 4
log = structlog.get_logger()


@dataclass(slots=True)
class Completing:
    """Reads the pages of new items, for the worker that leads.

    ``own`` reads pages at the source's own host, which may be one that the operator opened; ``public`` all
    others. ``languages`` are those in which stories are told.
    """

    store: Store
    clock: Clock
    own: HttpClient
    public: HttpClient
    languages: Sequence[str]
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _next: datetime | None = None

    def due(self, now: datetime, intakes: Mapping[str, Intake]) -> bool:
        """Tell whether it is time to look for items, and any source wants it."""
        if self._next is not None and now < self._next:
            return False
        self._next = now + EVERY
        return any(given.settings.read_pages for given in intakes.values())

    async def complete(self, intakes: Mapping[str, Intake]) -> bool:
        """Complete what is new; return False: nothing that goes out depends on it."""
        wanted = {name: given for name, given in intakes.items() if given.settings.read_pages}
        begin = self.store.tell(completing.begin, self.clock.now(), wanted.keys(), IN_A_PASS)
        items = await asyncio.wrap_future(begin)
        await asyncio.gather(*[self._complete(item, wanted[item.source]) for item in items])
        return False

    async def _complete(self, item: Item, given: Intake) -> None:
        from bot.sources.story import NoStory, find_story  # a megabyte that few sources need

        first = item.versions[0]
        others = [language for language in self.languages if language != first.language]
        way = self.own if urlsplit(first.url).hostname == given.settings.host else self.public
        try:
            async with self._turns:
                story = await find_story(way, first.url, (first.language, *others), mutual=True)
        except NoStory as error:
            log.info("no page to complete an item from", item=f"i{item.id}", why=str(error))
            return
        told, *sides = story.versions
        same = told.language == first.language
        whole = completing.completed(first, told) if same else first
        versions = (whole, *item.versions[1:])
        spoken = {version.language for version in versions}
        further = [side for side in sides if same and side.language not in spoken]
        complete = partial(completing.complete, published_at=story.published_at)
        await asyncio.wrap_future(self.store.tell(complete, self.clock.now(), item, versions, further))
