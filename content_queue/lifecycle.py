"""The two lives: every state and event of an item and of a post, two tables, one function ``step``.

Nothing outside this file compares or assigns a state. Queries take theirs from :func:`before`
and from the named groups below; whoever moves a row asks :func:`step` what comes next.

Each state says who moves it on and what a crash leaves behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar


class ItemState(StrEnum):
    """Where an item stands. A person or a rule shown to people moves it; a crash changes nothing."""

    PENDING = "pending"  # waits for a moderator, or for the rule of its trusted source
    APPROVED = "approved"  # its messages are stored; the planner gives it slots
    REJECTED = "rejected"  # a person said no; reopen brings it back
    EXPIRED = "expired"  # a rule that was shown said too late; reopen brings it back
    WITHDRAWN = "withdrawn"  # a person took it out; reopen brings it back
    MERGED = "merged"  # lives on in its other language or its older twin; final


class ItemEvent(StrEnum):
    """What can happen to an item."""

    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    CHANGE = "change"
    REOPEN = "reopen"
    PAIR = "pair"


class PostState(StrEnum):
    """Where a post stands, who moves it on, and what a crash leaves behind."""

    PLANNED = "planned"  # a worker claims it when due; a crash leaves it planned
    CLAIMED = "claimed"  # its worker prepares; nothing public was sent; a crash gives it back
    SENDING = "sending"  # intent is durable, one request may be out; a crash leads to checking
    CHECKING = "checking"  # a worker reads back; any worker may take over
    UNCERTAIN = "uncertain"  # only a person moves it on, or a late receipt
    FAILED = "failed"  # nothing is out; a person retries or drops it
    PUBLISHED = "published"  # a receipt is stored
    RECALLING = "recalling"  # the delete is intended; repeating it is harmless
    RECALLED = "recalled"  # gone from the network; final
    CANCELLED = "cancelled"  # a person or a withdrawn item ended it
    MISSED = "missed"  # it was late; the round is given back if no request was out


class PostEvent(StrEnum):
    """What can happen to a post."""

    CLAIM = "claim"
    CANCEL = "cancel"
    LATE = "late"
    RENEW = "renew"
    GIVE_BACK = "give back"
    LEASE_OVER = "lease over"
    CANNOT = "cannot"
    INTEND = "intend"
    ACCEPTED = "accepted"
    NOT_SENT = "not sent"
    REFUSED = "refused"
    LOCKED_OUT = "locked out"
    UNKNOWN = "unknown"
    FOUND = "found"
    AGAIN = "again"
    CANNOT_TELL = "cannot tell"
    RESEND = "resend"
    DROP = "drop"
    RETRY = "retry"
    RECALL = "recall"
    GONE = "gone"
    STAYS = "stays"


_I, _J = ItemState, ItemEvent
_P, _E = PostState, PostEvent

ITEM_TABLE: Final[Mapping[tuple[ItemState, ItemEvent], ItemState]] = {
    (_I.PENDING, _J.APPROVE): _I.APPROVED,
    (_I.PENDING, _J.REJECT): _I.REJECTED,
    (_I.PENDING, _J.EXPIRE): _I.EXPIRED,
    (_I.PENDING, _J.WITHDRAW): _I.WITHDRAWN,
    (_I.PENDING, _J.CHANGE): _I.PENDING,
    (_I.APPROVED, _J.APPROVE): _I.APPROVED,  # the same words given to a further channel
    (_I.APPROVED, _J.CHANGE): _I.PENDING,
    (_I.APPROVED, _J.WITHDRAW): _I.WITHDRAWN,
    (_I.APPROVED, _J.EXPIRE): _I.EXPIRED,
    (_I.REJECTED, _J.REOPEN): _I.PENDING,
    (_I.EXPIRED, _J.REOPEN): _I.PENDING,
    (_I.WITHDRAWN, _J.REOPEN): _I.PENDING,
    **{(state, _J.PAIR): _I.MERGED for state in _I if state is not _I.MERGED},
}

POST_TABLE: Final[Mapping[tuple[PostState, PostEvent], PostState]] = {
    (_P.PLANNED, _E.CLAIM): _P.CLAIMED,
    (_P.PLANNED, _E.CANCEL): _P.CANCELLED,
    (_P.PLANNED, _E.LATE): _P.MISSED,
    (_P.CLAIMED, _E.RENEW): _P.CLAIMED,
    (_P.CLAIMED, _E.GIVE_BACK): _P.PLANNED,
    (_P.CLAIMED, _E.LEASE_OVER): _P.PLANNED,
    (_P.CLAIMED, _E.CANNOT): _P.FAILED,
    (_P.CLAIMED, _E.CANCEL): _P.CANCELLED,
    (_P.CLAIMED, _E.INTEND): _P.SENDING,
    (_P.SENDING, _E.ACCEPTED): _P.PUBLISHED,
    (_P.SENDING, _E.NOT_SENT): _P.PLANNED,  # these three on the first request of its key only,
    (_P.SENDING, _E.REFUSED): _P.FAILED,  # see FIRST_REQUEST_ONLY
    (_P.SENDING, _E.LOCKED_OUT): _P.PLANNED,
    (_P.SENDING, _E.UNKNOWN): _P.CHECKING,
    (_P.SENDING, _E.LEASE_OVER): _P.CHECKING,
    (_P.CHECKING, _E.FOUND): _P.PUBLISHED,
    (_P.CHECKING, _E.AGAIN): _P.SENDING,
    (_P.CHECKING, _E.CANNOT_TELL): _P.UNCERTAIN,
    (_P.UNCERTAIN, _E.FOUND): _P.PUBLISHED,
    (_P.UNCERTAIN, _E.RESEND): _P.PLANNED,
    (_P.UNCERTAIN, _E.DROP): _P.CANCELLED,
    (_P.FAILED, _E.RETRY): _P.PLANNED,
    (_P.FAILED, _E.DROP): _P.CANCELLED,
    (_P.PUBLISHED, _E.RECALL): _P.RECALLING,
    (_P.RECALLING, _E.GONE): _P.RECALLED,
    (_P.RECALLING, _E.STAYS): _P.PUBLISHED,
    # a receipt that came late: evidence wins over every state that thought nothing was out
    **{(s, _E.FOUND): _P.PUBLISHED for s in (_P.PLANNED, _P.CLAIMED, _P.FAILED, _P.CANCELLED, _P.MISSED)},
}

FIRST_REQUEST_ONLY: Final = frozenset({_E.NOT_SENT, _E.REFUSED, _E.LOCKED_OUT})
"""A network's "no" on a later request of the same key proves nothing about the earlier one."""

