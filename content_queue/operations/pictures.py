"""Pictures by their digest: the very bytes that go out, kept beside the messages that show them.

A message whose picture has not been made yet does not leave. Making it (fetching, decoding, drawing) is
other people's work; here stands what is wanted, what came of it, and what is kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason, Scope
from content_queue.lifecycle import PENDING_ITEM, SENDABLE_ITEM, UNDECIDED, PostEvent, before
from content_queue.operations import holds
from content_queue.operations.history import note
from content_queue.operations.rows import item_by_id, message_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Message, Picture

KEPT = "kept:"
"""So begins the source of a picture that a person brought: its digest follows."""
GATHERER = "pictures"
TRIES = 3
AGAIN = timedelta(minutes=2)
"""How long a picture that could not be had is left alone; twice as long after each further try."""
KEPT_FOR = timedelta(days=90)
"""How long a picture is kept that no message shows any more."""
NO_PICTURE = "its picture cannot be had: %s; correct the item, or leave the picture out"
_MISSING = (
    sa.select(t.message, t.item.c.by_rule)
    .join(t.item, (t.item.c.id == t.message.c.item) & (t.item.c.revision == t.message.c.revision))
    .where(t.message.c.unfetched, t.item.c.state == SENDABLE_ITEM.value)
    .order_by(t.message.c.id)
)


_PART = sa.delete(t.picture_source).where(
    t.picture_source.c.digest.in_(sa.bindparam("digests", expanding=True))
)
_AT_ONCE = 10_000
"""How many are named in one statement: SQLite takes 32,766 values."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes of a picture; ``kind`` is their content type."""

    digest: str
    kind: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """An approved message whose pictures are not all there; ``item`` is whose it is."""

    message: Message
    item: int


def missing(tx: Connection) -> list[Wanted]:
    """Return the approved messages that wait for a picture, oldest first."""
    return [Wanted(message_from(row), row.item) for row in tx.execute(_MISSING)]


def known(tx: Connection, source: str, made_for: str) -> str:
    """Return the digest of a picture made of ``source`` for such bounds, or ""."""
    row = tx.execute(_made(source, made_for)).first()
    return row.digest if row is not None else ""


def trouble(tx: Connection, source: str, made_for: str) -> str:
    """Return why a picture could not be had at the last try, or ""."""
    row = tx.execute(_made(source, made_for)).first()
    return row.error if row is not None else ""


def due(tx: Connection, now: datetime, source: str, made_for: str) -> bool:
    """Say whether a picture may be tried (again) now."""
    row = tx.execute(_made(source, made_for)).first()
    return row is None or row.again_at is None or row.again_at <= now


def keep(tx: Connection, now: datetime, source: str, made_for: str, picture: Stored) -> None:
    """Keep a picture and what it was made of."""
    if tx.execute(sa.select(t.picture.c.digest).where(t.picture.c.digest == picture.digest)).first() is None:
        tx.execute(sa.insert(t.picture), {**asdict(picture), "created_at": now})
    _note(tx, source, made_for, digest=picture.digest, error="", again_at=None)


def put(tx: Connection, now: datetime, picture: Stored) -> str:
    """Keep a picture that a person brought, and return the source that it goes by."""
    source = f"{KEPT}{picture.digest}"
    keep(tx, now, source, "", picture)
    return source


def failed(tx: Connection, now: datetime, source: str, made_for: str, why: str, *, final: bool) -> bool:
    """Note that a picture could not be had; return whether it is given up."""
    row = tx.execute(_made(source, made_for)).first()
    tries = 1 + (row.tries if row is not None else 0)
    _note(tx, source, made_for, error=why, tries=tries, again_at=now + AGAIN * (1 << min(tries - 1, 6)))
    return final or tries >= TRIES


def keeps_waiting(tx: Connection, now: datetime, wanted: Wanted) -> bool:
    """Say whether a post that a rule approved is due and this message is what it would say."""
    due_ones = (
        sa.select(t.post.c.id)
        .join(t.item, t.item.c.id == t.post.c.item)
        .where(
            t.post.c.message == wanted.message.id,
            t.post.c.state.in_(before(PostEvent.CLAIM)),
            t.post.c.due_at <= sa.literal(now, t.post.c.due_at.type),
            t.item.c.by_rule,
        )
    )
    return tx.execute(due_ones).first() is not None


