"""What time alone brings about: expiry, facts past their review date, messages of an older template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.compose.render import Style, style_digest
from bot.compose.spread import spread
from bot.runtime.intake import approve_by_rule
from bot.runtime.parts import Parts
from content_queue.item import Item, Kind, Message, Reason, Scope
from content_queue.operations import holds, judgement, listing, pending, restyling, strays
from content_queue.store.database import Transaction

LEFT = "the channel has left the configuration"
_OVER = Reason("its time is over")
_STALE = Reason("its review date has passed: say whether it is still true")


def over(tx: Transaction, now: datetime, waits: Mapping[Kind, timedelta] = pending.WAITS) -> bool:
    """Say whether there is anything to expire; asked at every step."""
    return bool(judgement.overdue(tx, now) or pending.unjudged(tx, now, waits))


def keep_house(tx: Transaction, now: datetime, waits: Mapping[Kind, timedelta] = pending.WAITS) -> int:
    """Expire what is over, and what nobody judged within its kind's time; return how many items."""
    late = [(item, _STALE if item.review_by else _OVER) for item in judgement.overdue(tx, now)]
    for item, why in late:
        judgement.expire(tx, now, item, why)
    unjudged = pending.unjudged(tx, now, waits)
    for item, why in unjudged:
        judgement.expire(tx, now, item, why)
    return len(late) + len(unjudged)


def settle_in(tx: Transaction, parts: Parts, now: datetime) -> int:
    """At the start: take up what the configuration changed.

    The posts of channels that left are held, what stands in no slot any more goes back to the planner, and
    what an old template wrote is judged anew.
    """
    _hold_what_left(tx, parts, now)
    for lane in parts.lanes.values():
        strays.send_back(tx, now, lane.rules)
    old = outdated(tx, parts.styles)
    for item in old:
        changed = judgement.revise(tx, now, item, restyling.OLD_TEMPLATE)
        approve_by_rule(tx, parts, now, (changed.id,))
    for item, messages in _styled_anew(tx, parts.styles, changed=False):
        restyling.same_words(tx, item, messages)
    return len(old)


def outdated(tx: Transaction, styles: Mapping[str, Style]) -> list[Item]:
    """Return the approved items, not out everywhere, that today's templates would word otherwise."""
    return [item for item, _ in _styled_anew(tx, styles, changed=True)]


def left(tx: Transaction, styles: Mapping[str, Style]) -> list[str]:
    """Return the channels that have left the configuration while posts of theirs wait."""
    return sorted({post.channel for post in listing.planned(tx)} - set(styles))


def _hold_what_left(tx: Transaction, parts: Parts, now: datetime) -> None:
    for name in left(tx, parts.styles):  # not the lanes: a worker may serve a few channels only
        holds.hold(tx, now, "configuration", Scope.CHANNEL, name, LEFT)
    for hold in holds.active(tx, now):
        if hold.reason == LEFT and hold.target in parts.styles:
            holds.lift(tx, now, "configuration", Scope.CHANNEL, hold.target, LEFT)


def _styled_anew(
    tx: Transaction, styles: Mapping[str, Style], *, changed: bool
) -> list[tuple[Item, list[Message]]]:
    """Return the unfinished items of an older template with today's messages, changed or the very same."""
    found = []
    for item in restyling.of_other_styles(tx, _Digests(styles)):
        stored = [message for message in listing.messages_of(tx, item) if message.channel in styles]
        made = list(spread(item, styles, {message.channel for message in stored}).messages)
        if (_public(made) != _public(stored)) is changed:
            found.append((item, made))
    return found


def _public(messages: list[Message]) -> set[tuple[str, str, str]]:
    return {(message.channel, message.variant, message.digest) for message in messages}


class _Digests:
    """The digest of each channel's style for each kind, made once; "" for a channel that left."""

    def __init__(self, styles: Mapping[str, Style]) -> None:
        self._styles = styles
        self._made: dict[tuple[str, Kind], str] = {}

    def __call__(self, channel: str, kind: Kind) -> str:
        if channel not in self._styles:
            return ""
        if (channel, kind) not in self._made:
            self._made[channel, kind] = style_digest(self._styles[channel], kind)
        return self._made[channel, kind]
