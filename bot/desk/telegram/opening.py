"""Putting the door together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from bot.desk.operations import Desk
from bot.desk.pictures import ShowPicture
from bot.desk.telegram.asking import ChatParts
from bot.desk.telegram.fetching import Fetching
from bot.desk.telegram.hearing import Ears
from bot.desk.telegram.listening import Listening
from bot.desk.telegram.telling import ChatTeller
from bot.desk.telegram.wire import Wire
from bot.desk.words.language import words_in
from bot.http_client import HttpClient
from bot.settings import Settings
from bot.sources.story import FindStory
from bot.watch.status import Status
from bot.watch.telling import Teller
from content_queue.store.database import Store, Transaction


@dataclass(frozen=True, slots=True)
class Chat:
    """What listens to moderators until it is cancelled, and what tells them."""

    listen: Callable[[], Awaitable[None]]
    teller: Teller


@dataclass(frozen=True, slots=True)
class ChatNeeds:
    """What assemble hands in.

    ``changed`` is called after every act, so that the worker takes it up at once; ``leads`` says whether this
    process may listen now. ``picture`` shows what would go out, ``http`` is the guarded door, ``find_story``
    reads a page.
    """

    desk: Desk
    status: Callable[[Transaction, datetime], Status]
    store: Store
    now: Callable[[], datetime]
    changed: Callable[[], None]
    leads: Callable[[], bool]
    picture: ShowPicture
    http: HttpClient
    find_story: FindStory


def opened_chat(given: Settings, needs: ChatNeeds) -> Chat:
    """Return the moderators' chat; nothing is begun yet. It listens only while this process leads.

    Raises ``ValueError`` where the configuration names no chat, or its token is missing.
    """
    place, token = given.desk.telegram, given.desk.telegram_token
    if place is None or token is None:
        message = "there is no moderators' chat without [desk.telegram] and its token"
        raise ValueError(message)
    parts = ChatParts(
        group=place.chat,
        desk=needs.desk,
        status=needs.status,
        words=cache(partial(words_in, zone=given.bot.timezone)),
        zone=given.bot.timezone,
        language=given.bot.language,
        picture=needs.picture,
        known=frozenset(getattr(one.options, "chat", 0) for one in given.channels.values()),
    )
    wire, store, now = Wire(token, place.api), needs.store, needs.now
    fetching = Fetching(wire, store, now, needs.http, needs.find_story)
    listening = Listening(wire, Ears(parts), store, now, needs.changed, fetching)
    return Chat(partial(listening.run, needs.leads), ChatTeller(listening, parts, store, now))
