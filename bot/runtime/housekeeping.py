"""What time alone brings about: expiry, facts past their review date, messages of an older template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.compose.render import Style, style_digest
from bot.runtime.intake import approve_by_rule
from bot.runtime.parts import Parts
from content_queue.item import Item, Reason, Scope
from content_queue.operations import holds, judgement, listing
from content_queue.store.database import Transaction

LEFT = "the channel has left the configuration"
OLD_TEMPLATE = Reason("the channel's template has changed since it was approved")
_OVER = Reason("its time is over")
_STALE = Reason("its review date has passed: say whether it is still true")


def keep_house(tx: Transaction, now: datetime) -> int:
    """Expire what is over; return how many items."""
    over = judgement.overdue(tx, now)
    for item in over:
        judgement.expire(tx, now, item, _STALE if item.review_by else _OVER)
    return len(over)


def settle_in(tx: Transaction, parts: Parts, now: datetime) -> int:
    """At the start: hold the posts of channels that left, and judge anew what an old template wrote."""
    _hold_what_left(tx, parts, now)
    old = outdated(tx, parts.styles)
    for item in old:
        changed = judgement.revise(tx, now, item, OLD_TEMPLATE)
        approve_by_rule(tx, parts, now, (changed.id,))
    return len(old)


def outdated(tx: Transaction, styles: Mapping[str, Style]) -> list[Item]:
    """Return the approved items that an older template wrote and that are not out everywhere."""
    return [item for item in judgement.unfinished(tx) if _old_template(tx, styles, item)]


def left(tx: Transaction, styles: Mapping[str, Style]) -> list[str]:
    """Return the channels that have left the configuration while posts of theirs wait."""
    return sorted({post.channel for post in listing.planned(tx)} - set(styles))


def _hold_what_left(tx: Transaction, parts: Parts, now: datetime) -> None:
    for name in left(tx, parts.styles):  # not the lanes: a worker may serve a few channels only
        holds.hold(tx, now, "configuration", Scope.CHANNEL, name, LEFT)
    for hold in holds.active(tx, now):
        if hold.reason == LEFT and hold.target in parts.styles:
            holds.lift(tx, now, "configuration", Scope.CHANNEL, hold.target, LEFT)


def _old_template(tx: Transaction, styles: Mapping[str, Style], item: Item) -> bool:
    return any(
        message.channel in styles and message.style != style_digest(styles[message.channel], item.kind)
        for message in listing.messages_of(tx, item)
    )
