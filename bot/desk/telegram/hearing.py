"""Finding out who speaks, and answering inside one transaction. Strangers hear nothing.

Only a person whose numeric id is linked has a say, in the moderators' group or in a private chat. An
anonymous admin, a channel, another bot is nobody. An update is acted on once, in the transaction that notes
it as heard: after a crash it comes again and finds either both or neither.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog

from bot.desk.keys import digest
from bot.desk.operations import Draft
from bot.desk.telegram import commands, presses, replies
from bot.desk.telegram.asking import Asking, ChatParts
from bot.desk.telegram.talk import NOTHING, Answer, Heard, Say, escaped
from bot.desk.words.language import Words
from content_queue.lifecycle import ImpossibleStepError
from content_queue.operations import chat
from content_queue.operations.moves import LostRaceError
from content_queue.people import Person
from content_queue.store.database import Transaction

CANNOT = (ValueError, LookupError, LostRaceError, ImpossibleStepError)
"""What an operation raises, with one line for people."""
MOST_TRIES = 5
log = structlog.get_logger()


class Ears:
    """Answers what is heard; remembers how often strangers tried, so that nobody guesses a code."""

    def __init__(self, parts: ChatParts) -> None:
        self.parts = parts
        self._tries: dict[int, int] = {}
        self._seen: set[int] = set()

    def answer(self, tx: Transaction, now: datetime, heard: Heard) -> Answer:
        """Act on what was heard, once. Raises what an operation raises; then nothing was done."""
        if not chat.first_time(tx, now, heard.update):
            return NOTHING
        if heard.joined or heard.moved_to:
            return self._about_a_chat(heard)
        person = self._speaker(tx, heard)
        if heard.text.startswith("/start ") and heard.private:
            return self._link(tx, now, heard, person)
        if person is None:
            return self._stranger(heard)
        asking = Asking(tx, now, self.parts, heard, person, self._words(person))
        return presses.press(asking) if heard.query else commands.answer(asking)

    def propose(self, tx: Transaction, now: datetime, heard: Heard, draft: Draft) -> Answer:
        """Put what was fetched for a proposal into the queue, as whoever proposed it may now."""
        person = self._speaker(tx, heard)
        if person is None:
            return NOTHING
        return replies.put(Asking(tx, now, self.parts, heard, person, self._words(person)), draft)

    def cannot(self, tx: Transaction, heard: Heard, line: str) -> Answer:
        """Say why what was proposed could not be fetched."""
        words = self._words(self._speaker(tx, heard))
        return Answer((Say(escaped(words.line(line))),))

    def language(self, tx: Transaction, heard: Heard) -> str:
        """Return the language that somebody writes in, as they chose it at the desk."""
        return self._spoken_by(self._speaker(tx, heard))

    def refusal(self, tx: Transaction, now: datetime, heard: Heard, error: Exception) -> Answer:
        """Say why what was asked cannot be done; the update is noted as heard all the same."""
        person = self._speaker(tx, heard)
        if not chat.first_time(tx, now, heard.update) or person is None:
            return NOTHING
        line = self._words(person).line(str(error))
        return Answer(toast=line) if heard.query else Answer((Say(escaped(line)),))

    def _words(self, person: Person | None) -> Words:
        return self.parts.words(self._spoken_by(person))

    def _spoken_by(self, person: Person | None) -> str:
        return (person.language if person else "") or self.parts.language

    def _speaker(self, tx: Transaction, heard: Heard) -> Person | None:
        here = heard.chat == self.parts.group or (heard.private and heard.chat == heard.sender)
        return chat.whose(tx, heard.sender) if here and heard.sender else None

    def _link(self, tx: Transaction, now: datetime, heard: Heard, known: Person | None) -> Answer:
        if self._tries.get(heard.sender, 0) >= MOST_TRIES:
            return self._stranger(heard)
        code = heard.text.removeprefix("/start ").strip()
        person = chat.use_link(tx, now, digest(code), heard.sender) if heard.sender else None
        if person is None:
            self._tries[heard.sender] = self._tries.get(heard.sender, 0) + 1
            if known is None:
                return self._stranger(heard)
            words = self._words(known)
            return Answer((Say(escaped(words.say("This code opens nothing: ask for a new one."))),))
        self._tries.pop(heard.sender, None)
        words = self._words(person)
        hello = words.say("Hello %(name)s, this account is yours at the desk now.", name=person.name)
        return Answer((Say(escaped(f"{hello}\n\n{commands.help_text(words)}")),), changed=True)

    def _stranger(self, heard: Heard) -> Answer:
        if heard.sender not in self._seen and len(self._seen) < 1000:  # noqa: PLR2004  a log has an end
            self._seen.add(heard.sender)
            log.info("a stranger spoke to the moderators' bot", account=heard.sender)
        # who presses among the moderators is told no, for the phone waits for a word; others hear nothing
        denied = heard.query and heard.chat == self.parts.group
        return Answer(toast=self._words(None).say("This is not for you.")) if denied else NOTHING

    def _about_a_chat(self, heard: Heard) -> Answer:
        if heard.moved_to:
            if heard.chat == self.parts.group:
                log.error("the moderators' group has moved", write=f"desk.telegram.chat = {heard.moved_to}")
            return NOTHING
        invited = heard.private or {heard.chat, heard.text} & {self.parts.group, *self.parts.known}
        if not invited:
            log.warning("the moderators' bot was put into a strange chat and leaves", chat=heard.chat)
        return replace(NOTHING, leave=not invited)
