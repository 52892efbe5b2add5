"""What hubs were asked to tell us of, and what came of it (W3C WebSub, Recommendation of 23 January 2018).

    a feed names its hub -> asked -> confirmed until a moment -> asked again ahead of it
                                  -> refused, or no word: asked again later, and later still
    another hub, no source any more, switched off -> leaving: asked to stop -> confirmed, forgotten
    it tells -> noted once -> the source is due at once, where the one who leads takes it up

A hub is never relied on: its sources are polled as often as those without one. What it sends is read by
nobody; that it sent something, signed with our secret, is all that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.operations.sources import NOBODY
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy.engine import Connection

    from content_queue.operations.rows import Record

LEASE = timedelta(days=10)
"""How long we ask a hub to tell us; it may give another time."""
LONGEST_LEASE = timedelta(days=30)
"""What is given beyond that is not counted on."""
PATIENCE = timedelta(days=1)
"""So long after our question a hub may still answer it: what it says later we did not ask for."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(days=1)
"""How soon a hub without a word is asked again: doubled each time."""
GOODBYES = 4
"""So often a hub is asked to stop; then its lease ends by itself."""
SOONEST = timedelta(minutes=1)
"""A source is read no sooner after its last poll, however often its hub tells."""

_DIGEST = t.subscription.c.digest == sa.bindparam("key")
_ONE = sa.select(t.subscription).where(_DIGEST)
_TOLD = sa.select(t.subscription.c.source).where(t.subscription.c.told_at.is_not(None)).distinct()


@dataclass(frozen=True, slots=True)
class Subscription:
    """One question to one hub about one source. ``until`` is None before the hub has confirmed."""

    digest: str
    source: str
    hub: str
    topic: str
    home: str
    sealed: str
    leaving: bool
    ask_at: datetime | None
    asked_at: datetime | None
    tries: int
    until: datetime | None
    told_at: datetime | None
    heard_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """A new subscription's keys: the digest of its token, and token and secret as they are kept."""

    digest: str
    sealed: str


def digest_of(token: str) -> str:
    """Return what is kept of a token; it is 256 random bits, so that one round of SHA-256 is enough."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def named(tx: Connection) -> int:
    """Return how many sources name a hub."""
    named_one = (t.source.c.hub != "") & (t.source.c.owner != NOBODY)
    return int(tx.execute(sa.select(sa.func.count()).where(named_one)).scalar_one())


def settled(tx: Connection, now: datetime, home: str, *, on: bool) -> bool:
    """Say whether every source that names a hub has its subscription, and nothing else has one."""
    return not any(tx.execute(query.limit(1)).first() for query in _unsettled(now, home, on=on))


def settle(tx: Connection, now: datetime, home: str, fresh: Callable[[], Fresh], *, on: bool) -> None:
    """Begin what is missing, let go what has no source any more; ``on`` False lets all of them go.

    ``home`` is the address under which hubs call us. What was asked for under another one cannot be answered
    any more and is forgotten, as is a farewell that came to nothing.
    """
    missing, left, lost = _unsettled(now, home, on=on)
    for row in tx.execute(left).all():
        _set(tx, row.digest, leaving=True, ask_at=now, tries=0, told_at=None)
    for row in tx.execute(lost).all():
        forget(tx, row.digest)
    for row in tx.execute(missing).all():
        keys = fresh()
        values = {"source": row.name, "hub": row.hub, "topic": row.topic, "home": home, "ask_at": now}
        tx.execute(sa.insert(t.subscription).values(digest=keys.digest, sealed=keys.sealed, **values))


def forget(tx: Connection, digest: str) -> None:
    """Forget a subscription, whatever its hub thinks."""
    tx.execute(sa.delete(t.subscription).where(t.subscription.c.digest == digest))


def due(tx: Connection, now: datetime, limit: int) -> list[Subscription]:
    """Return whose hub is to be asked now, those that wait longest first."""
    at = t.subscription.c.ask_at
    return [
        _read(row) for row in tx.execute(sa.select(t.subscription).where(at <= now).order_by(at).limit(limit))
    ]


def asked(tx: Connection, now: datetime, digest: str) -> bool:
    """Write down, before it happens, that a hub is asked; say whether that is still wanted."""
    known = by_digest(tx, digest)
    if known is None:
        return False
    wait = min(FIRST_WAIT * (1 << min(known.tries, 10)), LONGEST_WAIT)
    _set(tx, digest, asked_at=now, ask_at=now + wait, tries=known.tries + 1, error="")
    return True


def failed(tx: Connection, digest: str, why: str) -> None:
    """Write down, in one line for people, why a hub could not be asked."""
    _set(tx, digest, error=why)


def confirmed(tx: Connection, now: datetime, digest: str, topic: str, lease: timedelta) -> bool:
    """Take a hub's word that it will tell us of ``topic`` for ``lease``; say whether we asked for that.

    It is asked again when two thirds of that time are over.
    """
    known = by_digest(tx, digest)
    if known is None or known.leaving or not _asked_for(known, topic, now):
        return False
    counted = min(lease, LONGEST_LEASE)
    again = max(counted * 2 / 3, FIRST_WAIT)
    _set(tx, digest, until=now + counted, ask_at=now + again, tries=0, error="")
    return True


def ended(tx: Connection, now: datetime, digest: str, topic: str) -> bool:
    """Take a hub's word that it will tell us no more of ``topic``; say whether we asked for that."""
    known = by_digest(tx, digest)
    if known is None or not known.leaving or not _asked_for(known, topic, now):
        return False
    forget(tx, digest)
    return True


