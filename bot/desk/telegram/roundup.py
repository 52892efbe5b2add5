"""The digest: what waits to be judged, in each moderator's private chat at the hours that each chose."""

from __future__ import annotations

from datetime import datetime

from bot.desk.telegram import cards
from bot.desk.telegram.asking import Asking, ChatParts
from bot.desk.telegram.talk import Answer, Heard, Say
from content_queue.operations import overview, roundups
from content_queue.store.database import Transaction

NONE = frozenset({"non", "no", "0", "jamais", "never"})


def due(tx: Transaction, now: datetime, parts: ChatParts) -> list[tuple[int, tuple[Say, ...]]]:
    """Return the digests that are due, each with the chat that it goes to, and note them as told.

    Where nothing waits nobody is told of it.
    """
    pending, _ = overview.counts(tx)
    if not pending:
        return []
    made = []
    for person, account in roundups.due(tx, now, parts.zone):
        words = parts.words(person.language or parts.language)
        heard = Heard(update=0, chat=account, sender=account, private=True)
        made.append((account, cards.waiting(Asking(tx, now, parts, heard, person, words))))
        roundups.told(tx, now, person)
    return made


def hours(asking: Asking, rest: str) -> Answer:
    """Tell a person's hours, or take new ones: "08:30 16:00", or "no"."""
    words = asking.words
    if rest:
        chosen = "" if rest.casefold() in NONE else rest
        roundups.choose(asking.tx, asking.now, asking.who, chosen)
    zone = asking.parts.zone
    today = asking.now.astimezone(zone).date()
    kept = [
        words.clock(datetime.combine(today, hour, zone)) for hour in roundups.hours(asking.tx, asking.who)
    ]
    if not kept:
        return asking.told(words.say("You get no digest. /heures 08:30 16:00 brings it back."))
    return asking.told(
        words.say("Your digest comes in your private chat with this bot: %(hours)s.", hours=", ".join(kept))
    )
