"""Judging an item: approve, reject, edit, withdraw, reopen, expire, repeat, pair.

An item is judged once per revision. Approving stores the messages to the letter; every change makes a new
revision that must be approved again, and takes what has not been sent out of the plan.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Kind, Reason
from content_queue.lifecycle import PENDING_ITEM, SENDABLE_ITEM, UNSENT, ItemEvent, PostEvent, before
from content_queue.operations.history import NO_REASON, note
from content_queue.operations.languages import use_up
from content_queue.operations.moves import LostRaceError, move_item, move_post
from content_queue.operations.rows import POSTS, item_by_id, items_by_id, post_from, reason_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item, Message, Version
    from content_queue.operations.terms import Terms

CALENDAR = "calendar"
PAIRED = Reason("its item was paired with an older one, or with its other language")
_LIVING = t.item.c.state.in_(before(ItemEvent.EXPIRE))
_OVERDUE = sa.union(  # each half walks an index of its own
    sa.select(t.item.c.id).where(_LIVING, t.item.c.expires_at <= sa.bindparam("now", type_=t.Moment())),
    sa.select(t.item.c.id).where(_LIVING, t.item.c.review_by < sa.bindparam("today", type_=sa.Date)),
)
_UNSENT_OF = POSTS.where(t.post.c.item == sa.bindparam("item"), t.post.c.state.in_(before(PostEvent.CANCEL)))


class CannotApproveError(ValueError):
    """The item cannot be approved as it stands; the message says why and what to do."""


def approve(
    tx: Connection,
    now: datetime,
    who: str,
    item: Item,
    messages: Sequence[Message],
    *,
    not_before: datetime,
    why: Reason = NO_REASON,
) -> None:
    """Approve exactly ``messages``, rendered from the revision that ``item`` shows.

    Nothing of it is sent before ``not_before``. Raises :class:`CannotApproveError`, or
    :class:`LostRaceError` when the item has changed since it was shown, or is approved for all of them.
    """
    if item.kind is Kind.QUOTE and item.confirmed is None:
        message = f"i{item.id} is a quote: say first on which day someone confirmed it"
        raise CannotApproveError(message)
    if not messages:
        message = f"i{item.id} fits no channel: none speaks its language or has room for it"
        raise CannotApproveError(message)
    fresh = _not_stored(tx, item, messages)
    if item.state is SENDABLE_ITEM and not fresh:
        message = f"i{item.id} is approved already"
        raise LostRaceError(message)
    move_item(tx, now, who, item, ItemEvent.APPROVE, why, judged_at=now, not_before=not_before)
    _store_messages(tx, item, fresh)


def reject(tx: Connection, now: datetime, who: str, item: Item, why: str) -> None:
    """Say no, with the reason."""
    move_item(tx, now, who, item, ItemEvent.REJECT, _words(why), judged_at=now)


def withdraw(tx: Connection, now: datetime, who: str, item: Item, why: str = "") -> list[int]:
    """Take an item out; return the ids of the posts that can only be recalled."""
    move_item(tx, now, who, item, ItemEvent.WITHDRAW, _words(why))
    return cancel_unsent(tx, now, who, item.id, Reason("its item was withdrawn"))


def reopen(tx: Connection, now: datetime, who: str, item: Item) -> None:
    """Put a rejected, expired or withdrawn item before the moderators again, as a new revision.

    Whoever reopens it says that it may still go out: what had ended it by its date is over.
    """
    over = {"expires_at": None}
    if item.review_by is not None and item.review_by < now.date():
        over["review_by"] = None
    if item.pinned_at is not None and item.pinned_at <= now:
        over["pinned_at"] = None
    move_item(tx, now, who, item, ItemEvent.REOPEN, revision=item.revision + 1, **over)
    store_versions(tx, item.id, item.revision + 1, item.versions)


def expire(tx: Connection, now: datetime, item: Item, why: Reason) -> None:
    """End an item by a rule that was shown."""
    move_item(tx, now, CALENDAR, item, ItemEvent.EXPIRE, why)
    cancel_unsent(tx, now, CALENDAR, item.id, why)


def edit(  # noqa: PLR0913  an edit has these parts
    tx: Connection,
    now: datetime,
    who: str,
    item: Item,
    versions: Sequence[Version],
    why: Reason = NO_REASON,
    *,
    by_rule: bool = False,
    confirmed: date | None = None,
    terms: Terms | None = None,
) -> Item:
    """Give an item new words: a new revision, pending; what has not been sent leaves the plan.

    ``by_rule`` says that the words come from the source's own entry and no person has touched them;
    ``confirmed`` is the day on which someone confirmed them, None where nobody has anew; ``terms`` are the
    days and topics that come with them, None where those stay.
    """
    revision = item.revision + 1
    values: dict[str, object] = {"revision": revision, "by_rule": by_rule}
    values |= {"confirmed": confirmed or item.confirmed}
    if terms is not None:
        values |= {"review_by": terms.review_by, "confirmed": terms.confirmed, "topics": list(terms.topics)}
    move_item(tx, now, who, item, ItemEvent.CHANGE, why, **values)
    store_versions(tx, item.id, revision, versions)
    cancel_unsent(tx, now, who, item.id, Reason("its words were changed"))
    return item_by_id(tx, item.id)


def pin(tx: Connection, now: datetime, who: str, item: Item, when: datetime | None) -> None:
    """Choose the time of an item that waits for judgement; raise :class:`LostRaceError` for any other."""
    waits = (t.item.c.id == item.id) & t.item.c.state.in_(before(ItemEvent.REJECT))
    if tx.execute(sa.update(t.item).where(waits).values(pinned_at=when)).rowcount != 1:
        message = f"i{item.id} is {item.state.value}: only what waits for judgement gets its time so"
        raise LostRaceError(message)
    why = Reason("at %(time)s", {"time": when.isoformat()}) if when else Reason("in the next fitting slot")
    note(tx, now, who, "pin", item=item.id, why=why)


def revise(tx: Connection, now: datetime, item: Item, why: Reason) -> Item:
    """Put an approved item's unchanged words before judgement again, since its messages no longer hold."""
    values = {"revision": item.revision + 1}
    move_item(tx, now, CALENDAR, item, ItemEvent.CHANGE, why, **values)
    store_versions(tx, item.id, item.revision + 1, item.versions)
    cancel_unsent(tx, now, CALENDAR, item.id, why)
    return item_by_id(tx, item.id)


