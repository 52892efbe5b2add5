"""One thing asked by one person: what every answer needs at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.desk.keys import fresh_key
from bot.desk.operations import Desk
from bot.desk.pictures import ShowPicture
from bot.desk.telegram.talk import Answer, Button, Heard, Say, escaped
from bot.desk.words.language import Words
from bot.watch.status import Status
from content_queue.operations import chat, people
from content_queue.people import Person
from content_queue.store.database import Transaction


@dataclass(frozen=True, slots=True)
class ChatParts:
    """What the door is made of.

    ``group`` is the moderators' group; ``known`` are further chats that the bot has a reason to be in, by
    number or "@name". ``words`` loads a language, ``language`` is for those who chose none. ``picture``
    makes the pictures of messages that nobody has approved yet.
    """

    group: int
    desk: Desk
    status: Callable[[Transaction, datetime], Status]
    words: Callable[[str], Words]
    zone: ZoneInfo
    language: str = "fr"
    known: frozenset[int | str] = frozenset()
    picture: ShowPicture | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks what, when, inside which transaction."""

    tx: Transaction
    now: datetime
    parts: ChatParts
    heard: Heard
    who: Person
    words: Words

    def button(self, label: str, action: str, about: str, **more: object) -> Button:
        """Make a button good for one purpose."""
        value, digest = self.handle(action, about, **more)
        return Button(label, value, digest)

    def handle(self, action: str, about: str, **more: object) -> tuple[str, str]:
        """Keep what a button does; return what its press sends, and the digest of that."""
        return mint(self.tx, self.now, chat.Handle("", action, about, self.heard.chat, **more))  # type: ignore[arg-type]  # the handle's own fields

    def name(self, who: str) -> str:
        """Return the name behind a number of the history."""
        return people.names(self.tx).get(who, who)

    def told(self, text: str, *, changed: bool = False) -> Answer:
        """Answer with one plain line."""
        return Answer((Say(escaped(text)),), changed=changed)


def mint(tx: Transaction, now: datetime, made: chat.Handle) -> tuple[str, str]:
    """Keep a handle under a fresh key; return the key, and its digest."""
    key = fresh_key()
    chat.keep(tx, now, replace(made, digest=key.digest))
    return key.value, key.digest
