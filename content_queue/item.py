"""Frozen values that the queue hands out and takes in.

Times are aware datetimes, money is whole millionths of a US dollar, languages are "fr" and "en".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from content_queue.lifecycle import ItemState, PostState

MICROS_PER_DOLLAR = 1_000_000


class Kind(StrEnum):
    """What an item is."""

    ARTICLE = "article"
    VIDEO = "video"
    FACT = "fact"
    QUOTE = "quote"
    ANNOUNCEMENT = "announcement"
    EVENT = "event"
    PRESS = "press"


@dataclass(frozen=True, slots=True)
class Version:
    """An item's words in one language.

    ``credit`` is the source line of a fact or the partner's name; ``wordings`` are further ways to
    say the title of an evergreen item, one for each later round. ``figure`` and ``label`` stand on a
    fact's card, the figure large.
    """

    language: str
    title: str
    summary: str = ""
    url: str = ""
    image: str = ""
    alt: str = ""
    credit: str = ""
    wordings: tuple[str, ...] = ()
    figure: str = ""
    label: str = ""


UNSEEN: Final = "unseen"
"""The form of a video that nobody has seen yet."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One raw entry of a source, before the queue has judged it.

    ``guid`` is the source's own name for it, or "" where it has none. ``published_at`` is what the
    source claims, however absurd; the queue clamps it. ``review_by`` is the day after which a fact
    worded in the present is stale; ``confirmed`` the day on which someone confirmed a quote. ``form`` is
    "short" or "live" where the source shows that a video is one, "unseen" while nobody has seen it, else "".
    """

    guid: str
    kind: Kind
    versions: tuple[Version, ...]
    published_at: datetime | None = None
    topics: tuple[str, ...] = ()
    author: str = ""
    evergreen: bool = False
    review_by: date | None = None
    confirmed: date | None = None
    form: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of content in the queue."""

    id: int
    kind: Kind
    state: ItemState
    source: str
    revision: int
    versions: tuple[Version, ...]
    created_at: datetime
    topics: tuple[str, ...] = ()
    partner: str = ""
    published_at: datetime | None = None
    judged_at: datetime | None = None
    pinned_at: datetime | None = None
    expires_at: datetime | None = None
    review_by: date | None = None
    confirmed: date | None = None
    evergreen: bool = False
    rounds: int = 1
    only_channels: tuple[str, ...] = ()
    by_rule: bool = False
    added_by: str = ""

    def version(self, language: str) -> Version | None:
        """Return the words in ``language``, or None."""
        return next((v for v in self.versions if v.language == language), None)

    @property
    def title(self) -> str:
        """The first version's title, for listings."""
        return self.versions[0].title if self.versions else ""

    @property
    def url(self) -> str:
        """The first address that a version has, for listings."""
        return next((v.url for v in self.versions if v.url), "")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a message: its address, what is on it, and the digest that its stored bytes go by.

    ``digest`` names the very bytes that go out, made for the channel's network; "" where none are kept.
    ``card`` says that it belongs to the link's card, which some networks want us to bring, and not to the
    post itself.
    """

    source: str
    alt: str
    digest: str = ""
    card: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What an item says on one channel, to the letter, as it was approved.

    ``variant`` names which of the approved ways this is ("" the only one, "link", "plain",
    "wording-2"). ``text`` carries the network's own markup where it has one. ``style`` is the digest
    of the templates and options that made it. ``length`` and ``limit`` are in the network's own unit,
    ``cost`` in millionths of a US dollar. ``title`` and ``summary`` are the words of the link's card.
    """

    channel: str
    network: str
    language: str
    text: str
    digest: str
    style: str
    length: int
    limit: int
    variant: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    pictures: tuple[Picture, ...] = ()
    cost: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the bot decided so: a sentence to translate and what to put into it.

    ``str()`` gives the English sentence; a door looks ``text`` up in its language first.
    """

    text: str
    args: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.text % self.args if self.args else self.text


@dataclass(frozen=True, slots=True)
class Post:
    """One item on one channel in one round.

    ``requests`` counts the create requests under the current ``key``, ``attempts`` those of its whole
    life, ``unproven`` those that nothing proved absent. ``fence`` only grows: a writer that holds an
    older one has lost the post.
    """

    id: int
    item: int
    revision: int
    channel: str
    network: str
    round: int
    state: PostState
    due_at: datetime
    not_before: datetime
    message: Message
    key: str
    fence: int = 0
    requests: int = 0
    attempts: int = 0
    first_sent_at: datetime | None = None
    published_at: datetime | None = None
    remote_id: str = ""
    remote_url: str = ""
    error: str = ""
    reason: Reason = field(default_factory=lambda: Reason(""))
    progress: Mapping[str, str] = field(default_factory=dict)
    frozen: bytes = b""
    looks: int = 0
    look_at: datetime | None = None
    pinned: bool = False
    urgent: bool = False
    unproven: int = 0
    late_at: datetime | None = None
    lease_losses: int = 0
    cost: int = 0

    @property
    def to_post_by_hand(self) -> bool:
        """Say whether people were asked to post it, and not the network: nothing has left."""
        return self.requests > 0 and self.first_sent_at is None


class Scope(StrEnum):
    """What a hold covers."""

    EVERYTHING = "everything"
    CHANNEL = "channel"
    SOURCE = "source"
    PARTNER = "partner"
    TOPIC = "topic"
    ITEM = "item"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason why something does not go out now."""

    id: int
    scope: Scope
    target: str
    reason: str
    who: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history: when, who, what, why."""

    at: datetime
    who: str
    what: str
    why: Reason
    item: int | None = None
    post: int | None = None


_REFERENCE = re.compile(r"([ip])(\d{1,18})")


def item_name(number: int) -> str:
    """Write an item's id as people see it: ``i12``."""
    return f"i{number}"


def post_name(number: int) -> str:
    """Write a post's id as people see it: ``p34``."""
    return f"p{number}"


def parse_reference(text: str) -> tuple[str, int]:
    """Read ``i12`` or ``p34`` as ("i", 12) or ("p", 34); raise ValueError for anything else."""
    match = _REFERENCE.fullmatch(text.strip().lower())
    if match is None:
        message = f"{text!r} is no id: an item is written i12, a post p34"
        raise ValueError(message)
    return match[1], int(match[2])
