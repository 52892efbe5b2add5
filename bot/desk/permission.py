"""Refusing what a person may not do: the one place where operations ask ``may``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.compose.render import Style
from content_queue.item import Item, Post, Scope, Version
from content_queue.operations.rows import item_by_id, post_by_id
from content_queue.people import Action, Person, Place, may
from content_queue.store.database import Transaction


class NotAllowedError(ValueError):
    """The person's role does not reach so far; the message is one line for people."""


def allow(who: Person, action: Action, item: Item | None = None, channel: Place | None = None) -> None:
    """Raise :class:`NotAllowedError` unless ``who`` may do this."""
    if may(who, action, item, channel):
        return
    own = item is not None and item.added_by == who.who
    if action is Action.APPROVE and own and not who.approves_own:
        raise NotAllowedError("somebody else approves what you proposed yourself")
    if channel is not None and channel.channel:
        raise NotAllowedError(f"your role does not reach {channel.channel}: ask an admin")
    raise NotAllowedError("your role does not allow this: ask an admin")


def approvable(
    styles: Mapping[str, Style], who: Person, item: Item, channels: Collection[str]
) -> Collection[str]:
    """Return the channels to approve for, () for all: those named, or those the person's role reaches."""
    for name in channels:
        allow(who, Action.APPROVE, item, place(styles, name))
    if channels or may(who, Action.APPROVE, item):
        return channels
    reached = [name for name in styles if may(who, Action.APPROVE, item, place(styles, name))]
    if not reached:
        allow(who, Action.APPROVE, item)
        raise NotAllowedError("your role does not allow this: ask an admin")
    return reached


def place(styles: Mapping[str, Style], channel: str) -> Place:
    """Return a channel as the question who may act on it needs it."""
    style = styles.get(channel)
    return Place(channel, style.languages if style else ())


def reworded(item: Item, versions: Sequence[Version]) -> Place:
    """Return what an edit touches: the languages whose words change, wherever they go."""
    old, new = set(item.versions), set(versions)
    languages = tuple(sorted({version.language for version in old ^ new}))
    return Place(item.only_channels[0] if len(item.only_channels) == 1 else "", languages)


def post_to_act_on(tx: Transaction, who: Person, action: Action, number: int) -> Post:
    """Return a post that the person may do this with."""
    post = post_by_id(tx, number)
    allow(who, action, None, Place(post.channel, (post.message.language,)))
    return post


def allow_hold(
    tx: Transaction, who: Person, scope: Scope, target: str, one: Action, everything: Action
) -> None:
    """Raise unless a hold on this may be put on or lifted: ``one`` for one thing, or ``everything``."""
    if scope is Scope.EVERYTHING:
        allow(who, everything)
    elif scope is Scope.CHANNEL:
        allow(who, one, None, Place(target))
    elif scope is Scope.ITEM:
        allow(who, one, item_by_id(tx, int(target)))
    elif scope is Scope.POST:
        post_to_act_on(tx, who, one, int(target))
    else:
        allow(who, one)
