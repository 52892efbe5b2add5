"""Two bots on one account, or a bot on an old disk: everything is held, and people are told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from content_queue.item import Scope
from content_queue.operations import holds, receipts, sightings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Hold

SECOND_BOT = "a second bot posts on our accounts, or this database is an old one"


def compare(
    tx: Connection, now: datetime, channel: str, seen: Sequence[sightings.Seen]
) -> list[sightings.Seen]:
    """Hold everything if the account shows a post that looks like ours and is not; return those.

    Each is remembered, so that it is a reason once only, and a post of ours that it turns out to be is
    not sent again.
    """
    found = sightings.strangers(tx, channel, seen)
    if found:
        sightings.keep(tx, now, channel, found)
        suspect(tx, now, f"{channel} {found[0].remote_url or found[0].remote_id}")
    return found


def suspect(tx: Connection, now: datetime, what: str) -> None:
    """Hold everything because of ``what``: a post, or a network that says that someone else polls.

    Telegram answers getUpdates with 409 Conflict where another process polls the same bot; who polls calls
    this then.
    """
    if not standing(tx, now):
        holds.hold(tx, now, receipts.WORKER, Scope.EVERYTHING, "", f"{SECOND_BOT}: {what}")


def standing(tx: Connection, now: datetime) -> list[Hold]:
    """Return the holds that stand because of a second bot."""
    return [
        known
        for known in holds.active(tx, now)
        if known.scope is Scope.EVERYTHING and known.reason.startswith(SECOND_BOT)
    ]


def answered(tx: Connection, now: datetime, who: str) -> None:
    """Take the hold off: a person said that this is the only bot, or put a hold of their own in its place."""
    for known in standing(tx, now):
        holds.lift(tx, now, who, Scope.EVERYTHING, "", known.reason)
