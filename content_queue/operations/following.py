"""Following a source: what it changed of an entry that is known, and what it took back.

changed -> words or topics -> nobody has touched or approved them: the item follows
                           -> else a proposal, which a person answers
        -> dates alone     -> the item's own from now on: nothing that the public sees has changed
missing -> from a feed     -> taken out, where older entries still stand in it
        -> from a pack     -> taken out, where it is missing from two readings in a row

What was approved is never changed and nothing is taken out by itself: a person answers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue import identity
from content_queue.item import Reason
from content_queue.lifecycle import ItemEvent, ItemState, before
from content_queue.naming import Named, digest
from content_queue.operations import completing, corrections, premieres
from content_queue.operations.corrections import INTAKE
from content_queue.operations.history import note
from content_queue.operations.judgement import edit, reopen
from content_queue.operations.rows import item_by_id
from content_queue.operations.terms import Terms, terms_from, terms_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Entry, Item
    from content_queue.operations.rows import Record

SEEN_EVERY = timedelta(days=1)
"""How often "still in the document" is worth a write."""

_SEEN = (
    sa.update(t.entry)
    .where(t.entry.c.id == sa.bindparam("entry"))
    .values(
        last_seen=sa.bindparam("now", type_=t.Moment()),
        words=sa.bindparam("new_words"),
        terms=sa.bindparam("new_terms", type_=sa.JSON(none_as_null=True)),
        form=sa.bindparam("new_form"),
        address=sa.bindparam("new_address"),
    )
)
_SHOWN = sa.select(t.source.c.shown, t.source.c.missing, corrections.TOOK_OUT.label("took_out")).where(
    t.source.c.name == sa.bindparam("polled")
)
_SHOW = sa.update(t.source).where(t.source.c.name == sa.bindparam("polled"))
_BY_KEY = sa.select(t.entry.c.id).where(
    t.entry.c.source == sa.bindparam("source"), t.entry.c.key.in_(sa.bindparam("keys", expanding=True))
)


def see_again(
    tx: Connection,
    now: datetime,
    row: Record,
    one: Named,
    told: Terms | None,
    topics: Sequence[str],
    *,
    own: bool,
) -> int | None:
    """See a known entry again; return the number of the item that took what changed, or None.

    ``told`` is what a pack says beside the words, None for a feed's entry; ``topics`` are the source's own;
    ``own`` says whether the words of the entry's item are this entry's.
    """
    was = terms_from(row.terms)
    _note_down(tx, now, row, one, was, told)
    reworded = row.words != one.names.words
    # what a release that did not keep it had seen says nothing of a change: it is only noted
    restated = told is not None and was is not None and told != was
    if not (reworded or restated) or one.refusal is not None or not own:
        return None
    item = item_by_id(tx, row.item)
    if item.source != row.source:
        return None  # a trusted source's words took the place of these
    touched = digest(item.versions) not in {row.words, completing.words_of(tx, item.id)}
    if told is None:
        return _changed(tx, now, item, one.entry, None, touched=touched)
    days_alone = not reworded and was is not None and told.topics == was.topics
    return _follow(tx, now, item, one.entry, told.under(topics), touched=touched, days_alone=days_alone)


def _note_down(
    tx: Connection, now: datetime, row: Record, one: Named, was: Terms | None, told: Terms | None
) -> None:
    """Keep what an entry says now, where that is news or was last kept long ago."""
    address = row.address if told is None else one.names.address
    before_, form = (row.words, was, row.form, row.address), premieres.form_of(row.form, one.entry.form)
    if before_ != (one.names.words, told, form, address) or now - row.last_seen > SEEN_EVERY:
        seen = {"new_words": one.names.words, "new_terms": terms_json(told), "new_form": form}
        tx.execute(_SEEN, {"entry": row.id, "now": now, "new_address": address, **seen})


def _follow(
    tx: Connection, now: datetime, item: Item, entry: Entry, terms: Terms, *, touched: bool, days_alone: bool
) -> int | None:
    """Follow a pack: days alone hold at once, unless they come to other words than the item's."""
    back = _renewed(tx, now, item, terms)
    item = back or item
    asked = days_alone and _asked(tx, item.id)
    if not days_alone or touched or asked:
        return _changed(tx, now, item, entry, terms, touched=touched or asked)
    _redate(tx, now, item, terms)
    return None if back is None else item.id


