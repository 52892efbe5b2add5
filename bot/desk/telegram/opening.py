"""Putting the door together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from bot.desk.telegram.asking import ChatParts
from bot.desk.telegram.hearing import Ears
from bot.desk.telegram.listening import Listening
from bot.desk.telegram.telling import ChatTeller
from bot.desk.telegram.wire import Wire
from bot.secret import Secret
from bot.watch.telling import Teller
from content_queue.store.database import Store


def opened_chat(
    token: Secret,
    api: str,
    parts: ChatParts,
    store: Store,
    now: Callable[[], datetime],
    changed: Callable[[], None],
) -> tuple[Callable[[], Awaitable[None]], list[Teller]]:
    """Return what listens until it is cancelled, and what tells; nothing is begun yet."""
    listening = Listening(Wire(token, api), Ears(parts), store, now, changed)
    return partial(listening.run, lambda: True), [ChatTeller(listening, parts, store, now)]
