"""Rows to values: the only place that knows how a value lies in the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from content_queue.item import Happening, Hold, Item, Kind, Message, Picture, Post, Reason, Scope, Version
from content_queue.lifecycle import ItemState, PostState
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

Record: TypeAlias = Any
"""A row: SQLAlchemy types its columns by position only."""

_AT_ONCE = 10_000
"""How many are named in one statement: SQLite takes 32,766 values, PostgreSQL 65,535."""
_ITEM_BY_ID = sa.select(t.item).where(t.item.c.id.in_(sa.bindparam("ids", expanding=True)))
_VERSIONS = (
    sa.select(t.version)
    .join(t.item, (t.item.c.id == t.version.c.item) & (t.item.c.revision == t.version.c.revision))
    .where(t.item.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(t.version.c.item, t.version.c.position)
)
MESSAGE_COLUMNS = [column.label(f"message_{column.name}") for column in t.message.c]
POSTS = sa.select(t.post, *MESSAGE_COLUMNS).join(t.message, t.message.c.id == t.post.c.message)
_POST_BY_ID = POSTS.where(t.post.c.id == sa.bindparam("id"))
_LOCKED_POST = _POST_BY_ID.with_for_update(of=t.post)


class UnknownError(LookupError):
    """There is no such item, post, source or hold; the message names it."""


def reason_json(reason: Reason) -> dict[str, Any]:
    """Write a reason for a JSON column."""
    return {"text": reason.text, "args": dict(reason.args)}


def reason_from(value: Mapping[str, Any]) -> Reason:
    """Read a reason from a JSON column."""
    return Reason(value.get("text", ""), value.get("args", {}))


def version_from(row: Record) -> Version:
    """Read one language's words."""
    return Version(
        language=row.language,
        title=row.title,
        summary=row.summary,
        url=row.url,
        image=row.image,
        alt=row.alt,
        credit=row.credit,
        wordings=tuple(row.wordings),
        figure=row.figure,
        label=row.label,
    )


def item_from(row: Record, versions: Iterable[Version]) -> Item:
    """Read an item with its words."""
    return Item(
        id=row.id,
        kind=Kind(row.kind),
        state=ItemState(row.state),
        source=row.source,
        revision=row.revision,
        versions=tuple(versions),
        created_at=row.created_at,
        topics=tuple(row.topics),
        partner=row.partner,
        published_at=row.published_at,
        judged_at=row.judged_at,
        pinned_at=row.pinned_at,
        expires_at=row.expires_at,
        review_by=row.review_by,
        confirmed=row.confirmed,
        evergreen=row.evergreen,
        rounds=row.rounds,
        only_channels=tuple(row.only_channels),
        by_rule=row.by_rule,
        added_by=row.added_by,
    )


def items_by_id(tx: Connection, ids: Sequence[int]) -> list[Item]:
    """Read the items named, in that order; unknown ids are left out."""
    words: dict[int, list[Version]] = {}
    rows: dict[int, Record] = {}
    for begin in range(0, len(ids), _AT_ONCE):
        some = list(ids[begin : begin + _AT_ONCE])
        for row in tx.execute(_VERSIONS, {"ids": some}):
            words.setdefault(row.item, []).append(version_from(row))
        rows |= {row.id: row for row in tx.execute(_ITEM_BY_ID, {"ids": some})}
    return [item_from(rows[number], words.get(number, [])) for number in ids if number in rows]


def item_by_id(tx: Connection, number: int) -> Item:
    """Read one item; raise :class:`UnknownError`."""
    found = items_by_id(tx, [number])
    if not found:
        message = f"there is no item i{number}"
        raise UnknownError(message)
    return found[0]


def message_from(row: Record, prefix: str = "") -> Message:
    """Read a stored message, from columns that bear ``prefix``."""
    get = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to a row's names
    return Message(
        channel=get[f"{prefix}channel"],
        network=get[f"{prefix}network"],
        language=get[f"{prefix}language"],
        text=get[f"{prefix}text"],
        digest=get[f"{prefix}digest"],
        style=get[f"{prefix}style"],
        length=get[f"{prefix}length"],
        limit=get[f"{prefix}limit"],
        variant=get[f"{prefix}variant"],
        link=get[f"{prefix}link"],
        title=get[f"{prefix}title"],
        summary=get[f"{prefix}summary"],
        pictures=tuple(Picture(**picture) for picture in get[f"{prefix}pictures"]),
        cost=get[f"{prefix}cost"],
        id=get[f"{prefix}id"],
    )


def post_from(row: Record) -> Post:
    """Read a post with its message, from a row of ``POSTS``."""
    return Post(
        id=row.id,
        item=row.item,
        revision=row.revision,
        channel=row.channel,
        network=row.network,
        round=row.round,
        state=PostState(row.state),
        due_at=row.due_at,
        not_before=row.not_before,
        message=message_from(row, "message_"),
        key=row.key,
        fence=row.fence,
        requests=row.requests,
        attempts=row.attempts,
        first_sent_at=row.first_sent_at,
        published_at=row.published_at,
        remote_id=row.remote_id,
        remote_url=row.remote_url,
        error=row.error,
        reason=reason_from(row.reason),
        progress=row.progress,
        frozen=bytes(row.frozen),
        looks=row.looks,
        look_at=row.look_at,
        pinned=row.pinned,
        urgent=row.urgent,
        unproven=row.unproven,
        late_at=row.late_at,
        lease_losses=row.lease_losses,
        cost=row.cost,
    )


def post_by_id(tx: Connection, number: int) -> Post:
    """Read one post; raise :class:`UnknownError`."""
    row = tx.execute(_POST_BY_ID, {"id": number}).first()
    if row is None:
        message = f"there is no post p{number}"
        raise UnknownError(message)
    return post_from(row)


def locked_post(tx: Connection, number: int) -> Post:
    """Read one post that nobody else changes until the transaction is over; raise :class:`UnknownError`."""
    row = tx.execute(_LOCKED_POST, {"id": number}).first()
    if row is None:
        message = f"there is no post p{number}"
        raise UnknownError(message)
    return post_from(row)


def hold_from(row: Record) -> Hold:
    """Read a hold."""
    return Hold(row.id, Scope(row.scope), row.target, row.reason, row.who, row.since, row.until)


def happening_from(row: Record) -> Happening:
    """Read one line of the history."""
    return Happening(row.at, row.who, row.what, reason_from(row.why), row.item, row.post)