def repeat(tx: Connection, now: datetime, who: str, item: Item) -> None:
    """Let an approved item go out once more on each of its channels."""
    known = (t.item.c.id == item.id) & (t.item.c.revision == item.revision)
    still = t.item.c.state.in_(before(ItemEvent.WITHDRAW))
    if tx.execute(sa.update(t.item).where(known, still).values(rounds=t.item.c.rounds + 1)).rowcount != 1:
        message = f"i{item.id} is {item.state.value}: only an item in the queue can be repeated"
        raise LostRaceError(message)
    note(tx, now, who, "repeat", item=item.id)


def pair(tx: Connection, now: datetime, who: str, kept: Item, merged: Item) -> Item:
    """Make one item of two: ``merged`` gives its languages to ``kept``, which is judged again.

    What either has sent counts for both: no channel gets the story twice.
    Raises ValueError where that makes no sense.
    """
    if kept.id == merged.id or not may_gain(kept):
        message = f"i{merged.id} cannot go into i{kept.id}, which is {kept.state.value}"
        raise ValueError(message)
    spoken = {version.language for version in kept.versions}
    further = [version for version in merged.versions if version.language not in spoken]
    why = Reason("paired with i%(other)s", {"other": str(merged.id)})
    move_item(
        tx,
        now,
        who,
        merged,
        ItemEvent.PAIR,
        Reason("into i%(other)s", {"other": str(kept.id)}),
        merged_into=kept.id,
    )
    cancel_unsent(tx, now, who, merged.id, why)
    use_up(tx, kept.id, merged.id)
    entries = sa.update(t.entry).where(t.entry.c.item == merged.id)
    tx.execute(entries.values(item=kept.id, verdict=reason_json(PAIRED)))
    return edit(tx, now, who, kept, [*kept.versions, *further], why) if further else kept


