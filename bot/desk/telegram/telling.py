"""Alarms in the moderators' group: each once, its end once, an uncertain post with its three answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.desk.telegram.asking import ChatParts, mint
from bot.desk.telegram.listening import Listening
from bot.desk.telegram.talk import Button, escaped, quoted, says
from bot.desk.telegram.wire import WireError
from bot.desk.words.catalogue import sentence
from bot.watch.telling import NotToldError, Stage, Telling
from bot.watch.trouble import Kind
from content_queue.item import Post, post_name
from content_queue.operations.chat import Handle
from content_queue.store.database import Store, Transaction

_UNCERTAIN: Mapping[str, str] = MappingProxyType(
    {
        "found": sentence("It is there"),
        "resend": sentence("Send it again"),
        "drop": sentence("Let it be"),
    }
)
_BY_HAND: Mapping[str, str] = MappingProxyType(
    {"found": sentence("It is posted"), "by hand later": sentence("Later"), "drop": sentence("Skip it")}
)
"""What each button says; "later" asks again in an hour, so it needs no second question."""
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
        open_ = telling.post is not None and telling.stage is not Stage.ENDED
        rows = await self._buttons(telling.post, _labels(telling)) if telling.post and open_ else []
        lines = [line for line in telling.lines if not (rows and "technopolys resolve" in line)]
        body = list(quoted("\n".join(lines)))
        head = f"{MARKS[telling.stage]} <b>{escaped(telling.title)}</b>"
        try:
            for said in says([head, *body], rows):
                await self._listening.say(self._parts.group, said)
        except WireError as error:
            raise NotToldError(str(error)) from None

    async def _buttons(self, post: Post, labels: Mapping[str, str]) -> list[list[Button]]:
        words = self._parts.words(self._parts.language)
        said = {action: words.say(label) for action, label in labels.items()}
        return await asyncio.wrap_future(
            self._store.tell(_buttons, self._now(), self._parts.group, post, said)
        )


def _labels(telling: Telling) -> Mapping[str, str]:
    by_hand = any(notice.kind == Kind.BY_HAND.value for notice in telling.notices)
    return _BY_HAND if by_hand else _UNCERTAIN


def _buttons(
    tx: Transaction, now: datetime, group: int, post: Post, labels: Mapping[str, str]
) -> list[list[Button]]:
    made = []
    for action, label in labels.items():
        value, digest = mint(tx, now, Handle("", action, post_name(post.id), group))
        made.append([Button(label, value, digest)])
    return made
