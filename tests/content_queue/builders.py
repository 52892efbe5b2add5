"""Small makers: an item, its messages, a post in a given state, a channel's pace. Time is a constant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Entry, Item, Kind, Message, Reason, Version
from content_queue.lifecycle import PENDING_ITEM, PostEvent, PostState
from content_queue.operations import judgement, leases, looks, planning, posts, publishing
from content_queue.operations.conditions import Pace
from content_queue.operations.looks import LookRules
from content_queue.operations.publishing import Claim, Outcome
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.planner import Choice
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
LATE = 6 * HOUR
CHANNEL = "x-fr"
BODY = b"the frozen bytes"
ASK = LookRules(looks=2, between=MINUTE)
"""A network that can be read and knows no key: two looks, then a person."""
KEYED = LookRules(looks=1, between=MINUTE, resend=True, resend_within=30 * MINUTE)


def words(title: str = "Un titre", language: str = "fr", **more: object) -> Version:
    return Version(language, title, **more)  # type: ignore[arg-type]  # a test names fields of it


def entry(guid: str, title: str = "", url: str = "", **more: object) -> Entry:
    version = words(title or f"Titre {guid}", url=url or f"https://example.org/{guid}")
    return Entry(guid, Kind.ARTICLE, (version,), **more)  # type: ignore[arg-type]  # a test names fields of it


def plain_item(**more: object) -> Item:
    plain = Item(0, Kind.ARTICLE, PENDING_ITEM, "feed", 1, (words(),), NOW, published_at=NOW)
    return replace(plain, **more)  # type: ignore[arg-type]  # a test names fields of it


def message(channel: str = CHANNEL, text: str = "Un titre", **more: object) -> Message:
    digest = sha256(text.encode()).hexdigest()
    plain = Message(channel, "x", "fr", text, digest, "style", len(text), 280)
    return replace(plain, **more)  # type: ignore[arg-type]  # a test names fields of it


def pace(channel: str = CHANNEL, now: datetime = NOW, **more: object) -> Pace:
    """A channel that may post as often as it likes, on a UTC day."""
    day = now.replace(hour=0, minute=0)
    month = day.replace(day=1)
    plain = Pace(channel, now, day, day + DAY, month, LATE)
    return replace(plain, **more)  # type: ignore[arg-type]  # a test names fields of it


def pending(tx: Connection, now: datetime = NOW, **more: object) -> Item:
    return item_by_id(tx, judgement.insert_item(tx, now, plain_item(**more), "test"))


def approved(tx: Connection, *messages: Message, now: datetime = NOW, **more: object) -> Item:
    """An approved item whose grace is over."""
    made = pending(tx, now, **more)
    judgement.approve(tx, now, "anne", made, messages or (message(),), not_before=now)
    return item_by_id(tx, made.id)


def choice(item: int, due_at: datetime = NOW, channel: str = CHANNEL, round_: int = 1) -> Choice:
    return Choice(channel, due_at, item, round_, Reason("its turn"))


def planned(
    tx: Connection,
    *messages: Message,
    due_at: datetime = NOW,
    now: datetime | None = None,
    **more: object,
) -> Post:
    """A planned post of a fresh approved item, on the first message's channel."""
    made = approved(tx, *messages, now=now or due_at, **more)
    where = messages[0].channel if messages else CHANNEL
    [number] = planning.write_down(
        tx, now or due_at, [choice(made.id, due_at, where)], late=LATE, budget=None, spent=0
    )
    return post_by_id(tx, number)


def claimed(tx: Connection, worker: str = "w1", now: datetime = NOW) -> Post:
    made = planned(tx, due_at=now)
    claim = publishing.claim(tx, now, pace(made.channel, now), worker)
    assert claim.post is not None
    assert claim.post.id == made.id, claim
    return claim.post


def sending(tx: Connection, worker: str = "w1", now: datetime = NOW, key: str | None = None) -> Post:
    made = claimed(tx, worker, now)
    return publishing.intend(tx, now, made, BODY, key or made.key, pace(made.channel, now))


def settled(tx: Connection, event: PostEvent, now: datetime = NOW, **more: object) -> Post:
    """A post whose first request came to ``event``."""
    made = sending(tx, now=now)
    outcome = Outcome(event, **more)  # type: ignore[arg-type]  # a test names fields of it
    publishing.settle(tx, now, made, outcome)
    return post_by_id(tx, made.id)


def published(tx: Connection, now: datetime = NOW) -> Post:
    return settled(tx, PostEvent.ACCEPTED, now, remote_id="r1", remote_url="https://x.test/r1")


def checking(tx: Connection, now: datetime = NOW) -> Post:
    return settled(tx, PostEvent.UNKNOWN, now, note="no answer")


def uncertain(tx: Connection, now: datetime = NOW, rules: LookRules = ASK) -> Post:
    made = checking(tx, now)
    looks.cannot_tell(tx, now, made, rules)
    return post_by_id(tx, made.id)


def in_state(tx: Connection, state: PostState) -> Post:
    """A fresh post that has come to ``state`` by the queue's own operations."""
    if state is PostState.CANCELLED:
        made = planned(tx)
        posts.cancel(tx, NOW, "anne", made)
        return post_by_id(tx, made.id)
    if state is PostState.MISSED:
        made = planned(tx, due_at=NOW - DAY)
        publishing.claim(tx, NOW, pace(), "w1")
        return post_by_id(tx, made.id)
    ways: dict[PostState, Callable[[Connection], Post]] = {
        PostState.PLANNED: planned,
        PostState.CLAIMED: claimed,
        PostState.SENDING: sending,
        PostState.CHECKING: checking,
        PostState.UNCERTAIN: uncertain,
        PostState.PUBLISHED: published,
        PostState.FAILED: lambda tx: settled(tx, PostEvent.REFUSED, note="no"),
    }
    return ways[state](tx)


def try_claim(tx: Connection, now: datetime = NOW, /, **more: object) -> Claim:
    limits = replace(pace(now=now), **more)  # type: ignore[arg-type]  # a test names fields of it
    return publishing.claim(tx, now, limits, "w1")


def why(claim: Claim) -> str:
    return str(claim.waiting[0][1]) if claim.waiting else ""


def end_leases(
    tx: Connection, now: datetime, worker: str, look_after: Mapping[str, timedelta] | None = None
) -> list[Post]:
    """Take over after the leases of the others; by the database's clock their time is over."""
    others = sa.update(t.post).where(t.post.c.owner != worker).values(lease_until=NOW - DAY)
    tx.execute(others)
    return leases.end_leases(tx, now, worker, look_after)


def evidence(tx: Connection, post: int) -> list[tuple[str, str, str]]:
    rows = tx.execute(sa.select(t.attempt).where(t.attempt.c.post == post).order_by(t.attempt.c.id))
    return [(row.step, row.outcome, row.remote_id) for row in rows]


def column(tx: Connection, post: int, name: str) -> object:
    return tx.execute(sa.select(t.post.c[name]).where(t.post.c.id == post)).scalar()