def refused(tx: Connection, now: datetime, digest: str, topic: str, why: str) -> bool:
    """Take a hub's word that it will not tell us of ``topic``, or not any longer; say whether it is ours.

    It is asked again after a day: what it refuses now it may not refuse then.
    """
    known = by_digest(tx, digest)
    if known is None or known.asked_at is None or topic != known.topic:
        return False
    if known.leaving:
        forget(tx, digest)
    else:
        _set(tx, digest, until=None, ask_at=now + LONGEST_WAIT, error=why)
    return True


def by_digest(tx: Connection, digest: str) -> Subscription | None:
    """Return the subscription behind a token's digest, or None."""
    row = tx.execute(_ONE, {"key": digest}).first()
    return None if row is None else _read(row)


def told(tx: Connection, now: datetime, digest: str) -> bool:
    """Note that a hub has told of something new; say whether nobody knew."""
    known = by_digest(tx, digest)
    if known is None or known.leaving or known.told_at is not None:
        return False
    _set(tx, digest, told_at=now, heard_at=now)
    return True


def told_of(tx: Connection) -> list[str]:
    """Return the sources of which hubs have told, and that nobody has taken up."""
    return list(tx.execute(_TOLD).scalars())


def hurry(tx: Connection, now: datetime, names: Sequence[str]) -> None:
    """Let sources of which hubs have told be due now: not sooner than a minute after their last poll.

    One whose host asked us to wait waits, and one that is gone for good stays away.
    """
    src = t.source.c
    for row in tx.execute(sa.select(t.source).where(src.name.in_(names), ~src.gone)).all():
        polled = row.last_polled + SOONEST if row.last_polled else now
        then = max(now, polled, row.wait_until or now)
        if row.next_poll is not None and then < row.next_poll:
            tx.execute(sa.update(t.source).where(src.name == row.name).values(next_poll=then))
    tx.execute(sa.update(t.subscription).where(t.subscription.c.source.in_(names)).values(told_at=None))


def standings(tx: Connection, now: datetime, zone: tzinfo = UTC) -> dict[str, Reason]:
    """Return for each source that has asked a hub how that stands, in words for people of a zone."""
    kept = sa.select(t.subscription).where(~t.subscription.c.leaving)
    return {row.source: _words(_read(row), now, zone) for row in tx.execute(kept)}


def _words(one: Subscription, now: datetime, zone: tzinfo) -> Reason:
    if one.until is not None and now < one.until:
        until = one.until.astimezone(zone).isoformat(" ", "minutes")
        return Reason("its hub tells of new entries at once, until %(until)s", {"until": until})
    if one.error:
        return Reason("its hub tells of nothing: %(reason)s", {"reason": one.error})
    return Reason("its hub has been asked to tell of new entries, and has not confirmed it yet")


def _asked_for(known: Subscription, topic: str, now: datetime) -> bool:
    return topic == known.topic and known.asked_at is not None and now - known.asked_at <= PATIENCE


def _set(tx: Connection, digest: str, **values: object) -> None:
    tx.execute(sa.update(t.subscription).where(t.subscription.c.digest == digest).values(values))


def _read(row: Record) -> Subscription:
    return Subscription(**{name: getattr(row, name) for name in Subscription.__slots__})


def _unsettled(now: datetime, home: str, *, on: bool) -> tuple[sa.Select[tuple[str]], ...]:
    """Find sources without their subscription, subscriptions without their source, and lost ones."""
    sub, src = t.subscription.c, t.source.c
    named = sa.and_(src.hub != "", src.topic != "", ~src.gone, src.owner != NOBODY) if on else sa.false()
    of_it = sa.and_(sub.source == src.name, sub.hub == src.hub, sub.topic == src.topic)
    fits = sa.and_(named, of_it, ~sub.leaving, sub.home == home)
    subscribed = sa.exists(sa.select(sub.digest).where(fits).correlate(t.source))
    has_source = sa.exists(sa.select(src.name).where(fits).correlate(t.subscription))
    missing = sa.select(src.name, src.hub, src.topic).where(named, ~subscribed)
    left = sa.select(sub.digest).where(~sub.leaving, sub.home == home, ~has_source)
    gone_by = sa.and_(sub.leaving, sub.tries >= GOODBYES, sub.ask_at <= now)
    never = sa.and_(sub.leaving, sub.asked_at.is_(None))
    lost = sa.select(sub.digest).where(sa.or_(sub.home != home, gone_by, never))
    return missing if home else missing.where(sa.false()), left, lost