def show(tx: Connection, now: datetime, source: str, named: Sequence[Named], numbers: list[int]) -> None:
    """Keep what a feed's document shows, and notice what it took back."""
    before_, _, took_out = _shown(tx, source)
    if before_ == numbers:
        return
    dates = [one.entry.published_at for one in named if one.entry.published_at]
    newest_first = len(dates) < 2 or dates[0] >= dates[-1]  # noqa: PLR2004  one date has no order
    if took_out:
        corrections.put_back(tx, now, source, set(numbers) - set(before_))
    corrections.take_back(tx, now, source, corrections.vanished(before_, numbers, newest_first=newest_first))
    tx.execute(_SHOW, {"polled": source, "shown": numbers})


def show_whole(
    tx: Connection, now: datetime, source: str, numbers: list[int], unread: Collection[str] | None
) -> None:
    """Keep what a pack shows, which is all that it has: what is missing twice in a row was taken out.

    ``unread`` are the guids of rows that are there and could not be read; None says that nobody can tell
    which those are, and then nothing counts as missing.
    """
    before_, missing, took_out = _shown(tx, source)
    still = before_ if unread is None else _numbers(tx, source, unread)
    shown = list(dict.fromkeys([*numbers, *still]))
    if shown == before_ and not missing:
        return
    there = set(shown)
    if took_out:
        corrections.put_back(tx, now, source, there - set(before_))
    away = [number for number in missing if number not in there]
    if unread is not None:
        waiting = corrections.take_back(tx, now, source, away)
        away = [*waiting, *(number for number in before_ if number not in there)]
    tx.execute(_SHOW, {"polled": source, "shown": shown, "missing": away})


def _shown(tx: Connection, source: str) -> tuple[list[int], list[int], bool]:
    """Return what a source's last document showed, what it had shown before and did not, and TOOK_OUT."""
    row = tx.execute(_SHOWN, {"polled": source}).first()
    return ([], [], False) if row is None else (row.shown or [], row.missing or [], row.took_out)


def _numbers(tx: Connection, source: str, guids: Collection[str]) -> list[int]:
    if not guids:
        return []
    keys = [identity.key(guid, "", "") for guid in guids]
    return list(tx.execute(_BY_KEY, {"source": source, "keys": keys}).scalars())


def _asked(tx: Connection, item: int) -> bool:
    """Say whether a change of the item waits for an answer: what changes further belongs to it."""
    asked = corrections.of_item(tx, item)
    return asked is not None and asked.what == corrections.CHANGE


def _changed(
    tx: Connection, now: datetime, item: Item, entry: Entry, terms: Terms | None, *, touched: bool
) -> int | None:
    """Follow the source while nobody has touched or approved its words; else ask people."""
    title = entry.versions[0].title
    why = Reason("%(source)s changed it: %(title)s", {"source": item.source, "title": title})
    versions = completing.carried(tx, item, entry.versions)
    if item.state.value in before(ItemEvent.REJECT) and not touched:
        edit(tx, now, INTAKE, item, versions, why, by_rule=item.by_rule, terms=terms)
        return item.id
    if item.versions == versions and (terms is None or terms.topics == item.topics):
        corrections.undo(tx, now, item.id)
        if terms is not None:
            _redate(tx, now, item, terms)
    else:
        corrections.propose(tx, now, item, item.source, corrections.CHANGE, versions, why, terms=terms)
    return None


def _renewed(tx: Connection, now: datetime, item: Item, terms: Terms | None) -> Item | None:
    """Put a fact whose day had passed before people again, where its source gives it a later one."""
    today = now.date()
    stale = item.state is ItemState.EXPIRED and item.review_by is not None and item.review_by < today
    if not stale or terms is None or (terms.review_by is not None and terms.review_by < today):
        return None
    reopen(tx, now, INTAKE, item)
    return item_by_id(tx, item.id)


def _redate(tx: Connection, now: datetime, item: Item, terms: Terms) -> None:
    """Give an item that lives the days that its source gives it; its words and its approval stand."""
    if (item.review_by, item.confirmed) == (terms.review_by, terms.confirmed):
        return
    lives = (t.item.c.id == item.id) & t.item.c.state.in_(before(ItemEvent.CHANGE))
    days = {"review_by": terms.review_by, "confirmed": terms.confirmed}
    if tx.execute(sa.update(t.item).where(lives).values(**days)).rowcount:
        for why in _days(item, terms):
            note(tx, now, INTAKE, "dated anew at the source", item=item.id, why=why)


def _days(item: Item, terms: Terms) -> list[Reason]:
    told = []
    if terms.review_by != item.review_by:
        told.append(
            Reason("to confirm by %(day)s", {"day": terms.review_by.isoformat()})
            if terms.review_by
            else Reason("it need not be confirmed any more")
        )
    if terms.confirmed != item.confirmed:
        told.append(
            Reason("confirmed on %(day)s", {"day": terms.confirmed.isoformat()})
            if terms.confirmed
            else Reason("nobody has confirmed it")
        )
    return told
