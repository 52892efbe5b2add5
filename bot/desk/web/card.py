"""An item and a post with what a page shows of them, and what may be done with them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.desk import operations
from bot.desk.operations import Desk
from bot.desk.web.face import Face, face
from bot.desk.words.catalogue import LANGUAGES
from content_queue.item import Hold, Item, Post, Scope, Version, item_name, post_name
from content_queue.lifecycle import ItemEvent, PostEvent, before
from content_queue.operations import holds
from content_queue.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Side:
    """One language of an item; ``version`` is None where it has no words yet."""

    language: str
    version: Version | None


@dataclass(frozen=True, slots=True)
class Card:
    """An item. ``may`` holds what can happen to it now: "approve", "reject", "withdraw"..."""

    item: Item
    sides: tuple[Side, ...]
    faces: tuple[Face, ...]
    refusals: tuple[tuple[str, str], ...]
    may: frozenset[str]

    @property
    def name(self) -> str:
        """The id as people see it."""
        return item_name(self.item.id)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it has messages for."""
        return tuple(dict.fromkeys(each.seen.channel for each in self.faces))


@dataclass(frozen=True, slots=True)
class Slip:
    """A post. ``may`` holds what can happen to it now; ``held`` are the holds that keep it back."""

    post: Post
    face: Face
    may: frozenset[str]
    held: tuple[Hold, ...] = ()

    @property
    def name(self) -> str:
        """The id as people see it."""
        return post_name(self.post.id)

    @property
    def item_name(self) -> str:
        """Its item's id as people see it."""
        return item_name(self.post.item)


def target_name(scope: Scope, target: str) -> str:
    """Return what a hold is on as people write it; "" for everything."""
    names = {Scope.ITEM: f"i{target}", Scope.POST: f"p{target}"}
    return names.get(scope, target)


def card(tx: Transaction, desk: Desk, number: int) -> Card:
    """Return an item with its messages: stored once approved, else as they would be."""
    shown = operations.show(tx, desk, number)
    item = shown.item
    further = [version.language for version in item.versions if version.language not in LANGUAGES]
    return Card(
        item=item,
        sides=tuple(Side(language, item.version(language)) for language in (*LANGUAGES, *further)),
        faces=tuple(face(message, desk.styles.get(message.channel)) for message in shown.messages),
        refusals=tuple(shown.refusals.items()),
        may=frozenset(event.value for event in ItemEvent if item.state.value in before(event)),
    )


def slip(tx: Transaction, desk: Desk, now: datetime, post: Post) -> Slip:
    """Return a post with what keeps it back now."""
    may = frozenset(event.value for event in PostEvent if post.state.value in before(event))
    shown = face(post.message, desk.styles.get(post.channel))
    return Slip(post, shown, may, tuple(holds.on_post(tx, post.id, now)))
