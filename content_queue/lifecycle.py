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


I, J = ItemState, ItemEvent
P, E = PostState, PostEvent

ITEM_TABLE: Final[Mapping[tuple[ItemState, ItemEvent], ItemState]] = {
    (I.PENDING, J.APPROVE): I.APPROVED,
    (I.PENDING, J.REJECT): I.REJECTED,
    (I.PENDING, J.EXPIRE): I.EXPIRED,
    (I.PENDING, J.WITHDRAW): I.WITHDRAWN,
    (I.PENDING, J.CHANGE): I.PENDING,
    (I.APPROVED, J.APPROVE): I.APPROVED,  # the same words given to a further channel
    (I.APPROVED, J.CHANGE): I.PENDING,
    (I.APPROVED, J.WITHDRAW): I.WITHDRAWN,
    (I.APPROVED, J.EXPIRE): I.EXPIRED,
    (I.REJECTED, J.REOPEN): I.PENDING,
    (I.EXPIRED, J.REOPEN): I.PENDING,
    (I.WITHDRAWN, J.REOPEN): I.PENDING,
    **{(state, J.PAIR): I.MERGED for state in I if state is not I.MERGED},
}

POST_TABLE: Final[Mapping[tuple[PostState, PostEvent], PostState]] = {
    (P.PLANNED, E.CLAIM): P.CLAIMED,
    (P.PLANNED, E.CANCEL): P.CANCELLED,
    (P.PLANNED, E.LATE): P.MISSED,
    (P.CLAIMED, E.RENEW): P.CLAIMED,
    (P.CLAIMED, E.GIVE_BACK): P.PLANNED,
    (P.CLAIMED, E.LEASE_OVER): P.PLANNED,
    (P.CLAIMED, E.CANNOT): P.FAILED,
    (P.CLAIMED, E.CANCEL): P.CANCELLED,
    (P.CLAIMED, E.INTEND): P.SENDING,
    (P.SENDING, E.ACCEPTED): P.PUBLISHED,
    (P.SENDING, E.NOT_SENT): P.PLANNED,  # these three on the first request of its key only,
    (P.SENDING, E.REFUSED): P.FAILED,  # see FIRST_REQUEST_ONLY
    (P.SENDING, E.LOCKED_OUT): P.PLANNED,
    (P.SENDING, E.UNKNOWN): P.CHECKING,
    (P.SENDING, E.LEASE_OVER): P.CHECKING,
    (P.CHECKING, E.FOUND): P.PUBLISHED,
    (P.CHECKING, E.AGAIN): P.SENDING,
    (P.CHECKING, E.CANNOT_TELL): P.UNCERTAIN,
    (P.UNCERTAIN, E.FOUND): P.PUBLISHED,
    (P.UNCERTAIN, E.RESEND): P.PLANNED,
    (P.UNCERTAIN, E.DROP): P.CANCELLED,
    (P.FAILED, E.RETRY): P.PLANNED,
    (P.FAILED, E.DROP): P.CANCELLED,
    (P.PUBLISHED, E.RECALL): P.RECALLING,
    (P.RECALLING, E.GONE): P.RECALLED,
    (P.RECALLING, E.STAYS): P.PUBLISHED,
    # a receipt that came late: evidence wins over every state that thought nothing was out
    **{(s, E.FOUND): P.PUBLISHED for s in (P.PLANNED, P.CLAIMED, P.FAILED, P.CANCELLED, P.MISSED)},
}

FIRST_REQUEST_ONLY: Final = frozenset({E.NOT_SENT, E.REFUSED, E.LOCKED_OUT})
"""A network's "no" on a later request of the same key proves nothing about the earlier one."""

PENDING_ITEM: Final = I.PENDING
NEW_POST: Final = P.PLANNED
ON_THE_WIRE: Final = (P.CLAIMED, P.SENDING)
"""At most one of these per channel."""
UNSENT: Final = (P.PLANNED, P.CLAIMED)
"""Nothing is out yet: stop, withdraw and edit still win."""
ASKS_A_PERSON: Final = (P.UNCERTAIN, P.FAILED)
OUT: Final = (P.PUBLISHED, P.RECALLING)
"""The public sees these."""
ENDED_WITHOUT_TRACE: Final = (P.MISSED, P.CANCELLED)
"""These give their round back unless a request ever stayed out."""

_S = TypeVar("_S", ItemState, PostState)
_E = TypeVar("_E", ItemEvent, PostEvent)


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
        event = E.UNKNOWN
    return _look_up(POST_TABLE, state, event)


def before(event: ItemEvent | PostEvent) -> tuple[str, ...]:
    """Return the states in which ``event`` can happen, for the WHERE of a query."""
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum] = {**ITEM_TABLE, **POST_TABLE}
    return tuple(state.value for state, known in table if known is event)


def holds_round(state: PostState, *, request_out: bool) -> bool:
    """Say whether a post keeps its round: it is alive, or a request of it stayed out."""
    return request_out or state not in ENDED_WITHOUT_TRACE


def _look_up(table: Mapping[tuple[_S, _E], _S], state: _S, event: _E) -> _S:
    try:
        return table[state, event]
    except KeyError:
        message = f"{event.value!r} cannot follow {state.value!r}"
        raise ImpossibleStepError(message) from None
