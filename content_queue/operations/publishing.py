"""Publishing one post: claim, intend, settle. The protocol of "never twice" lives here.

    PLANNED --claim--> CLAIMED --intend--> SENDING --settle--> PUBLISHED, PLANNED, FAILED or CHECKING

``intend`` commits the frozen bytes and the key durably *before* the first byte of the request, and asks
every condition again in that one statement, so that stop, withdraw and edit win every race. A receipt
is evidence: it is written whatever the fence says, and never changed. States are written under the
fence. Nobody may send a post that is not SENDING under a fence of his own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason, Scope
from content_queue.lifecycle import PostEvent, before, step_post
from content_queue.operations import breaker, channels, holds, receipts, sightings
from content_queue.operations.conditions import ALL, APPROVED, EACH, OF_THE_CHANNEL, PASSING, REASONS, Pace
from content_queue.operations.history import NO_REASON, note
from content_queue.operations.moves import LostRaceError, move_post
from content_queue.operations.rows import POSTS, locked_post, post_by_id, post_from
from content_queue.store import tables as t
from content_queue.store.beside import beside_others, mine
from content_queue.store.leasing import lease_end

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Post
    from content_queue.operations.rows import Record

LONGEST_WAIT = timedelta(days=1)
"""A network that asks for more holds the channel, and people are told."""
DUE_AT_A_TIME = 20
WORKER = receipts.WORKER
LATE = "the receipt came late"
CHANGED_MEANWHILE = Reason("it was changed meanwhile")

_NOW = sa.bindparam("now", type_=t.Moment())
_PLANNED = t.post.c.state.in_(before(PostEvent.CLAIM))
_IS_DUE = _PLANNED & (t.post.c.due_at <= _NOW)
_DUE_CHANNELS = sa.select(t.post.c.channel).where(_IS_DUE, t.post.c.not_before <= _NOW).distinct()
_WAITS = (
    (t.post.c.due_at, _PLANNED),
    (t.post.c.not_before, _IS_DUE),
    (t.post.c.look_at, t.post.c.state.in_(before(PostEvent.CANNOT_TELL))),
    (t.channel.c.wait_until, sa.true()),
    (t.hold.c.until, t.hold.c.lifted_at.is_(None)),
)
_NEXT_MOMENTS = sa.select(
    *(sa.select(sa.func.min(end)).where(stands, end > _NOW).scalar_subquery() for end, stands in _WAITS)
)
_DUE = (
    POSTS.add_columns(*[clause.label(name) for name, clause in EACH.items()])
    .where(
        t.post.c.channel == sa.bindparam("channel"),
        _PLANNED,
        t.post.c.urgent == sa.bindparam("urgent"),
        t.post.c.due_at <= _NOW,
        t.post.c.not_before <= _NOW,
    )
    .order_by(t.post.c.due_at, t.post.c.id)
    # written out: where a LIMIT is bound, SQLite (with STAT4) plans the whole statement anew at each use
    .limit(sa.bindparam("size", type_=sa.Integer, literal_execute=True))
    .offset(sa.bindparam("passed", type_=sa.Integer, literal_execute=True))
    .with_for_update(skip_locked=True, of=t.post)  # what somebody else changes now is not ours to claim
)
_WHOSE = (t.post.c.id == sa.bindparam("post")) & (t.post.c.fence == sa.bindparam("old_fence"))
_WHY_NOT = sa.select(*[clause.label(name) for name, clause in EACH.items()]).select_from(t.post).where(_WHOSE)
_CLAIM = (
    sa.update(t.post)
    .where(_WHOSE, t.post.c.state.in_(before(PostEvent.CLAIM)), ALL)
    .values(
        state=sa.bindparam("new_state"),
        fence=t.post.c.fence + 1,
        owner=sa.bindparam("new_owner"),
        lease_until=lease_end(),
    )
)
_INTEND = (
    sa.update(t.post)
    .where(_WHOSE, t.post.c.state.in_(before(PostEvent.INTEND)), ALL)
    .values(
        state=sa.bindparam("new_state"),
        frozen=sa.bindparam("body"),
        frozen_digest=sa.bindparam("body_digest"),
        key=sa.bindparam("sent_key"),
        requests=t.post.c.requests + 1,
        attempts=t.post.c.attempts + 1,
        unproven=t.post.c.unproven + 1,
        first_sent_at=sa.func.coalesce(t.post.c.first_sent_at, _NOW),
        out_at=_NOW,
        lease_until=lease_end(),
        lease_losses=0,
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed post, or None and why each due post waits."""

    post: Post | None
    waiting: tuple[tuple[int, Reason], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one create request came to, in the queue's words.

    ``after`` is the wait the network asked for, zero where it was not even asked; ``look_after`` how long
    after the request we read back when nobody can tell. ``lost`` says that an answer was awaited:
    where nobody can tell, it counts against the channel. ``by_hand`` says that people post themselves while
    the channel is locked out.
    """

    event: PostEvent
    note: str = ""
    remote_id: str = ""
    remote_url: str = ""
    after: timedelta | None = None
    look_after: timedelta = timedelta(0)
    lost: bool = True
    by_hand: bool = False


def new_key() -> str:
    """Return a fresh key for a post's coming request."""
    return token_hex(16)


@beside_others
def claim(tx: Connection, now: datetime, pace: Pace, worker: str) -> Claim:
    """Claim the channel's first due post that nothing stands against; late ones are missed on the way.

    What a person wants now goes before what is in the calendar. A channel that another worker claims for at
    this moment is left to that one.
    """
    waiting: list[tuple[int, Reason]] = []
    if not mine(tx, f"channel {pace.channel}"):
        return Claim(None)
    for urgent in (True, False):
        post = _claim_among(tx, now, pace, worker, waiting, urgent=urgent)
        if post is not None:
            return Claim(post, tuple(waiting))
    return Claim(None, tuple(waiting))


def _claim_among(
    tx: Connection,
    now: datetime,
    pace: Pace,
    worker: str,
    waiting: list[tuple[int, Reason]],
    *,
    urgent: bool,
) -> Post | None:
    values = {**pace.parameters(now), "urgent": urgent, "size": 1, "passed": 0}  # mostly the first may go
    while rows := tx.execute(_DUE, values).all():
        for row in rows:
            post = post_from(row)
            if _miss_if_late(tx, now, post, pace):
                continue
            against = _first_against(row)
            if against is None and sightings.is_out(tx, now, post):
                continue
            if against is None and _take(tx, now, post, pace, worker):
                return post_by_id(tx, post.id)
            waiting.append((post.id, against or CHANGED_MEANWHILE))
            if against is not None and against.text in OF_THE_CHANNEL:
                return None
            values["passed"] += 1
        values["size"] = DUE_AT_A_TIME
    return None


@beside_others
def intend(tx: Connection, now: datetime, post: Post, body: bytes, key: str, pace: Pace) -> Post:
    """Commit to sending exactly ``body`` under ``key``.

    Raises :class:`LostRaceError` saying what stands against it.
    """
    digest = sha256(body).hexdigest()
    values = {
        "new_state": step_post(post.state, PostEvent.INTEND).value,
        "body": body,
        "body_digest": digest,
        "sent_key": key,
    }
    who = {"post": post.id, "old_fence": post.fence}
    if tx.execute(_INTEND, {**values, **who, **pace.parameters(now)}).rowcount != 1:
        raise LostRaceError(str(why_not(tx, now, post, pace)))
    sending = post_by_id(tx, post.id)
    receipts.evidence(tx, now, sending, "intent", PostEvent.INTEND, digest)
    note(tx, now, WORKER, PostEvent.INTEND.value, item=post.item, post=post.id)
    return sending


@beside_others
def intended(tx: Connection, post: Post) -> Post:
    """Return the post as it is after an intent of ``post`` whose commit nobody saw the end of.

    Raises :class:`LostRaceError` where the intent was not written, or another has the post by now.
    """
    found = locked_post(tx, post.id)
    if found.fence != post.fence or found.state.value not in before(PostEvent.ACCEPTED):
        raise LostRaceError("the connection to the database was lost before it was written")
    return found


def why_not(tx: Connection, now: datetime, post: Post, pace: Pace) -> Reason:
    """Say what stands against sending a post now."""
    row = tx.execute(_WHY_NOT, {"post": post.id, "old_fence": post.fence, **pace.parameters(now)}).first()
    against = _first_against(row) if row is not None else None
    return against or CHANGED_MEANWHILE


def lasting(tx: Connection, now: datetime, post: Post, pace: Pace) -> Reason | None:
    """Say what stands against sending an urgent post and does not pass by itself, or None."""
    if post.state.value not in before(PostEvent.CLAIM):
        return None
    against = why_not(tx, now, post, pace)
    if against.text in PASSING or against == CHANGED_MEANWHILE:
        return None
    held = [hold.reason for hold in holds.on_post(tx, post.id, now)]
    return Reason("%(what)s", {"what": f"held: {'; '.join(held)}"}) if held else against


@beside_others
def settle(tx: Connection, now: datetime, post: Post, outcome: Outcome) -> None:
    """Write what the request came to: the evidence always, the state under the fence."""
    proof = (outcome.remote_id, outcome.remote_url)
    receipts.evidence(tx, now, post, "create", outcome.event, outcome.note, proof)
    current = locked_post(tx, post.id)
    same = current.fence == post.fence
    if outcome.remote_id:
        receipts.believe(tx, now, current, *proof, same_fence=same)
        return
    if outcome.event is PostEvent.ACCEPTED:  # without an id nobody can tell
        outcome = replace(outcome, event=PostEvent.UNKNOWN, note="accepted, but without an id")
    if same and current.state.value in before(outcome.event):
        _settle_without_receipt(tx, now, current, outcome)
        receipts.believe_what_is_known(tx, now, post.id)


@beside_others
def late_receipt(tx: Connection, now: datetime, key: str, remote_id: str, remote_url: str) -> None:
    """Write a receipt that came after its deadline: it is still true."""
    row = tx.execute(sa.select(t.attempt).where(t.attempt.c.key == key, t.attempt.c.step == "intent")).first()
    if row is None:
        return
    post = locked_post(tx, row.post)
    proof = (remote_id, remote_url)
    receipts.evidence(tx, now, replace(post, key=key), "create", PostEvent.FOUND, LATE, proof)
    receipts.believe(tx, now, post, *proof, same_fence=False)


@beside_others
def give_back(tx: Connection, now: datetime, post: Post, why: Reason, until: datetime) -> None:
    """Put a claimed post back into the plan until ``until``; nothing was sent."""
    values = {"key": new_key(), **_not_before(post, until), "owner": "", "lease_losses": 0}
    move_post(tx, now, WORKER, post, PostEvent.GIVE_BACK, why, **values)


@beside_others
def cannot(tx: Connection, now: datetime, post: Post, reason: str) -> None:
    """Note that a claimed post can never be prepared as it stands."""
    move_post(
        tx, now, WORKER, post, PostEvent.CANNOT, Reason("%(what)s", {"what": reason}), error=reason, owner=""
    )


@beside_others
def save_progress(tx: Connection, post: Post, progress: dict[str, str]) -> None:
    """Store what the network needs between its steps, under the fence."""
    ours = (t.post.c.id == post.id) & (t.post.c.fence == post.fence)
    if tx.execute(sa.update(t.post).where(ours).values(progress=progress)).rowcount != 1:
        message = f"p{post.id} was taken over"
        raise LostRaceError(message)


def _settle_without_receipt(tx: Connection, now: datetime, post: Post, outcome: Outcome) -> None:
    why = Reason("%(what)s", {"what": outcome.note}) if outcome.note else NO_REASON
    becomes = step_post(post.state, outcome.event, first_request=post.requests <= 1).value
    until = _slow_down(tx, now, post.channel, outcome)
    lost = outcome.lost and becomes in before(PostEvent.CANNOT_TELL)
    (breaker.lost if lost else breaker.answered)(tx, now, post.channel)
    if becomes in before(PostEvent.CLAIM):
        values = {**_nothing_out(post), **_fresh_start(), **_not_before(post, until)}
    elif becomes in before(PostEvent.CANNOT_TELL):
        values = {"look_at": _look_at(now, post, outcome.look_after)}
        if not outcome.lost:
            values |= {"first_sent_at": None, "cost": 0}  # nothing has left: a person posts it, for nothing
    else:
        values = _nothing_out(post) | {"holds_round": True}
    state = move_post(tx, now, WORKER, post, outcome.event, why, **values, error=outcome.note, owner="")
    if state.value in before(PostEvent.CLAIM):
        _cancel_what_was_withdrawn(tx, now, post.id)


def _look_at(now: datetime, post: Post, look_after: timedelta) -> datetime:
    """Say when to look; after a repeat we back off, or a network out of order gets one after the other."""
    if post.requests <= 1:
        return (post.first_sent_at or now) + look_after
    return now + max(look_after, channels.own_wait(post.requests - 2))


def _cancel_what_was_withdrawn(tx: Connection, now: datetime, number: int) -> None:
    """A post on the wire could not be cancelled when its item was withdrawn or changed; now it can."""
    if tx.execute(sa.select(APPROVED).where(t.post.c.id == number)).scalar():
        return
    post = post_by_id(tx, number)
    why = Reason("its item is not approved with these words")
    move_post(tx, now, WORKER, post, PostEvent.CANCEL, why, fence=post.fence + 1)


def _slow_down(tx: Connection, now: datetime, channel: str, outcome: Outcome) -> datetime:
    """Heed what the network said about the whole channel; return until when it waits."""
    after, locked_out = outcome.after, outcome.event is PostEvent.LOCKED_OUT
    if locked_out and after is None:
        after = timedelta(0)  # the hold is the wait: who lifts it has set things right
    if locked_out or (after is not None and after > LONGEST_WAIT):
        until = now + after if after else None
        who = holds.BY_HAND if locked_out and outcome.by_hand else WORKER
        holds.hold(tx, now, who, Scope.CHANNEL, channel, outcome.note, until)
    asked = after is not None or outcome.event is PostEvent.NOT_SENT
    if not asked or (after == timedelta(0) and not locked_out):
        return now
    return channels.trouble(tx, now, channel, outcome.note, after)


def _nothing_out(post: Post) -> dict[str, object]:
    """The first request of this key provably made nothing: only earlier keys' requests may be out."""
    if post.unproven > 1:
        return {"unproven": post.unproven - 1}
    return {"unproven": 0, "out_at": None}


def _fresh_start() -> dict[str, object]:
    return {"key": new_key(), "requests": 0, "first_sent_at": None}


def _not_before(post: Post, until: datetime) -> dict[str, object]:
    """Late counts from the later of due time and not-before, so it moves along."""
    if post.late_at is None:
        return {"not_before": until}
    late = post.late_at - max(post.due_at, post.not_before)
    return {"not_before": until, "late_at": max(post.due_at, until) + late}


def _miss_if_late(tx: Connection, now: datetime, post: Post, pace: Pace) -> bool:
    if post.late_at is None or now <= post.late_at or post.urgent:
        return False
    start = max(post.due_at, post.not_before)
    held = holds.total(holds.intervals(tx, post.id, now), start)
    if now <= post.late_at + held or holds.on_post(tx, post.id, now):
        return False  # late stands still while a hold lasts
    hours = {"late": str(pace.late)}
    move_post(
        tx, now, WORKER, post, PostEvent.LATE, Reason("its slot was missed by more than %(late)s", hours)
    )
    return True


def _take(tx: Connection, now: datetime, post: Post, pace: Pace, worker: str) -> Post | None:
    who = {"post": post.id, "old_fence": post.fence, "new_owner": worker}
    state = step_post(post.state, PostEvent.CLAIM)
    if tx.execute(_CLAIM, {**who, "new_state": state.value, **pace.parameters(now)}).rowcount != 1:
        return None
    note(tx, now, WORKER, PostEvent.CLAIM.value, item=post.item, post=post.id)
    return replace(post, state=state, fence=post.fence + 1)  # all that the statement changed of it


def _first_against(row: Record) -> Reason | None:
    return next((Reason(REASONS[name]) for name in EACH if not row._mapping[name]), None)  # noqa: SLF001  SQLAlchemy's way to names


def due_channels(tx: Connection, now: datetime) -> set[str]:
    """Return the channels that have a post due, whatever may stand against it."""
    return set(tx.execute(_DUE_CHANNELS, {"now": now}).scalars())


def next_due(tx: Connection, now: datetime) -> datetime | None:
    """Return a moment after ``now`` by which nothing can have fallen due, no wait, look or hold ended.

    Waking then is never too late, and at most once too early for a post that was told to wait.
    """
    moments = tx.execute(_NEXT_MOMENTS, {"now": now}).one()
    return min((moment for moment in moments if moment is not None), default=None)