PENDING_ITEM: Final = _I.PENDING
SENDABLE_ITEM: Final = _I.APPROVED
"""The only state whose words may go out."""
NEW_POST: Final = _P.PLANNED
ON_THE_WIRE: Final = (_P.CLAIMED, _P.SENDING)
"""At most one of these per channel."""
UNSENT: Final = (_P.PLANNED, _P.CLAIMED)
"""Nothing is out yet: stop, withdraw and edit still win."""
UNDECIDED: Final = (_P.PLANNED, _P.CLAIMED, _P.SENDING, _P.CHECKING, _P.UNCERTAIN, _P.FAILED)
"""Nobody knows yet how it ends."""
ASKS_A_PERSON: Final = (_P.UNCERTAIN, _P.FAILED)
OUT: Final = (_P.PUBLISHED, _P.RECALLING)
"""The public sees these."""
TAKEN_BACK: Final = (_P.RECALLED,)
"""The public saw these, and does no more."""
ENDED_WITHOUT_TRACE: Final = (_P.MISSED, _P.CANCELLED)
"""These give their round back unless a request ever stayed out."""

State = TypeVar("State", ItemState, PostState)
Event = TypeVar("Event", ItemEvent, PostEvent)


class ImpossibleStepError(ValueError):
    """The event cannot happen in that state; the message is fit for people."""


def step_item(state: ItemState, event: ItemEvent) -> ItemState:
    """Return the item state after ``event``; raise :class:`ImpossibleStepError` where there is none."""
    return _look_up(ITEM_TABLE, state, event)


def step_post(state: PostState, event: PostEvent, *, first_request: bool = True) -> PostState:
    """Return the post state after ``event``.

    ``first_request`` says whether the one request of the current key is the first: on a later one
    "not sent", "refused" and "locked out" are not believed and lead to reading back.
    """
    if event in FIRST_REQUEST_ONLY and not first_request:
        event = _E.UNKNOWN
    return _look_up(POST_TABLE, state, event)


def before(event: ItemEvent | PostEvent) -> tuple[str, ...]:
    """Return the states in which ``event`` can happen, for the WHERE of a query."""
    if isinstance(event, ItemEvent):
        return tuple(item.value for item, known in ITEM_TABLE if known is event)
    return tuple(post.value for post, known in POST_TABLE if known is event)


def still_moving(state: PostState) -> bool:
    """Say whether a post of this state is on its way by itself, so that waiting for it makes sense."""
    return state in UNDECIDED and state not in ASKS_A_PERSON


def holds_round(state: PostState, *, request_out: bool) -> bool:
    """Say whether a post keeps its round: it is alive, or a request of it stayed out."""
    return request_out or state not in ENDED_WITHOUT_TRACE


def _look_up(table: Mapping[tuple[State, Event], State], state: State, event: Event) -> State:
    try:
        return table[state, event]
    except KeyError:
        message = f"{event.value!r} cannot follow {state.value!r}"
        raise ImpossibleStepError(message) from None
