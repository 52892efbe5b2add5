"""Listening for years: fetch, answer, fetch again; whatever goes wrong is waited out, never raised.

It runs beside the worker, only while that one leads: two that fetch for one bot take each other's updates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.desk.telegram import roundup
from bot.desk.telegram.commands import MENU
from bot.desk.telegram.fetching import Fetching
from bot.desk.telegram.hearing import CANNOT, Ears
from bot.desk.telegram.talk import Answer, Heard, Proposal, Say
from bot.desk.telegram.wire import Wire, WireError
from content_queue.item import Picture
from content_queue.operations import chat, roundups, twins
from content_queue.store.database import Store, StoreError
from content_queue.store.locks import BusyError

POLL = timedelta(seconds=25)
FIRST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(minutes=5)
NOT_LEADING = timedelta(seconds=5)
LONGEST_FLOOD = timedelta(minutes=1)
CONFLICTS = 3
"""So many conflicts in a row are a second bot; one alone may be a process that just ended."""
log = structlog.get_logger()


class Listening:
    """The chat's side of a running worker."""

    def __init__(
        self,
        wire: Wire,
        ears: Ears,
        store: Store,
        now: Callable[[], datetime],
        changed: Callable[[], None],
        fetching: Fetching,
        poll: timedelta = POLL,
    ) -> None:
        self._fetching = fetching
        self._wire, self._ears, self._store, self._now = wire, ears, store, now
        self._changed, self._poll = changed, poll
        self._offset: int | None = None
        self._failures = self._conflicts = 0
        self._greeted = False

    async def run(self, leads: Callable[[], bool]) -> None:
        """Listen until cancelled; only while ``leads`` says so."""
        try:
            while True:
                rest = await self._turn() if leads() else NOT_LEADING
                await asyncio.sleep(rest.total_seconds())
        finally:
            with suppress(Exception):
                await self._wire.close()

    async def once(self) -> timedelta:
        """Fetch once and answer; return how long to rest before the next time."""
        return await self._waited_out(self._hear)

    async def _turn(self) -> timedelta:
        return max(await self.once(), await self._waited_out(self.send_digests))

    async def _waited_out(self, work: Callable[[], Awaitable[None]]) -> timedelta:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  whatever the library meets, the worker goes on
            return await self._rest(error)
        return timedelta(0)

    async def _hear(self) -> None:
        offset, self._offset = self._offset, None  # what is not answered is fetched again
        await self._greet()
        batch = await self._wire.hear(offset, self._poll)
        for heard in batch:
            await self._answer(heard)
        # said once, after a batch: Telegram's numbers may begin anew, lower, after a quiet week
        self._offset = max(heard.update for heard in batch) + 1 if batch else None
        self._failures = self._conflicts = 0

    async def send_digests(self) -> None:
        """Send the digests whose hour has come, each once: one that is lost on the way is not repeated."""
        now, parts = self._now(), self._ears.parts
        if not await asyncio.wrap_future(self._store.ask(roundups.due, now, parts.zone)):
            return  # mostly: so that nothing is written at each turn
        for account, says in await asyncio.wrap_future(self._store.tell(roundup.due, now, parts)):
            await self._say_all(account, says)

    async def _greet(self) -> None:
        if self._greeted:
            return
        for language in ("", "fr", "en"):
            words = self._ears.parts.words(language or self._ears.parts.language)
            column = 0 if words.language == "fr" else 1
            menu = [(line[column], words.say(line[2])) for line in MENU]
            await self._gently(partial(self._wire.greet, menu, language))
        self._greeted = True

    async def _answer(self, heard: Heard) -> None:
        now = self._now()
        try:
            answer = await asyncio.wrap_future(self._store.tell(self._ears.answer, now, heard))
        except CANNOT as error:
            answer = await asyncio.wrap_future(self._store.tell(self._ears.refusal, now, heard, error))
        if answer.proposal is not None:
            answer = await self._proposed(heard, answer.proposal)
        if answer.changed:
            self._changed()
        await self._carry_out(heard, answer)

    async def _proposed(self, heard: Heard, proposal: Proposal) -> Answer:
        """Fetch what was proposed and put it into the queue; whatever fails is said, and nothing is kept."""
        store, ears = self._store, self._ears
        try:
            language = await asyncio.wrap_future(store.ask(ears.language, heard))
            draft = await self._fetching.draft(proposal, language)
            return await asyncio.wrap_future(store.tell(ears.propose, self._now(), heard, draft))
        except (*CANNOT, WireError) as error:
            return await asyncio.wrap_future(store.ask(ears.cannot, heard, str(error)))

    async def _carry_out(self, heard: Heard, answer: Answer) -> None:
        """Say what is to be said. It is done already, so that a word that is lost changes nothing."""
        if heard.query:
            await self._gently(lambda: self._wire.toast(heard.query, answer.toast))
        if answer.close:
            await self._gently(lambda: self._wire.close_buttons(heard.chat, heard.message))
        if answer.leave:
            await self._gently(lambda: self._wire.leave(heard.chat))
        await self._say_all(heard.chat, answer.says)

    async def _say_all(self, chat_number: int, says: Sequence[Say]) -> None:
        for said in says:
            await self._gently(partial(self.say, chat_number, said))

    async def say(self, chat_number: int, said: Say) -> None:
        """Send a message, and note under which number its buttons stand."""
        for picture, channel in said.pictures:
            await self._show(chat_number, picture, channel)
        number = await self._wire.say(chat_number, said)
        if said.digests:
            await asyncio.wrap_future(self._store.tell(chat.bind, said.digests, number))

    async def _show(self, chat_number: int, picture: Picture, channel: str) -> None:
        """Show a picture as it would go out; the card stands without it where it cannot be had."""
        make = self._ears.parts.picture
        stored = await make(picture, channel) if make is not None else None
        if stored is not None:
            await self._gently(lambda: self._wire.show(chat_number, stored.content, picture.alt))

    async def _gently(self, call: Callable[[], Awaitable[object]]) -> None:
        for last in (False, True):
            try:
                await call()
            except WireError as error:
                wait = error.wait
                if last or wait is None or wait > LONGEST_FLOOD:
                    log.warning("a word to the moderators was lost", why=str(error))
                    return
                await asyncio.sleep(wait.total_seconds())
            else:
                return

    async def _rest(self, error: Exception) -> timedelta:
        conflict = isinstance(error, WireError) and error.conflict
        self._conflicts = self._conflicts + 1 if conflict else 0
        if self._conflicts == CONFLICTS:
            with suppress(StoreError, BusyError):
                words = "Telegram: another process reads the moderators' chat"
                await asyncio.wrap_future(self._store.tell(twins.suspect, self._now(), words))
        asked = error.wait if isinstance(error, WireError) else None
        rest = asked or min(FIRST_REST * (1 << min(self._failures, 10)), LONGEST_REST)
        if not self._failures:
            # of a stranger's error its kind alone: a library's words may hold the address, a secret
            known = isinstance(error, (WireError, StoreError, BusyError))
            log.warning(
                "the moderators' chat cannot be heard", why=str(error) if known else type(error).__name__
            )
        self._failures += 1
        return rest