def insert_item(tx: Connection, now: datetime, item: Item, who: str, why: Reason = NO_REASON) -> int:
    """Put a new item into the queue, pending; its ``id``, ``state`` and ``revision`` are given here."""
    values = {
        "kind": item.kind.value,
        "state": PENDING_ITEM.value,
        "source": item.source,
        "partner": item.partner,
        "topics": list(item.topics),
        "evergreen": item.evergreen,
        "by_rule": item.by_rule,
        "added_by": item.added_by,
        "only_channels": list(item.only_channels),
        "published_at": item.published_at,
        "created_at": now,
        "pinned_at": item.pinned_at,
        "expires_at": item.expires_at,
        "review_by": item.review_by,
        "confirmed": item.confirmed,
    }
    made = tx.execute(sa.insert(t.item).values(**values)).inserted_primary_key
    number = int(made[0]) if made else 0
    store_versions(tx, number, 1, item.versions)
    note(tx, now, who, "add", item=number, why=why)
    return number


def store_versions(tx: Connection, item: int, revision: int, versions: Sequence[Version]) -> None:
    """Store a revision's words, in their order."""
    for position, version in enumerate(versions):
        values = asdict(replace(version, wordings=())) | {"wordings": list(version.wordings)}
        tx.execute(sa.insert(t.version), {**values, "item": item, "revision": revision, "position": position})


def cancel_unsent(tx: Connection, now: datetime, who: str, item: int, why: Reason) -> list[int]:
    """Cancel an item's posts that have not left; return the ids of those that have."""
    for row in tx.execute(_UNSENT_OF, {"item": item}).all():
        post = post_from(row)
        move_post(tx, now, who, post, PostEvent.CANCEL, why, fence=post.fence + 1)
    out = tx.execute(sa.select(t.post.c.id).where(t.post.c.item == item, t.post.c.out_at.is_not(None)))
    return [row.id for row in out]


def _not_stored(tx: Connection, item: Item, messages: Sequence[Message]) -> list[Message]:
    known = (t.message.c.item == item.id) & (t.message.c.revision == item.revision)
    stored = {(row.channel, row.variant) for row in tx.execute(sa.select(t.message).where(known))}
    return [message for message in messages if (message.channel, message.variant) not in stored]


def _store_messages(tx: Connection, item: Item, messages: Sequence[Message]) -> None:
    for message in messages:
        values = asdict(message)
        del values["id"]
        values["pictures"] = [asdict(picture) for picture in message.pictures]
        values["unfetched"] = any(not picture.digest for picture in message.pictures)
        tx.execute(sa.insert(t.message), {**values, "item": item.id, "revision": item.revision})


def _words(text: str) -> Reason:
    return Reason("%(words)s", {"words": text}) if text else NO_REASON


def may_approve(item: Item) -> bool:
    """Say whether nothing about the item itself stands against approving it."""
    return item.state.value in before(ItemEvent.APPROVE) and not (
        item.kind is Kind.QUOTE and item.confirmed is None
    )


def may_gain(item: Item) -> bool:
    """Say whether an item may take in another: not when it has gone into one itself."""
    return item.state.value in before(ItemEvent.PAIR)


def overdue(tx: Connection, now: datetime) -> list[Item]:
    """Return the items whose time is over, or whose review date has passed."""
    found = tx.execute(_OVERDUE, {"now": now, "today": now.date()})
    return items_by_id(tx, [row.id for row in found])


def unfinished(tx: Connection, item: int | None = None) -> list[Item]:
    """Return the approved items, or that one of them, of which some channel has yet to get something."""
    query = unfinished_ids()
    rows = tx.execute(query if item is None else query.where(query.selected_columns.item == item))
    return items_by_id(tx, [row.item for row in rows])


def unfinished_ids() -> sa.Select[tuple[int]]:
    """Return the query for the numbers of the items that :func:`unfinished` means."""
    per_channel = (
        sa.select(t.message.c.item, t.message.c.channel)
        .join(t.item, (t.item.c.id == t.message.c.item) & (t.item.c.revision == t.message.c.revision))
        .where(t.item.c.state == SENDABLE_ITEM.value)
        .distinct()
        .subquery()
    )
    done = sa.exists().where(
        t.post.c.item == per_channel.c.item,
        t.post.c.channel == per_channel.c.channel,
        t.post.c.holds_round,
        t.post.c.state.not_in([state.value for state in UNSENT]),
    )
    return sa.select(per_channel.c.item).where(~done).distinct()
