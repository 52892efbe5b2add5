"""What passes between the bot and a network: the channel protocol and its four errors.

A channel's four verbs differ in what the public can see. ``prepare`` may be repeated as often as one
likes, ``publish`` is exactly one create request, ``find`` only looks. An error is named by what its
caller does next, and the set is closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from content_queue.item import Message, Picture

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from datetime import date, datetime, timedelta

__all__ = [
    "Account",
    "Blocked",
    "Channel",
    "ChannelError",
    "Consent",
    "Deletes",
    "Frozen",
    "Image",
    "Limits",
    "LockedOut",
    "Message",
    "NotYet",
    "Picture",
    "PictureLimits",
    "Progress",
    "Receipt",
    "Recent",
    "Refused",
    "Seen",
    "TryLater",
    "Uncertain",
]


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of a picture as they go out, ready for the network. ``kind`` is its content type."""

    content: bytes = field(repr=False)
    kind: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a network takes for one picture: its bytes, its longer side in pixels, its content types."""

    maximum: int = 5_000_000
    side: int = 4096
    kinds: tuple[str, ...] = ("image/jpeg", "image/png")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Sites whose links a network shows to none of our readers, by domain, as they were on ``since``.

    ``page`` is the address of ours that goes out in place of such a link, beside the picture; "" lets an item
    with such a link wait.
    """

    domains: frozenset[str]
    since: date
    page: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network takes, known without loading its library.

    ``measure`` returns a text's length in the network's own unit, counting what the network counts
    (markup left out); ``escape`` makes plain words safe inside the network's markup. ``templates`` are
    the network's own for each kind, "default" for the rest. ``keyed`` says that the network maps our
    key to one post, so that repeating a request under the same key is harmless. ``repeats`` says that it
    takes the very same text again. ``caption`` is how long a text may be beside a picture, None where that
    makes no difference; a longer one goes out without. ``by_hand`` says that people post it themselves at its
    slot. ``beside_link`` says that a post shows pictures of ours beside its link, and not the link's card
    alone. ``blocked`` names the sites whose links it does not show. ``picture`` is what it takes for each
    picture; ``card`` the same for the picture of a link's card where we have to bring it, None where the
    network makes its cards itself or has none.
    """

    maximum: int
    measure: Callable[[str], int]
    escape: Callable[[str], str]
    templates: Mapping[str, str]
    hashtags: int = 2
    pictures: int = 4
    alt_maximum: int = 1000
    caption: int | None = None
    by_hand: bool = False
    beside_link: bool = True
    blocked: Blocked | None = None
    keyed: bool = False
    repeats: bool = True
    picture: PictureLimits = PictureLimits()
    card: PictureLimits | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Who a channel posts as, and what is missing for it to post.

    ``missing`` holds one line for each lacking scope, role or product. ``days_left`` is None where the
    consent does not end; ``consent`` names to whom it was given, where the network tells.
    """

    id: str
    name: str
    url: str = ""
    missing: tuple[str, ...] = ()
    days_left: int | None = None
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The exact bytes of the one create request, and the key it goes under."""

    body: bytes
    key: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """Preparing has to wait for the network: come back after ``after``."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a network returned for a post: its id, and the address where the public sees it."""

    remote_id: str
    remote_url: str = ""


async def _keep_nothing(_pairs: Mapping[str, str]) -> None:
    """Forget: for channels whose network needs nothing between its steps."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a network needs between its steps, stored before the next step is taken.

    ``key`` is the post's own key for its coming request: fresh after each return to the plan, the same
    for every repeat. Awaiting ``save`` stores further pairs durably.
    """

    key: str
    known: Mapping[str, str] = field(default_factory=dict)
    save: Callable[[Mapping[str, str]], Awaitable[None]] = _keep_nothing


class ChannelError(Exception):
    """One of the four below; ``reason`` is one line for people, without any secret."""

    def __init__(self, reason: str) -> None:
        """Keep the one line that people will read."""
        super().__init__(reason)
        self.reason = reason


class TryLater(ChannelError):  # noqa: N818  named by what the caller does next
    """Provably nothing appeared; the whole channel waits ``after``, or our own back-off where None."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        """Keep the wait that the network asked for."""
        super().__init__(reason)
        self.after = after


class Refused(ChannelError):  # noqa: N818  named by what the caller does next
    """This post will never go out as it stands."""


class LockedOut(ChannelError):  # noqa: N818  named by what the caller does next
    """Nothing goes out from this account until its owner acts."""


class Uncertain(ChannelError):  # noqa: N818  named by what the caller does next
    """It may be out: nobody can tell from this answer."""


class ByHand(Uncertain):
    """A person posts it, so whether it is out is theirs to say. No answer was lost."""


class Channel(Protocol):
    """One account on one network. Every network is one file that keeps this protocol."""

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""

    @property
    def limits(self) -> Limits:
        """What the network takes."""

    async def check(self) -> Account:
        """Sign in and say who we post as and what is missing; harmless to repeat."""

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        """Do all that the public does not see (uploads, token refresh, the key), and freeze the bytes."""

    async def publish(self, frozen: Frozen) -> Receipt:
        """Make exactly one create request: no sleep, no retry, no redirect.

        Raises one of the four errors; whatever is not a receipt is :class:`Uncertain`.
        """

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Look for the post among our own since ``since``; ids in ``known`` are other posts' receipts.

        None proves nothing by itself.
        """

    async def close(self) -> None:
        """Let go of connections and threads; never waits for a hung one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One of the account's own posts, as its network shows it.

    ``remote_id`` is written exactly as :class:`Receipt` writes it. ``text`` is plain words with what the
    network made of them undone: its own markup, escapes and short links (addresses are written out whole).
    ``at`` is when the network says that it went out.
    """

    remote_id: str
    remote_url: str
    text: str
    at: datetime


@runtime_checkable
class Recent(Protocol):
    """What a channel can do beside :class:`Channel` where its network lists the account's own posts.

    A class that has this one method keeps the protocol; one whose network lists nothing leaves it out.
    It serves to notice a second bot on the same account, and after a backup was restored what went out
    since: see ``content_queue.operations.sightings``.
    """

    async def recent(self, since: datetime) -> Sequence[Seen]:
        """Return all that the account itself posted since ``since`` (reposts left out), in any order.

        All of it or nothing: whoever cannot read every page raises TryLater, for a gap would pass for
        "nothing went out". Raises TryLater or LockedOut, never another of the four. It only reads.
        """


@runtime_checkable
class Consent(Protocol):
    """What a channel can do beside :class:`Channel` where its network tells until when the token lasts."""

    async def consent_until(self) -> datetime | None:
        """Return when nothing goes out any more unless a person signs in again; None where it has no end.

        Raises TryLater or LockedOut, never another of the four. It only reads.
        """


@runtime_checkable
class Deletes(Protocol):
    """What a channel can do beside :class:`Channel` where its network lets a post be taken back."""

    async def delete(self, remote_id: str) -> None:
        """Take our post back; repeating it is harmless, and one that is not there any more is gone.

        Raises TryLater where it can be asked again, Refused where the network will not let it go, LockedOut
        where nothing can be done on the account; never another of the four.
        """
