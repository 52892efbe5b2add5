"""What a source changed or took back of an item that people know: a proposal, which a person answers.

Until then nothing more of the item goes out. What is out already stays: the person decides on it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from content_queue.item import Reason, Scope, Version, item_name
from content_queue.lifecycle import ItemEvent, before
from content_queue.operations import holds
from content_queue.operations.history import note
from content_queue.operations.judgement import edit, unfinished, withdraw
from content_queue.operations.moves import LostRaceError
from content_queue.operations.rows import item_by_id
from content_queue.operations.terms import terms_from, terms_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item
    from content_queue.operations.rows import Record
    from content_queue.operations.terms import Terms

INTAKE = "intake"
CHANGED = "changed at its source since it was approved: look at it again, then resume it"
GONE = "taken back by its source since it was approved: look at it again, then resume it"
CHANGE, WITHDRAWAL = "changed", "withdrawn"
"""What a source did."""
TAKE, LEAVE, WITHDRAW = "take", "leave", "withdraw"
ANSWERS = (TAKE, LEAVE, WITHDRAW)
"""Take the source's words, to be judged; leave the item as it is; take the item out."""
_UNDONE = "undone"
_FEW = 3
"""So many entries may be taken out of a document at once; more make it another document."""
_OUT = t.proposal.c.answered_at.is_(None) & (t.proposal.c.what == WITHDRAWAL)
_TAKEN_OUT = sa.select(t.proposal.c.item).where(_OUT, t.proposal.c.source == sa.bindparam("source"))
TOOK_OUT = sa.exists().where(_OUT, t.proposal.c.source == t.source.c.name)
"""Of a source: it has taken something out that may be put back."""
_HOLDS = {CHANGE: CHANGED, WITHDRAWAL: GONE}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a source did to an item; ``versions`` are the words it has now, none where it took them back.

    ``terms`` are the days and topics that a pack gives it now, None where a feed changed it.
    """

    id: int
    item: int
    source: str
    what: str
    versions: tuple[Version, ...]
    made_at: datetime
    terms: Terms | None = None


def propose(  # noqa: PLR0913  a proposal has these parts
    tx: Connection,
    now: datetime,
    item: Item,
    source: str,
    what: str,
    versions: Sequence[Version],
    why: Reason,
    *,
    terms: Terms | None = None,
) -> None:
    """Put it before people, instead of what they have not answered yet; hold what has not gone out."""
    if item.state.value not in before(ItemEvent.CHANGE):
        return  # rejected, expired, withdrawn or merged: people have answered already
    _settle(tx, now, INTAKE, item.id, "replaced")
    words = [asdict(version) for version in versions]
    values = {"item": item.id, "source": source, "what": what, "versions": words, "made_at": now}
    tx.execute(sa.insert(t.proposal).values(**values, terms=terms_json(terms)))
    if what == WITHDRAWAL:
        note(tx, now, INTAKE, "taken back by the source", item=item.id, why=why)
    else:
        note(tx, now, INTAKE, "changed at the source", item=item.id, why=why)
    if unfinished(tx, item.id):
        holds.hold(tx, now, INTAKE, Scope.ITEM, str(item.id), _HOLDS[what])


def undo(tx: Connection, now: datetime, item: int) -> None:
    """Forget what a source proposed, since it has made it undone."""
    if _settle(tx, now, INTAKE, item, _UNDONE):
        note(tx, now, INTAKE, "undone at the source", item=item)


def waiting(tx: Connection) -> list[Proposal]:
    """Return the proposals that wait for an answer, the oldest first."""
    query = (
        sa.select(t.proposal)
        .join(t.item, t.item.c.id == t.proposal.c.item)
        .where(t.proposal.c.answered_at.is_(None), t.item.c.state.in_(before(ItemEvent.CHANGE)))
        .order_by(t.proposal.c.id)
    )
    return [_from(row) for row in tx.execute(query)]


def of_item(tx: Connection, item: int) -> Proposal | None:
    """Return what waits for an answer about an item, or None."""
    query = sa.select(t.proposal).where(t.proposal.c.item == item, t.proposal.c.answered_at.is_(None))
    row = tx.execute(query).first()
    return None if row is None else _from(row)


def answer(tx: Connection, now: datetime, who: str, item: Item, chosen: str) -> list[int]:
    """Answer what a source proposes; return the posts that are out and can only be recalled.

    Raises :class:`LostRaceError` when nothing is proposed any more, ValueError where the answer does not fit.
    """
    found = of_item(tx, item.id)
    if found is None:
        message = f"nothing is proposed for {item_name(item.id)}, or it was answered meanwhile"
        raise LostRaceError(message)
    if chosen == TAKE and not found.versions:
        message = f"the source of {item_name(item.id)} has no words any more; leave it, or withdraw it"
        raise ValueError(message)
    _settle(tx, now, who, item.id, chosen)
    why = Reason("as its source has it now")
    if chosen == TAKE:
        edit(tx, now, who, item, found.versions, why, terms=found.terms)
    elif chosen == WITHDRAW:
        return withdraw(tx, now, who, item, f"{found.what} at {found.source}")
    else:
        note(tx, now, who, "leave as it is", item=item.id)
    return []


def _settle(tx: Connection, now: datetime, who: str, item: int, chosen: str) -> bool:
    """Close what waits about an item and lift its hold; say whether anything did."""
    mine = (t.proposal.c.item == item) & t.proposal.c.answered_at.is_(None)
    closed = tx.execute(sa.update(t.proposal).where(mine).values(answered_at=now, answer=chosen, who=who))
    for reason in _HOLDS.values():
        holds.lift(tx, now, who, Scope.ITEM, str(item), reason)
    return closed.rowcount > 0


def _from(row: Record) -> Proposal:
    versions = tuple(map(_version, row.versions))
    terms = terms_from(row.terms)
    return Proposal(row.id, row.item, row.source, row.what, versions, row.made_at, terms)


def _version(values: dict[str, Any]) -> Version:
    return replace(Version(**values), wordings=tuple(values["wordings"]))


def vanished(before_: Sequence[int], shown: Sequence[int], *, newest_first: bool) -> list[int]:
    """Return the entries that were taken out of a document, though older ones still stand in it.

    A document is a window: what leaves it at its old end is only old. Where the rest has changed its order,
    or much is missing at once, the document is another one, and nothing is said.
    """
    old = list(before_) if newest_first else list(reversed(before_))
    still = set(shown)
    kept = [number for number in old if number in still]
    order = [number for number in (shown if newest_first else reversed(shown)) if number in set(old)]
    if not kept or kept != order:
        return []
    missing = [number for number in old[: old.index(kept[-1])] if number not in still]
    return missing if len(missing) <= _FEW else []


def put_back(tx: Connection, now: datetime, source: str, entries: Collection[int]) -> None:
    """Forget that a source took these entries out."""
    out = set(tx.execute(_TAKEN_OUT, {"source": source}).scalars())
    back = {number for _, number in _items_of(tx, entries)}
    for number in sorted(out & back):
        undo(tx, now, number)


def take_back(tx: Connection, now: datetime, source: str, entries: Collection[int]) -> list[int]:
    """Propose to withdraw the items of entries that a source took out.

    Returns the entries of items of which another proposal waits for its answer first.
    """
    waiting = []
    for entry, number in _items_of(tx, entries):
        item, known = item_by_id(tx, number), of_item(tx, number)
        if item.source == source and known is None:
            why = Reason("%(source)s took it out: %(title)s", {"source": source, "title": item.title})
            propose(tx, now, item, source, WITHDRAWAL, (), why)
        elif item.source == source and known is not None and known.what != WITHDRAWAL:
            waiting.append(entry)
    return waiting


def _items_of(tx: Connection, entries: Collection[int]) -> list[tuple[int, int]]:
    """Return each entry that made an item, with the item."""
    if not entries:
        return []
    query = sa.select(t.entry.c.id, t.entry.c.item).where(
        t.entry.c.id.in_(list(entries)), t.entry.c.item.is_not(None)
    )
    return [(row.id, row.item) for row in tx.execute(query.order_by(t.entry.c.item, t.entry.c.id))]
