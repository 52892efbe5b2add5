"""A queue with its people, their chat, and the door between."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.desk import members
from bot.desk.keys import digest
from bot.desk.telegram.asking import ChatParts
from bot.desk.telegram.fetching import Fetching
from bot.desk.telegram.hearing import Ears
from bot.desk.telegram.listening import Listening
from bot.desk.telegram.wire import Wire
from bot.desk.words.language import words_in
from bot.http_client import HttpClient
from bot.secret import Secret
from bot.sources.story import NoStory, Story
from bot.watch.facts import Facts
from bot.watch.status import read
from content_queue.item import Picture
from content_queue.lifecycle import ItemState
from content_queue.operations import chat, people
from content_queue.operations.pictures import Stored
from content_queue.operations.rows import item_by_id
from content_queue.people import Role, local
from content_queue.store import tables as t
from tests.bot.desk.inhabited import ROLES, inhabit
from tests.bot.desk.samples import NOW, ZONE, Queue, open_queue
from tests.bot.desk.telegram.standin import GROUP, TOKEN, Telegram, telegram

ROOT = local("setup")
ACCOUNTS = {role: 500 + number for number, role in enumerate(ROLES)}
EDITOR, ADMIN, READER, STRANGER = ACCOUNTS[Role.EDITOR], ACCOUNTS[Role.ADMIN], ACCOUNTS[Role.READER], 999
ELSEWHERE = -1009999999999


@dataclass
class Gallery:
    """What is elsewhere: pictures as they would look, by their source, and pages by their address."""

    pictures: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, Story] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def show(self, picture: Picture, channel: str) -> Stored | None:
        self.asked.append(channel)
        content = self.pictures.get(picture.source)
        return None if content is None else Stored("d", "image/png", 1, 1, content)

    async def find_story(self, address: str) -> Story:
        self.asked.append(address)
        if address not in self.pages:
            raise NoStory(f"{address} does not say what it is called: write its words yourself")
        return self.pages[address]


@dataclass
class Place:
    """A queue with its people, their chat, and the door between."""

    queue: Queue
    telegram: Telegram
    listening: Listening
    parts: ChatParts
    fetching: Fetching
    gallery: Gallery
    changes: list[bool] = field(default_factory=list)

    async def hear(self) -> timedelta:
        """Let the door fetch what happened, and answer."""
        rest = await self.listening.once()
        self.telegram.updates = [] if not rest else self.telegram.updates
        return rest

    async def card(self, number: int = 1, who: int = EDITOR) -> None:
        """Open an item's card from the list."""
        self.telegram.says(who, "/file")
        await self.hear()
        listed = self.telegram.last
        label = next(label for label in listed.buttons if label.startswith(f"i{number} "))
        self.telegram.presses(who, listed, label)
        await self.hear()

    def state(self, number: int = 1) -> ItemState:
        with self.queue.store.read() as tx:
            return item_by_id(tx, number).state

    def lines(self) -> int:
        with self.queue.store.read() as tx:
            return int(tx.execute(sa.select(sa.func.count()).select_from(t.history)).scalar() or 0)


@pytest.fixture(name="description", scope="session")
def published_description(corpus: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((corpus / "specs" / "telegram-bot-api.json").read_text())
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chat") / "queue.db"
    inhabit(path)
    made = open_queue(path)
    with made.store.write() as tx:
        for number, role in enumerate(ROLES):
            person = people.by_id(tx, number + 1)
            code, _ = members.offer_telegram(tx, NOW, ROOT, person)
            assert chat.use_link(tx, NOW, digest(code), ACCOUNTS[role]) is not None
    made.store.close()
    return path


@pytest.fixture
def queue(home: Path, tmp_path: Path) -> Iterator[Queue]:
    shutil.copy(home, tmp_path / "queue.db")
    made = open_queue(tmp_path / "queue.db")
    yield made
    made.store.close()


def parts_of(queue: Queue, gallery: Gallery) -> ChatParts:
    return ChatParts(
        group=GROUP,
        desk=queue.desk,
        status=lambda tx, now: read(tx, now, Facts((), worker="1234 on this machine")),
        words=cache(partial(words_in, zone=ZONE)),
        zone=ZONE,
        known=frozenset({"@lesvagues"}),
        picture=gallery.show,
    )


@pytest.fixture
async def place(queue: Queue, description: Mapping[str, Any]) -> AsyncIterator[Place]:
    async with telegram(description) as standing:
        wire, changes, gallery = Wire(Secret(TOKEN), standing.url), list[bool](), Gallery()
        http = HttpClient(user_agent="tests", allow_private=("127.0.0.1",))
        fetching = Fetching(wire, queue.store, lambda: queue.time.now, http, gallery.find_story)
        parts = parts_of(queue, gallery)
        listening = Listening(
            wire, Ears(parts), queue.store, lambda: queue.time.now, lambda: changes.append(True),
            fetching, timedelta(0),
        )  # fmt: skip
        yield Place(queue, standing, listening, parts, fetching, gallery, changes)
        await wire.close()
        await http.close()
    assert standing.wrong == []
