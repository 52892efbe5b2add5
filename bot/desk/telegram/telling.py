"""Alarms in the moderators' group: each once, its end once, an uncertain post with its three answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.desk.telegram.asking import ChatParts, mint
from bot.desk.telegram.listening import Listening
from bot.desk.telegram.talk import Button, escaped, quoted, says
from bot.desk.telegram.wire import WireError
from bot.desk.words.language import Words
from bot.watch.telling import NotToldError, Stage, Telling
from content_queue.item import Post, post_name
from content_queue.operations.chat import Handle
from content_queue.store.database import Store, Transaction

MARKS = {Stage.BEGUN: "🔴", Stage.AGAIN: "🔴", Stage.ENDED: "🟢"}


class ChatTeller:
    """Tells the moderators' group."""

    name = "telegram"

    def __init__(
        self, listening: Listening, parts: ChatParts, store: Store, now: Callable[[], datetime]
    ) -> None:
        """Take the door that it speaks through."""
        self._listening, self._parts, self._store, self._now = listening, parts, store, now

    async def tell(self, telling: Telling) -> None:
        """Tell people; raises :class:`NotToldError` when any doubt remains."""
        rows = await self._buttons(telling.post) if telling.post and telling.stage is not Stage.ENDED else []
        lines = [line for line in telling.lines if not (rows and "technopolys resolve" in line)]
        body = list(quoted("\n".join(lines)))
        head = f"{MARKS[telling.stage]} <b>{escaped(telling.title)}</b>"
        try:
            for said in says([head, *body], rows):
                await self._listening.say(self._parts.group, said)
        except WireError as error:
            raise NotToldError(str(error)) from None

    async def _buttons(self, post: Post) -> list[list[Button]]:
        words = self._parts.words(self._parts.language)
        return await asyncio.wrap_future(
            self._store.tell(_buttons, self._now(), self._parts.group, post, words)
        )


def _buttons(tx: Transaction, now: datetime, group: int, post: Post, words: Words) -> list[list[Button]]:
    labels = {
        "found": words.say("It is there"),
        "resend": words.say("Send it again"),
        "drop": words.say("Let it be"),
    }
    made = []
    for action, label in labels.items():
        value, digest = mint(tx, now, Handle("", action, post_name(post.id), group))
        made.append([Button(label, value, digest)])
    return made
