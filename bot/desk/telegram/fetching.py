"""What a proposal needs that is elsewhere: the words of a page, the bytes of a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from bot.desk.operations import Draft
from bot.desk.pictures import bring
from bot.desk.telegram.replies import drafted
from bot.desk.telegram.talk import Proposal
from bot.desk.telegram.wire import Wire
from bot.http_client import FetchError, HttpClient
from content_queue.item import Version
from content_queue.store.database import Store

if TYPE_CHECKING:
    from bot.sources.story import FindStory


@dataclass(frozen=True, slots=True)
class Fetching:
    """Makes a draft of a proposal; ``http`` is the guarded door."""

    wire: Wire
    store: Store
    now: Callable[[], datetime]
    http: HttpClient
    find_story: FindStory

    async def draft(self, proposal: Proposal, language: str) -> Draft:
        """Return what to put into the queue, in ``language`` where no page tells its own.

        Raises WireError, or ValueError with one line: for a page that proposes nothing, for a picture that
        cannot be had or used.
        """
        draft = await self._words(proposal, language)
        if not proposal.photo:
            return draft
        source = await bring(self.store, self.now(), await self._bytes_of(proposal.photo))
        pictured = tuple(replace(each, image=source, alt=proposal.alt) for each in draft.versions)
        return replace(draft, versions=pictured)

    async def _words(self, proposal: Proposal, language: str) -> Draft:
        if proposal.title or not proposal.address:
            return drafted(Version(language, proposal.title, proposal.summary, proposal.address))
        story = await self.find_story(proposal.address)
        return Draft(story.kind, story.versions)

    async def _bytes_of(self, file: str) -> bytes:
        address = await self.wire.address_of(file)
        try:
            answer = await self.http.get(address)
        except FetchError:
            answer = None  # its words may hold the address, and that the token
        if answer is None or answer.status != HTTPStatus.OK:
            raise ValueError("the picture could not be fetched: send it again")
        return answer.body
