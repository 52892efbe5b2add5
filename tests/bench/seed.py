"""Fills a database: approved items, posts that went out long ago, and posts that are due now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from bot.compose.render import style_digest
from content_queue.item import Kind
from content_queue.lifecycle import NEW_POST, PENDING_ITEM, SENDABLE_ITEM, PostState
from content_queue.operations.publishing import new_key
from content_queue.store import tables as t
from content_queue.store.database import Store, Transaction
from content_queue.store.schema import upgrade
from tests.bench.lanes import style

CHANNELS = tuple(f"c{number:02}" for number in range(20))
ROUNDS = 5
"""Each old item went out on so many channels."""
_AGE = timedelta(days=400)
_WORDS = "What grew in the garden this spring, and what the people who tend it learned. " * 2
_BATCH = 5000


@contextmanager
def filled(items: int = 0) -> Iterator[Store]:
    """A database in a folder of its own with ``items`` that went out on five channels each."""
    with TemporaryDirectory() as home:
        store = Store(Path(home) / "technopolys.db")
        try:
            upgrade(store)
            for start in range(0, items, _BATCH):
                with store.write() as tx:
                    _old_posts(tx, _items(tx, range(start, min(start + _BATCH, items)), CHANNELS[:ROUNDS]))
            yield store
        finally:
            store.close()


def make_due(store: Store, channels: tuple[str, ...], each: int, due: datetime) -> None:
    """Plan ``each`` new posts on every channel for one moment."""
    with store.write() as tx:
        first = tx.execute(sa.select(sa.func.coalesce(sa.func.max(t.item.c.id), 0))).scalar_one()
        for place, channel in enumerate(channels):
            start = first + place * each
            messages = _items(tx, range(start, start + each), (channel,))
            _insert(tx, t.post, [_post(number, item, channel, due) for number, item, channel in messages])


def make_candidates(store: Store, channel: str, count: int) -> None:
    """Approve items for a channel that has yet to place them."""
    for start in range(0, count, _BATCH):
        with store.write() as tx:
            _items(tx, range(start, min(start + _BATCH, count)), (channel,))


def make_pending(store: Store, count: int) -> None:
    """Put items before the moderators, each with its address and words of its own."""
    for start in range(0, count, _BATCH):
        numbers = range(start + 1, min(start + _BATCH, count) + 1)
        with store.write() as tx:
            waiting = {"state": PENDING_ITEM.value, "judged_at": None}
            _insert(tx, t.item, [_item(number) | waiting for number in numbers])
            _insert(tx, t.version, [_version(number) for number in numbers])


def _items(tx: Transaction, numbers: range, channels: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """Insert approved items with their words and messages; gives each message's id, item and channel."""
    first = tx.execute(sa.select(sa.func.coalesce(sa.func.max(t.message.c.id), 0))).scalar_one() + 1
    items = [number + 1 for number in numbers]
    messages = [
        (first + n, item, channel)
        for n, (item, channel) in enumerate((i, c) for i in items for c in channels)
    ]
    _insert(tx, t.item, [_item(number) for number in items])
    _insert(tx, t.version, [_version(number) for number in items])
    _insert(tx, t.message, [_message(*message) for message in messages])
    return messages


def _old_posts(tx: Transaction, messages: list[tuple[int, int, str]]) -> None:
    now = datetime.now(UTC)
    posts = []
    for number, item, channel in messages:
        out = now - _AGE + timedelta(minutes=number % 500_000)
        gone = {
            "state": PostState.PUBLISHED.value,
            "out_at": out,
            "published_at": out,
            "remote_id": str(number),
        }
        posts.append(_post(number, item, channel, out) | gone | {"unproven": 1, "requests": 1, "attempts": 1})
    first = tx.execute(sa.select(sa.func.coalesce(sa.func.max(t.post.c.id), 0))).scalar_one() + 1
    _insert(tx, t.post, posts)
    steps = [(first + n, post, step) for n, post in enumerate(posts) for step in ("intent", "create")]
    _insert(tx, t.attempt, [_attempt(*step) for step in steps])
    _insert(tx, t.history, [_line(number, post) for number, post, _step in steps])


def _insert(tx: Transaction, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        tx.execute(sa.insert(table), rows)


def _item(number: int) -> dict[str, Any]:
    then = datetime.now(UTC) - _AGE
    who = {
        "id": number,
        "kind": Kind.ARTICLE.value,
        "state": SENDABLE_ITEM.value,
        "source": f"s{number % 50}",
    }
    return who | {
        "topics": [f"t{number % 7}"],
        "created_at": then,
        "judged_at": then,
        "revision": 1,
        "rounds": 1,
    }


def _version(number: int) -> dict[str, Any]:
    words = {"title": f"Story {number} of the garden", "summary": _WORDS}
    return {"item": number, "revision": 1, "language": "fr", "url": f"https://example.org/{number}", **words}


def _message(number: int, item: int, channel: str) -> dict[str, Any]:
    said = {
        "text": f"Story {item} of the garden\n\nhttps://example.org/{item}",
        "language": "fr",
        "length": 60,
    }
    whose = {
        "id": number,
        "item": item,
        "revision": 1,
        "channel": channel,
        "network": "pretend",
        "variant": "",
    }
    return (
        whose
        | said
        | {"limit": 500, "digest": f"{number:064x}", "style": style_digest(style(channel), Kind.ARTICLE)}
    )


def _post(message: int, item: int, channel: str, due: datetime) -> dict[str, Any]:
    whose = {"item": item, "revision": 1, "channel": channel, "network": "pretend", "message": message}
    when = {"due_at": due, "not_before": due, "created_at": due, "late_at": due + timedelta(hours=6)}
    return (
        whose
        | when
        | {"state": NEW_POST.value, "holds_round": True, "key": new_key(), "reason": {"text": ""}}
    )


def _attempt(post: int, row: dict[str, Any], step: str) -> dict[str, Any]:
    answered = {"remote_id": row["remote_id"] if step == "create" else "", "outcome": step, "step": step}
    return {"post": post, "key": row["key"], "at": row["out_at"], "fence": 1, **answered}


def _line(post: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": row["out_at"],
        "who": "worker",
        "what": "intend",
        "why": {},
        "item": row["item"],
        "post": post,
    }
