"""Moderators: frozen values of a person, the four roles, and ``may``, which stands behind every door.

A door finds out who is speaking; what that person may do is decided here and nowhere else. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from content_queue.lifecycle import ItemEvent, before

if TYPE_CHECKING:
    from content_queue.item import Item


class Role(StrEnum):
    """What a person is to the queue, from the least to the most."""

    READER = "reader"  # sees
    CONTRIBUTOR = "contributor"  # proposes
    EDITOR = "editor"  # edits, approves, holds
    ADMIN = "admin"  # people, sources, going on after everything was paused


class Token(StrEnum):
    """What a token of the API may be used for; each includes the ones before it."""

    READ = "read"
    SUGGEST = "suggest"
    APPROVE = "approve"
    ADMIN = "admin"


class Action(StrEnum):
    """What people do, by the names of the operations."""

    SEE = "see"
    NOTE = "note"
    ADD = "add"
    EDIT = "edit"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    REPEAT = "repeat"
    PAIR = "pair"
    PIN = "pin"
    PUBLISH = "publish"
    MOVE = "move"
    SKIP = "skip"
    CANCEL = "cancel"
    RETRY = "retry"
    RESOLVE = "resolve"
    RECALL = "recall"
    PAUSE = "pause"  # one channel, source, partner, topic, item or post
    RESUME = "resume"
    PAUSE_EVERYTHING = "pause everything"
    RESUME_EVERYTHING = "resume everything"
    PUBLISH_DURING_PAUSE = "publish during a pause"
    SOURCES = "sources"
    PEOPLE = "people"


_LADDER: Final = (Role.READER, Role.CONTRIBUTOR, Role.EDITOR, Role.ADMIN)
_OF_TOKEN: Final[Mapping[Token, Role]] = MappingProxyType(dict(zip(Token, _LADDER, strict=True)))
_LEAST: Final[Mapping[Action, Role]] = MappingProxyType(
    {
        Action.SEE: Role.READER,
        Action.NOTE: Role.CONTRIBUTOR,
        Action.ADD: Role.CONTRIBUTOR,
        Action.EDIT: Role.EDITOR,
        Action.APPROVE: Role.EDITOR,
        Action.REJECT: Role.EDITOR,
        Action.WITHDRAW: Role.EDITOR,
        Action.REOPEN: Role.EDITOR,
        Action.REPEAT: Role.EDITOR,
        Action.PAIR: Role.EDITOR,
        Action.PIN: Role.EDITOR,
        Action.PUBLISH: Role.EDITOR,
        Action.MOVE: Role.EDITOR,
        Action.SKIP: Role.EDITOR,
        Action.CANCEL: Role.EDITOR,
        Action.RETRY: Role.EDITOR,
        Action.RESOLVE: Role.EDITOR,
        Action.RECALL: Role.EDITOR,
        Action.PAUSE: Role.EDITOR,
        Action.RESUME: Role.EDITOR,
        # a stop harms nothing and cannot wait for an admin; going on can
        Action.PAUSE_EVERYTHING: Role.EDITOR,
        Action.RESUME_EVERYTHING: Role.ADMIN,
        Action.PUBLISH_DURING_PAUSE: Role.ADMIN,
        Action.SOURCES: Role.ADMIN,
        Action.PEOPLE: Role.ADMIN,
    }
)
"""The least role that each action asks for. What does not stand here, nobody may do."""
_ANYWHERE: Final = frozenset({Action.SEE, Action.NOTE, Action.ADD})
"""These bind nobody to anything: a grant's channel and language do not narrow them."""
_OF_ONES_OWN: Final = frozenset({Action.EDIT, Action.WITHDRAW})
"""These a contributor may do with a proposal of their own that nobody has judged."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, on one channel or in one language, or everywhere where both are ""."""

    role: Role
    channel: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel that an act concerns, with the languages it speaks."""

    channel: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts. Number 0 is whoever types on the machine itself: the name is all there is."""

    id: int
    name: str
    grants: tuple[Grant, ...] = ()
    login: str = ""
    language: str = ""
    approves_own: bool = True
    joined_at: datetime | None = None
    seen_at: datetime | None = None
    removed_at: datetime | None = None
    erased_at: datetime | None = None
    created_at: datetime | None = None

    @property
    def who(self) -> str:
        """How the history names this person: a number, never a name."""
        return person_name(self.id) if self.id else self.name

    @property
    def role(self) -> Role | None:
        """The highest role, wherever it holds; None for somebody without any."""
        return max((grant.role for grant in self.grants), key=_LADDER.index, default=None)

    @property
    def active(self) -> bool:
        """Whether this person has not been removed."""
        return self.removed_at is None


def local(name: str) -> Person:
    """Return who types on the machine itself: whoever reaches its files could do everything anyway."""
    return Person(0, name, (Grant(Role.ADMIN),))


def person_name(number: int) -> str:
    """Write a person's number as the history and people write it: ``m3``."""
    return f"m{number}"


def limited(person: Person, scope: Token) -> Person:
    """Return a person as a token of theirs acts: with no more than the scope, and no more than theirs."""
    most = _OF_TOKEN[scope]
    grants = tuple(replace(grant, role=_lower(grant.role, most)) for grant in person.grants)
    return replace(person, grants=grants)


def may(
    person: Person | None, action: Action, item: Item | None = None, channel: Place | None = None
) -> bool:
    """Say whether a person may do something, to an item or on a channel where it concerns one.

    What is not allowed by a grant that covers all that is touched is refused. An act on an item without a
    channel touches all of its languages and every channel that it may go to.
    """
    if person is None or not person.active or action not in _LEAST:
        return False
    own = item is not None and bool(item.added_by) and item.added_by == person.who
    if own and action is Action.APPROVE and not person.approves_own:
        return False
    least = _LEAST[action]
    if own and action in _OF_ONES_OWN and item is not None and item.state.value in before(ItemEvent.REJECT):
        return _holds(person, Role.CONTRIBUTOR)
    if action in _ANYWHERE:
        return _holds(person, least)
    strong = [grant for grant in person.grants if _reaches(grant.role, least)]
    return all(any(_covers(grant, place) for grant in strong) for place in _touched(item, channel))


def decides(person: Person | None) -> bool:
    """Say whether a person decides about anything: an editor or admin, wherever that holds."""
    return person is not None and person.active and _holds(person, Role.EDITOR)


def proposes(person: Person | None) -> bool:
    """Say whether a person may propose."""
    return may(person, Action.ADD)


def within(person: Person, scope: Token) -> bool:
    """Say whether a person may do as much as a token of this scope."""
    return _holds(person, _OF_TOKEN[scope])


def _touched(item: Item | None, channel: Place | None) -> Collection[Place]:
    if channel is not None:
        return [channel]
    if item is None:
        return [Place("")]
    languages = tuple(version.language for version in item.versions)
    return [Place(name, languages) for name in item.only_channels or ("",)]


def _covers(grant: Grant, place: Place) -> bool:
    if grant.channel and grant.channel != place.channel:
        return False
    return not grant.language or set(place.languages) == {grant.language}


def _holds(person: Person, least: Role) -> bool:
    return person.role is not None and _reaches(person.role, least)


def _reaches(role: Role, least: Role) -> bool:
    return _LADDER.index(role) >= _LADDER.index(least)


def _lower(one: Role, other: Role) -> Role:
    return min(one, other, key=_LADDER.index)
