"""The one table from what a channel answered to what the queue is told."""

from __future__ import annotations

from datetime import timedelta

from bot.message import ByHand, LockedOut, Receipt, Refused, TryLater
from content_queue.lifecycle import PostEvent
from content_queue.operations.publishing import Outcome
from content_queue.store.database import StoreError
from content_queue.store.locks import BusyError


def outcome_of(answer: Receipt | BaseException, look_after: timedelta) -> Outcome:
    """Return what one create request came to. Whatever is no receipt and no known "no" is unknown."""
    match answer:
        case Receipt():
            return Outcome(PostEvent.ACCEPTED, "", answer.remote_id, answer.remote_url)
        case TryLater():
            wait = answer.after or None  # no network means "at once": without a wait we back off by ourselves
            return Outcome(PostEvent.NOT_SENT, answer.reason, after=wait, look_after=look_after)
        case Refused():
            return Outcome(PostEvent.REFUSED, answer.reason, look_after=look_after)
        case LockedOut():
            return Outcome(PostEvent.LOCKED_OUT, answer.reason, look_after=look_after)
        case ByHand():
            return Outcome(PostEvent.UNKNOWN, answer.reason, lost=False)
    return Outcome(PostEvent.UNKNOWN, words_of(answer), look_after=look_after)


def words_of(error: BaseException) -> str:
    """Return one line for people; a stranger's error gives its kind alone: its words may hold secrets."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, str):
        return reason
    if isinstance(error, StoreError | BusyError):
        return str(error)  # our own words
    if isinstance(error, TimeoutError):
        return "the network did not answer in time"
    return f"an unforeseen {type(error).__name__}"
