"""What was seen on our own accounts: compared with our posts, so that nothing goes out that is out already.

After a backup was restored the accounts know more than the database: what they show is matched with what
waits, and with what comes to wait later. In normal times a post that looks like ours and has no receipt of
ours means a second bot, or an old disk.

A comparison errs to the side of silence: a post that is wrongly thought out is seen by people and sent again
by a click; one that goes out twice is not undone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from content_queue.identity import canonical, is_root
from content_queue.lifecycle import PostEvent, before
from content_queue.operations import receipts
from content_queue.operations.rows import POSTS, post_by_id, post_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Message, Post
    from content_queue.operations.rows import Record

FOUND_AGAIN = "seen on the account"
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_TRAILING = ".,;:!?)»”'"
_UNMATCHED = sa.select(t.sighting).where(
    t.sighting.c.channel == sa.bindparam("channel"), t.sighting.c.post.is_(None)
)
_KNOWN_POSTS = sa.select(t.post.c.remote_id).where(
    t.post.c.channel == sa.bindparam("channel"), t.post.c.remote_id.in_(sa.bindparam("ids", expanding=True))
)
_KNOWN_RECEIPTS = (
    sa.select(t.attempt.c.remote_id)
    .join(t.post, t.post.c.id == t.attempt.c.post)
    .where(t.post.c.channel == sa.bindparam("channel"))
    .where(t.attempt.c.remote_id.in_(sa.bindparam("ids", expanding=True)))
)
_KNOWN_SIGHTINGS = sa.select(t.sighting.c.remote_id).where(
    t.sighting.c.channel == sa.bindparam("channel"),
    t.sighting.c.remote_id.in_(sa.bindparam("ids", expanding=True)),
)
_MESSAGES = (
    sa.select(t.message.c.item, t.message.c.text, t.message.c.link, t.item.c.evergreen)
    .join(t.item, t.item.c.id == t.message.c.item)
    .where(t.message.c.channel == sa.bindparam("channel"))
)
_MAY_BE_OUT = sa.select(t.post.c.item).where(
    t.post.c.channel == sa.bindparam("channel"), t.post.c.unproven > 0, t.post.c.remote_id == ""
)
_EVERGREEN = sa.select(t.item.c.evergreen).where(t.item.c.id == sa.bindparam("item"))
_WAITING = POSTS.where(
    t.post.c.channel == sa.bindparam("channel"), t.post.c.state.in_(before(PostEvent.FOUND))
).order_by(t.post.c.due_at, t.post.c.id)


class Seen(Protocol):
    """One post as its network shows it; ``text`` is plain, with its addresses written out."""

    @property
    def remote_id(self) -> str:
        """The network's id for it, as receipts write it."""

    @property
    def remote_url(self) -> str:
        """Where the public sees it."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def at(self) -> datetime:
        """When it went out."""


def likeness(text: str) -> str:
    """Return words as they are compared: one spelling, no markup of addresses, one space between words."""
    plain = re.sub(r"https?://", "", unicodedata.normalize("NFC", text))
    plain = re.sub(r"/(?=\s|$)", "", plain)
    return " ".join(plain.split())


def addresses(text: str) -> list[str]:
    """Return the canonical addresses in a text that name one page: a site's front door names none."""
    found = (match.rstrip(_TRAILING) for match in _ADDRESS.findall(text))
    named = (canonical(url) for url in found if not is_root(url))
    return sorted({address for address in named if address})


def unknown(tx: Connection, channel: str, seen: Sequence[Seen]) -> list[Seen]:
    """Return those of which we have neither a receipt nor a sighting."""
    ids = {"channel": channel, "ids": [one.remote_id for one in seen]}
    known = {
        row.remote_id
        for query in (_KNOWN_POSTS, _KNOWN_RECEIPTS, _KNOWN_SIGHTINGS)
        for row in tx.execute(query, ids)
    }
    return [one for one in seen if one.remote_id not in known]


def keep(tx: Connection, now: datetime, channel: str, seen: Iterable[Seen]) -> None:
    """Remember what was seen; it is matched with posts from now on."""
    for one in seen:
        words = {"text": one.text, "likeness": likeness(one.text), "addresses": addresses(one.text)}
        place = {"channel": channel, "remote_id": one.remote_id, "remote_url": one.remote_url}
        tx.execute(sa.insert(t.sighting).values(**place, **words, at=one.at, seen_at=now))


def strangers(tx: Connection, channel: str, seen: Sequence[Seen]) -> list[Seen]:
    """Return those that we do not know although they look like ours.

    What looks like an item of which a request of unknown fate is out is left to reading back.
    """
    fresh = unknown(tx, channel, seen)
    if not fresh:
        return []
    maybe = {row.item for row in tx.execute(_MAY_BE_OUT, {"channel": channel})}
    messages = tx.execute(_MESSAGES, {"channel": channel}).all()
    found = []
    for one in fresh:
        whose = {row.item for row in messages if _like(row, one.text)}
        if whose and not whose & maybe:
            found.append(one)
    return found


def settle(tx: Connection, now: datetime, channel: str) -> int:
    """Publish the channel's posts that were seen on the account; return how many."""
    posts = [post_from(row) for row in tx.execute(_WAITING, {"channel": channel}).all()]
    return sum(is_out(tx, now, post) for post in posts)


def is_out(tx: Connection, now: datetime, post: Post) -> bool:
    """Say whether a post was seen on the account, and make it published if so."""
    rows = tx.execute(_UNMATCHED, {"channel": post.channel}).all()
    row = next((row for row in rows if _same(tx, row, post)), None)
    if row is None:
        return False
    tx.execute(sa.update(t.sighting).where(t.sighting.c.id == row.id).values(post=post.id))
    proof = (row.remote_id, row.remote_url)
    receipts.evidence(tx, now, post, "look", PostEvent.FOUND, FOUND_AGAIN, proof)
    receipts.believe(tx, now, post_by_id(tx, post.id), *proof, same_fence=False)
    return True


def _same(tx: Connection, row: Record, post: Post) -> bool:
    if row.likeness == likeness(post.message.text):
        return True
    evergreen = bool(tx.execute(_EVERGREEN, {"item": post.item}).scalar())
    return not evergreen and bool(set(row.addresses) & _addresses_of(post.message))


def _like(row: Record, text: str) -> bool:
    if likeness(row.text) == likeness(text):
        return True
    return not row.evergreen and bool(set(addresses(text)) & set(addresses(f"{row.text} {row.link}")))


def _addresses_of(message: Message) -> set[str]:
    return set(addresses(f"{message.text} {message.link}"))
