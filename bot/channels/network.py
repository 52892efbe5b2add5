"""What the file of a network declares, and what a channel is handed when it connects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from bot.message import Channel, Frozen, Image, Limits, Receipt
from bot.secret import Redactor, Secret

Options = TypeVar("Options", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a lost answer is read back, by the table in the design.

    The first look comes ``look_after`` the request, ``looks`` of them in all (0: nothing proves
    anything, so a person is asked), ``between`` each. ``resend`` says that the same bytes may go out
    again under the same key, until ``resend_within`` after the first request (None: always).
    """

    look_after: timedelta = timedelta(0)
    looks: int = 0
    between: timedelta = timedelta(0)
    resend: bool = False
    resend_within: timedelta | None = None


def forget_late(_frozen: Frozen, _receipt: Receipt) -> None:
    """Drop a receipt that came after the deadline: for whoever keeps no evidence."""


def unmetered(_cost: int) -> None:
    """Count nothing: for whoever keeps no account."""


async def no_picture(_digest: str) -> Image | None:
    """Know no picture: for whoever keeps none."""
    return None


LateReceipt = Callable[[Frozen, Receipt], None]


class LateReceipts:
    """Passes late receipts on to the worker, which is made after the channels that bring them."""

    def __init__(self) -> None:
        self.receiver: LateReceipt = forget_late

    def __call__(self, frozen: Frozen, receipt: Receipt) -> None:
        """Hand a receipt on; may be called from any thread."""
        self.receiver(frozen, receipt)


class Kept(Protocol):
    """What a network renews by itself (a session, a token), kept from one start to the next."""

    async def load(self) -> Mapping[str, str]:
        """Return what was kept last, empty at first."""

    async def save(self, values: Mapping[str, str]) -> None:
        """Keep these values instead of the former ones: whoever was to renew them has done so."""

    async def ours(self) -> bool:
        """Take it upon us to renew the values; False while another worker is at it, who saves them soon."""


class InMemory:
    """Keeps values as long as the program runs."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    async def load(self) -> Mapping[str, str]:
        """Return what was kept last."""
        return self._values

    async def save(self, values: Mapping[str, str]) -> None:
        """Keep these values."""
        self._values = dict(values)

    async def ours(self) -> bool:
        """Say yes: nobody else sees them."""
        return True


@dataclass(frozen=True, slots=True)
class Wiring(Generic[Options]):
    """All that a channel needs from outside.

    ``api`` is another server's base address, "" for the network's own. ``deadline`` is the longest a
    call may take in all, ``pause`` the first wait before a harmless call is repeated (it doubles).
    ``late_receipt`` is told of a receipt that comes after the deadline; it may be called from any thread.
    ``kept`` keeps what the network renews. ``picture`` reads the bytes of a message's picture by its digest,
    None where they are gone. ``spent`` is told, in millionths of a US dollar, what an act that is no post's
    has cost; it may be called from any thread.
    """

    name: str
    options: Options
    secrets: Mapping[str, Secret]
    api: str
    clock_now: Callable[[], datetime]
    deadline: timedelta
    late_receipt: Callable[[Frozen, Receipt], None] = forget_late
    pause: timedelta = timedelta(seconds=1)
    picture: Callable[[str], Awaitable[Image | None]] = no_picture
    kept: Kept = field(default_factory=InMemory)
    spent: Callable[[int], None] = unmetered

    def redact(self, words: str) -> str:
        """Return a network's words without any of the channel's secrets."""
        return Redactor(self.secrets.values())(words)


@dataclass(frozen=True, slots=True)
class App:
    """An operator's own app on a network: its public id, its secret, the address that it leads back to."""

    id: str
    secret: Secret
    back: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in gave: secrets by name, of ``Network.secrets`` all and of ``further`` all or none.

    ``until`` is when only another sign-in helps; None where there is no end, or the channel tells it itself.
    """

    secrets: Mapping[str, Secret]
    until: datetime | None = None


class SignIn(Protocol):
    """Walks a person through signing in with their own browser: no address of ours has to be reachable."""

    async def link(self, state: str) -> str:
        """Return the address to open; where it leads to an address, ``state`` comes back in that one.

        Raises TryLater, Refused or LockedOut where the network is asked for it first.
        """

    async def signed_in(self, code: str) -> SignedIn:
        """Return what the network gives for a code, which serves once. Raises TryLater, Refused or LockedOut.

        The code belongs to the link that was asked for last.
        """


@dataclass(frozen=True, slots=True)
class Signing(Generic[Options]):
    """How people sign in to a network.

    ``begin`` begins one sign-in, given the operator's app there: an empty one where the bot makes its own.
    ``app`` says what the app's id is, "" where none is needed, and ``app_id`` is the expression that it
    matches. ``back`` is where the app leads back to unless the person names another address, "" where the
    network leaves no choice. ``shows_code`` says that the network shows a code to copy, and leads to no
    address that has it.
    """

    begin: Callable[[Wiring[Options], App], SignIn]
    app: str = ""
    app_id: str = ""
    back: str = ""
    shows_code: bool = False


@dataclass(frozen=True, slots=True)
class Network(Generic[Options]):
    """A network: its options, its rules, and how a channel on it connects.

    ``secrets`` names those that every channel needs, as in the environment without the channel's part.
    ``cost`` is what one post costs in millionths of a US dollar, given whether it carries a link;
    ``alt_cost`` what a picture's alt text adds, ``delete_cost`` what taking a post back costs,
    ``read_cost`` what reading back one of the account's own posts costs.
    ``place`` names where on the network its options lead: two channels of the same secrets and place are one
    account. ``sign_in`` says how people sign in, None where secrets are made on the network's own pages.
    ``further`` names secrets that a channel may have, all of them or none.
    """

    name: str
    options: type[Options]
    secrets: tuple[str, ...]
    limits: Callable[[Options], Limits]
    cost: Callable[[Options, bool], int]
    recovery: Recovery
    connect: Callable[[Wiring[Options]], Channel]
    alt_cost: Callable[[Options], int] = lambda _options: 0
    delete_cost: Callable[[Options], int] = lambda _options: 0
    read_cost: Callable[[Options], int] = lambda _options: 0
    place: Callable[[Options], str] = repr
    sign_in: Signing[Options] | None = None
    further: tuple[str, ...] = ()
