"""Listening for years: fetch, answer, fetch again; whatever goes wrong is waited out, never raised.

It runs beside the worker, only while that one leads: two that fetch for one bot take each other's updates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.desk.telegram import roundup
from bot.desk.telegram.commands import MENU
from bot.desk.telegram.hearing import CANNOT, Ears
from bot.desk.telegram.talk import Answer, Heard, Say
from bot.desk.telegram.wire import Wire, WireError
from content_queue.operations import chat, twins
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
        poll: timedelta = POLL,
    ) -> None:
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
        try:
            await self._greet()
            batch = await self._wire.hear(self._offset, self._poll)
            for heard in batch:
                await self._answer(heard)
        except (WireError, StoreError, BusyError) as error:
            self._offset = None  # what was not answered is fetched again
            return await self._rest(error)
        except Exception as error:  # noqa: BLE001  whatever the library meets, the worker goes on
            self._offset = None
            return await self._rest(error)
        # said once, after a batch: Telegram's numbers may begin anew, lower, after a quiet week
        self._offset = max(heard.update for heard in batch) + 1 if batch else None
        self._failures = self._conflicts = 0
        return timedelta(0)

    async def _turn(self) -> timedelta:
        rest = await self.once()
        with suppress(StoreError, BusyError):  # what is due now is still due in a moment
            await self.send_digests()
        return rest

    async def send_digests(self) -> None:
        """Send the digests whose hour has come, each once: one that is lost on the way is not repeated."""
        made = await asyncio.wrap_future(self._store.tell(roundup.due, self._now(), self._ears.parts))
        for account, says in made:
            for said in says:
                await self._gently(lambda account=account, said=said: self.say(account, said))  # type: ignore[misc]  # the loop's own

    async def _greet(self) -> None:
        if self._greeted:
            return
        for language in ("", "fr", "en"):
            words = self._ears.parts.words(language or self._ears.parts.language)
            column = 0 if words.language == "fr" else 1
            menu = [(line[column], words.say(line[2])) for line in MENU]
            await self._gently(lambda menu=menu, language=language: self._wire.greet(menu, language))  # type: ignore[misc]  # the loop's own
        self._greeted = True

    async def _answer(self, heard: Heard) -> None:
        now = self._now()
        try:
            answer = await asyncio.wrap_future(self._store.tell(self._ears.answer, now, heard))
        except CANNOT as error:
            answer = await asyncio.wrap_future(self._store.tell(self._ears.refusal, now, heard, error))
        if answer.changed:
            self._changed()
        await self._carry_out(heard, answer)

    async def _carry_out(self, heard: Heard, answer: Answer) -> None:
        """Say what is to be said. It is done already, so that a word that is lost changes nothing."""
        if heard.query:
            await self._gently(lambda: self._wire.toast(heard.query, answer.toast))
        if answer.close:
            await self._gently(lambda: self._wire.close_buttons(heard.chat, heard.message))
        if answer.leave:
            await self._gently(lambda: self._wire.leave(heard.chat))
        for said in answer.says:
            await self._gently(lambda said=said: self.say(heard.chat, said))  # type: ignore[misc]  # the loop's own

    async def say(self, chat_number: int, said: Say) -> None:
        """Send a message, and note under which number its buttons stand."""
        number = await self._wire.say(chat_number, said)
        if said.digests:
            await asyncio.wrap_future(self._store.tell(chat.bind, said.digests, number))

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
