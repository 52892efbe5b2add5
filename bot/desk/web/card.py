"""An item and a post with what a page shows of them, and what may be done with them now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.desk import operations
from bot.desk.operations import Desk, Shown
from bot.desk.web.face import Face, face
from bot.desk.words.catalogue import LANGUAGES
from content_queue.item import Hold, Item, Post, Scope, Version, item_name, post_name
from content_queue.lifecycle import ItemEvent, PostEvent, before
from content_queue.operations import alike, holds, premieres, sides
from content_queue.operations.alike import Alike
from content_queue.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Side:
    """One language of an item; ``version`` is None where it has no words yet.

    ``faces`` are the messages that speak it. ``asked`` says that it is empty, that a channel would speak it
    and that nobody said that the item does without; ``left_out`` that somebody did.
    """

    language: str
    version: Version | None
    faces: tuple[Face, ...] = ()
    asked: bool = False
    left_out: bool = False

    @property
    def stands(self) -> bool:
        """Whether there is something to show of it beside the other language."""
        return bool(self.faces) or self.asked or self.left_out


@dataclass(frozen=True, slots=True)
class Card:
    """An item. ``may`` holds what can happen to it now: "approve", "reject", "withdraw"...

    ``alike`` are the items that look like it; ``form`` is what kind of video it is, where its source tells.
    """

    item: Item
    sides: tuple[Side, ...]
    faces: tuple[Face, ...]
    refusals: tuple[tuple[str, str], ...]
    may: frozenset[str]
    alike: tuple[Alike, ...] = ()
    form: str = ""

    @property
    def name(self) -> str:
        """The id as people see it."""
        return item_name(self.item.id)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it has messages for."""
        return tuple(dict.fromkeys(each.seen.channel for each in self.faces))

    @property
    def pictured(self) -> bool:
        """Whether the words of one language have a picture beside them."""
        return any(version.image for version in self.item.versions)


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


def cards(tx: Transaction, desk: Desk, items: Sequence[Item]) -> list[Card]:
    """Return items with their messages, each beside those that look like it."""
    like, only = alike.of(tx, items), sides.only_in_each(tx, items)
    forms = premieres.forms(tx, [item.id for item in items])
    return [
        replace(_card(desk, shown, only[item.id]), alike=like[item.id], form=forms.get(item.id, ""))
        for item, shown in zip(items, operations.show_each(tx, desk, items), strict=True)
    ]


def card(tx: Transaction, desk: Desk, number: int) -> Card:
    """Return an item with its messages: stored once approved, else as they would be."""
    shown = operations.show(tx, desk, number)
    return _card(desk, shown, sides.only_in(tx, shown.item))


def _card(desk: Desk, shown: Shown, only: str) -> Card:
    return card_of(desk, shown, only, f"/items/{item_name(shown.item.id)}/pictures")


def card_of(desk: Desk, shown: Shown, only: str = "", pictured: str = "") -> Card:
    """Return what is shown of an item as a card; ``only`` is the one language that it is for, if so said.

    ``pictured`` is the address below which its pictures are made for whoever looks.
    """
    item = shown.item
    faces = tuple(
        face(message, desk.styles.get(message.channel), pictured and f"{pictured}/{number}")
        for number, message in enumerate(shown.messages)
    )
    return Card(
        item=item,
        sides=_sides(item, faces, _spoken(desk, item), only),
        faces=faces,
        refusals=tuple(shown.refusals.items()),
        may=frozenset(event.value for event in ItemEvent if item.state.value in before(event)),
    )


def _sides(item: Item, faces: tuple[Face, ...], spoken: Collection[str], only: str) -> tuple[Side, ...]:
    further = [version.language for version in item.versions if version.language not in LANGUAGES]
    return tuple(
        Side(
            language,
            version := item.version(language),
            tuple(each for each in faces if each.seen.language == language),
            asked=version is None and language in spoken and not only,
            left_out=version is None and language in spoken and bool(only),
        )
        for language in (*LANGUAGES, *further)
    )


def _spoken(desk: Desk, item: Item) -> frozenset[str]:
    """Return the languages of the channels that an item may go to."""
    names = item.only_channels or tuple(desk.styles)
    return frozenset(
        language for name in names if name in desk.styles for language in desk.styles[name].languages
    )


def slip(tx: Transaction, desk: Desk, now: datetime, post: Post) -> Slip:
    """Return a post with what keeps it back now."""
    may = frozenset(event.value for event in PostEvent if post.state.value in before(event))
    shown = face(post.message, desk.styles.get(post.channel))
    return Slip(post, shown, may, tuple(holds.on_post(tx, post.id, now)))