def show(tx: Connection, message: Message, pictures: Sequence[Picture]) -> None:
    """Write which pictures, by their digests, a message shows."""
    rows = [asdict(picture) for picture in pictures]
    unfetched = any(not picture.digest for picture in pictures)
    mine = sa.update(t.message).where(t.message.c.id == message.id)
    tx.execute(mine.values(pictures=rows, unfetched=unfetched))


def give_up(tx: Connection, now: datetime, wanted: Wanted, source: str, why: str) -> None:
    """Go on without a picture that cannot be had where a rule approved it; else ask, by a hold."""
    item = item_by_id(tx, wanted.item)
    told = NO_PICTURE % why
    if not item.by_rule:
        holds.hold(tx, now, GATHERER, Scope.ITEM, str(item.id), told)
        return
    rest = [picture for picture in wanted.message.pictures if picture.source != source]
    show(tx, replace(wanted.message, pictures=tuple(rest)), rest)
    where = {"channel": wanted.message.channel, "why": why}
    note(tx, now, GATHERER, "no picture", item=item.id, why=Reason("on %(channel)s: %(why)s", where))


def read(tx: Connection, digest: str) -> Stored | None:
    """Return the bytes of a picture, or None where it is not kept."""
    row = tx.execute(sa.select(t.picture).where(t.picture.c.digest == digest)).first()
    return None if row is None else Stored(row.digest, row.kind, row.width, row.height, row.content)


def unused(tx: Connection, now: datetime) -> list[str]:
    """Return the digests of pictures that nothing has shown for :data:`KEPT_FOR`, nor will show."""
    old = sa.select(t.picture.c.digest).where(t.picture.c.created_at < now - KEPT_FOR)
    needed = _needed(tx, now)
    return [digest for digest in tx.execute(old).scalars() if digest not in needed]


def part(tx: Connection, now: datetime, digests: Sequence[str]) -> list[str]:
    """Let nobody find these pictures any more by what they were made of, but those that are needed by now.

    Returns whose bytes may go, by :func:`forget`.
    """
    gone = sorted(set(digests) - _needed(tx, now))
    for first in range(0, len(gone), _AT_ONCE):
        tx.execute(_PART, {"digests": gone[first : first + _AT_ONCE]})
    return gone


def forget(tx: Connection, digests: Sequence[str]) -> None:
    """Let go of the bytes of pictures that were parted, but for those that were made again meanwhile."""
    made = sa.select(t.picture_source.c.digest).where(t.picture_source.c.digest.in_(digests))
    gone = sorted(set(digests) - set(tx.execute(made).scalars()))
    tx.execute(sa.delete(t.picture).where(t.picture.c.digest.in_(gone)))


def _needed(tx: Connection, now: datetime) -> set[str]:
    """Return the digests in messages that wait or may go out again, or that went out not long ago."""
    of_message = t.post.c.message == t.message.c.id
    lately = sa.exists().where(of_message, t.post.c.due_at >= now - KEPT_FOR)
    open_one = sa.exists().where(of_message, t.post.c.state.in_(UNDECIDED))
    to_come = sa.and_(
        t.item.c.state == SENDABLE_ITEM.value,
        t.item.c.revision == t.message.c.revision,
        sa.or_(t.item.c.evergreen, ~sa.exists().where(of_message)),
    )
    shown = sa.select(t.message.c.pictures).join(t.item, t.item.c.id == t.message.c.item)
    rows = tx.execute(shown.where(sa.or_(lately, open_one, to_come))).scalars()
    return {str(picture["digest"]) for row in rows for picture in row} | _brought(tx)


def _brought(tx: Connection) -> set[str]:
    """Return the digests of what people brought for items that may still go out, or go out again."""
    there = (t.item.c.id == t.version.c.item) & (t.item.c.revision == t.version.c.revision)
    open_ones = sa.or_(t.item.c.state == PENDING_ITEM.value, t.item.c.evergreen)
    sources = sa.select(t.version.c.image).join(t.item, there).where(t.version.c.image.startswith(KEPT))
    return {source.removeprefix(KEPT) for source in tx.execute(sources.where(open_ones)).scalars()}


def _made(source: str, made_for: str) -> sa.Select[tuple[object, ...]]:
    made = t.picture_source.c
    return sa.select(t.picture_source).where(made.source == source, made.made_for == made_for)


def _note(tx: Connection, source: str, made_for: str, **values: object) -> None:
    made = t.picture_source.c
    this = sa.update(t.picture_source).where(made.source == source, made.made_for == made_for)
    if not tx.execute(this.values(**values)).rowcount:
        tx.execute(sa.insert(t.picture_source).values(source=source, made_for=made_for, **values))
