"""What the planner is given, and writing down what it chose.

The planner itself is pure; this file reads a channel's picture for it and turns its choices into posts,
asking once more, inside the transaction, whether each still stands.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Kind, Reason, Scope
from content_queue.lifecycle import NEW_POST, OUT, SENDABLE_ITEM, UNDECIDED, UNSENT
from content_queue.operations import holds
from content_queue.operations.history import note
from content_queue.operations.languages import behind_french
from content_queue.operations.publishing import new_key
from content_queue.operations.rows import message_from, post_by_id, reason_json
from content_queue.planner import Candidate, Choice, Placed, Rules, plan
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.engine import Connection

    from content_queue.item import Hold, Message, Post
    from content_queue.operations.rows import Record

PLANNER = "planner"
WORN_OUT = "no fresh words"
_NO_FRESH_WORDS = Reason(
    "%(channel)s refuses a repeat and every wording has been out there: write a fresh one"
)
MEMORY = timedelta(days=14)
"""How far back the planner looks for mix and fairness."""

_CHANNEL = sa.bindparam("channel", type_=sa.Text)
_OF_CHANNEL = (t.post.c.item == t.item.c.id) & (t.post.c.channel == _CHANNEL)
_used = (
    sa.select(sa.func.count()).where(_OF_CHANNEL, t.post.c.holds_round).correlate(t.item).scalar_subquery()
)
_rendered = sa.exists().where(
    t.message.c.item == t.item.c.id,
    t.message.c.revision == t.item.c.revision,
    t.message.c.channel == _CHANNEL,
)
_languages = (
    sa.select(sa.func.count())
    .where(t.version.c.item == t.item.c.id, t.version.c.revision == t.item.c.revision)
    .correlate(t.item)
    .scalar_subquery()
    .label("languages")
)
_OPEN_ITEMS = sa.select(t.item, _languages).where(
    t.item.c.state == SENDABLE_ITEM.value, _rendered, t.item.c.evergreen | (_used < t.item.c.rounds)
)
_POSTS_OF = sa.select(
    t.post.c.item,
    t.post.c.revision,
    t.post.c.state,
    t.post.c.round,
    t.post.c.holds_round,
    t.post.c.due_at,
    t.post.c.out_at,
).where(t.post.c.channel == _CHANNEL, t.post.c.item.in_(sa.bindparam("items", expanding=True)))
_PLACED = (
    sa.select(
        t.post.c.channel,
        t.post.c.due_at,
        t.post.c.out_at,
        t.item.c.id,
        t.item.c.kind,
        t.item.c.source,
        t.item.c.partner,
        t.item.c.topics,
    )
    .join(t.item, t.item.c.id == t.post.c.item)
    .where(
        t.post.c.channel.in_(sa.bindparam("account", expanding=True)),
        t.post.c.holds_round,
        t.post.c.due_at >= sa.bindparam("since", type_=t.Moment()),
    )
)
_MESSAGES = (
    sa.select(t.message)
    .join(t.item, (t.item.c.id == t.message.c.item) & (t.item.c.revision == t.message.c.revision))
    .where(
        t.item.c.id == sa.bindparam("item"),
        t.item.c.state == SENDABLE_ITEM.value,
        t.message.c.channel == _CHANNEL,
    )
    .order_by(t.message.c.id)
)
_BATCH = 500


def picture(
    tx: Connection,
    now: datetime,
    channel: str,
    account: Sequence[str] = (),
    french: Collection[str] = (),
    pair_wait: timedelta = timedelta(0),
) -> tuple[tuple[Candidate, ...], tuple[Placed, ...]]:
    """Return the channel's candidates and what has been placed on its ``account`` since :data:`MEMORY`.

    ``french`` are the channels whose French version of an item goes first. A story that a source brought in
    one language waits for the other until ``pair_wait`` after it came.
    """
    rows = tx.execute(_OPEN_ITEMS, {"channel": channel}).all()
    held = holds.active(tx, now)
    free = [row for row in rows if not any(_covers(hold, row) for hold in held)]
    past = _past(tx, channel, [row.id for row in free])
    candidates = [c for row in free if (c := _candidate(row, past.get(row.id, []), pair_wait)) is not None]
    if french:
        candidates = behind_french(tx, candidates, french)
    return tuple(candidates), placed(tx, now, channel, account)


def choose(tx: Connection, now: datetime, rules: Rules, until: datetime) -> tuple[Choice, ...]:
    """Return what the planner would put into the channel's free slots up to ``until``."""
    candidates, standing = picture(tx, now, rules.channel, rules.account, rules.french, rules.pair_wait)
    if not rules.repeats:
        candidates = tuple(
            c for c in candidates if c.round == 1 or c.round <= wordings(tx, c.item, rules.channel)
        )
    return plan(rules, candidates, standing, now, until)


def wordings(tx: Connection, item: int, channel: str) -> int:
    """Return in how many ways an approved item may be said on a channel."""
    return len({_wording(message) for message in approved_messages(tx, item, channel)})


def say_worn_out(tx: Connection, now: datetime, channel: str) -> list[int]:
    """Note, once each, the evergreen items that the channel skips from now on for want of fresh words."""
    worn = []
    for row in tx.execute(_OPEN_ITEMS.where(t.item.c.evergreen), {"channel": channel}).all():
        held, _ = _rounds(tx, row.id, channel)
        if held and len(held) >= wordings(tx, row.id, channel) and not _told(tx, row, channel):
            note(
                tx,
                now,
                PLANNER,
                "no fresh words",
                item=row.id,
                why=replace(_NO_FRESH_WORDS, args={"channel": channel}),
            )
            worn.append(row.id)
    return worn


def _told(tx: Connection, row: Record, channel: str) -> bool:
    """Say whether it has been told since its words last changed."""
    mine = (t.history.c.item == row.id) & (t.history.c.what == WORN_OUT)
    since = sa.select(t.history.c.why).where(mine, t.history.c.at >= row.judged_at)
    return any(line.why["args"].get("channel") == channel for line in tx.execute(since))


def placed(tx: Connection, now: datetime, channel: str, account: Sequence[str] = ()) -> tuple[Placed, ...]:
    """Return what stands in the calendar of the channel and its ``account``, from a fortnight ago on."""
    rows = tx.execute(_PLACED, {"account": list(account or (channel,)), "since": now - MEMORY})
    return tuple(
        Placed(
            row.due_at,
            row.id,
            Kind(row.kind),
            row.source,
            row.partner,
            tuple(row.topics),
            own=row.channel == channel,
        )
        for row in rows
    )


def write_down(
    tx: Connection, now: datetime, choices: Sequence[Choice], late: timedelta, budget: int | None, spent: int
) -> list[int]:
    """Turn choices into posts; one that no longer stands is left out. Returns the new posts' ids."""
    made = []
    for choice in choices:
        messages = approved_messages(tx, choice.item, choice.channel)
        if not messages or not _round_free(tx, choice):
            continue
        message = choose_variant(messages, choice.round, None if budget is None else budget - spent)
        spent += message.cost
        made.append(_insert(tx, now, PLANNER, choice, message, late))
    return made


def write_chosen(
    tx: Connection, now: datetime, chosen: Iterable[tuple[Choice, Message]], late: timedelta
) -> list[int]:
    """Turn choices into posts whose variant is chosen already; what no longer stands is left out."""
    return [
        _insert(tx, now, PLANNER, choice, message, late)
        for choice, message in chosen
        if _round_free(tx, choice) and message in approved_messages(tx, choice.item, choice.channel)
    ]


def approved_messages(tx: Connection, item: int, channel: str) -> list[Message]:
    """Return the stored messages of an approved item for a channel, as they stand now."""
    return [message_from(row) for row in tx.execute(_MESSAGES, {"item": item, "channel": channel})]


def choose_variant(messages: Sequence[Message], round_: int, left: int | None) -> Message:
    """Choose among approved variants: the round's wording, with its link while the budget lasts.

    ``left`` is what the month's budget has left, in millionths of a US dollar; None is no limit.
    """
    ways = sorted(wording_of_round(messages, round_), key=lambda m: -m.cost)
    return next((m for m in ways if left is None or m.cost <= left), ways[-1])


def wording_of_round(messages: Sequence[Message], round_: int) -> list[Message]:
    """Return the approved variants that say it in the round's wording."""
    wordings = list(dict.fromkeys(_wording(message) for message in messages))
    return [m for m in messages if _wording(m) == wordings[(round_ - 1) % len(wordings)]]


def post_now(tx: Connection, now: datetime, who: str, item: int, channel: str, late: timedelta) -> Post:
    """Plan an approved item on a channel for now, or bring its planned post forward.

    Raises ValueError with one line when the item is not approved for the channel or its round is used.
    """
    messages = approved_messages(tx, item, channel)
    if not messages:
        message = f"i{item} has no approved text for {channel}; approve it first: technopolys approve i{item}"
        raise ValueError(message)
    waiting = _waiting(tx, item, channel)
    if waiting is not None:
        values = {"due_at": now, "not_before": now, "late_at": None, "urgent": True}
        tx.execute(sa.update(t.post).where(t.post.c.id == waiting).values(**values))
        note(tx, now, who, "now", item=item, post=waiting)
        return post_by_id(tx, waiting)
    choice = _now_choice(tx, now, item, channel)
    number = _insert(tx, now, who, choice, choose_variant(messages, choice.round, None), late, urgent=True)
    return post_by_id(tx, number)


def may_post_now(tx: Connection, item: int, channel: str) -> bool:
    """Say whether an item has a post or a round left on a channel."""
    held, rounds = _rounds(tx, item, channel)
    return len(held) < rounds or _waiting(tx, item, channel) is not None


def spent_since(tx: Connection, channel: str, since: datetime, account: Sequence[str] = ()) -> int:
    """Return in millionths of a dollar what the channel's account has spent since then or is about to."""
    counts = (t.post.c.out_at >= since) | t.post.c.state.in_([state.value for state in UNSENT])
    query = sa.select(sa.func.coalesce(sa.func.sum(t.post.c.cost), 0)).where(
        t.post.c.channel.in_(account or (channel,)), counts
    )
    return int(tx.execute(query).scalar_one())


def _waiting(tx: Connection, item: int, channel: str) -> int | None:
    mine = (t.post.c.item == item) & (t.post.c.channel == channel)
    unsent = t.post.c.state.in_([state.value for state in UNSENT])
    return tx.execute(sa.select(t.post.c.id).where(mine, unsent)).scalar()


def _rounds(tx: Connection, item: int, channel: str) -> tuple[set[int], int]:
    """Return which rounds an item has used up on a channel, and how many it may use."""
    mine = (t.post.c.item == item) & (t.post.c.channel == channel) & t.post.c.holds_round
    held = set(tx.execute(sa.select(t.post.c.round).where(mine)).scalars())
    return held, tx.execute(sa.select(t.item.c.rounds).where(t.item.c.id == item)).scalar_one()


def _now_choice(tx: Connection, now: datetime, item: int, channel: str) -> Choice:
    held, rounds = _rounds(tx, item, channel)
    if len(held) >= rounds:
        message = f"i{item} has had its post on {channel}; to post it once more: technopolys repeat i{item}"
        raise ValueError(message)
    # not simply one more: an earlier round may have been given back after a later one was used
    free = next(number for number in range(1, rounds + 1) if number not in held)
    return Choice(channel, now, item, free, Reason("a person asked for it now"))


def _insert(
    tx: Connection,
    now: datetime,
    who: str,
    choice: Choice,
    message: Message,
    late: timedelta,
    *,
    urgent: bool = False,
) -> int:
    item = tx.execute(sa.select(t.item).where(t.item.c.id == choice.item)).one()
    not_before = now if urgent else max(choice.due_at, item.not_before or choice.due_at)
    values = {
        "item": item.id,
        "revision": item.revision,
        "channel": choice.channel,
        "network": message.network,
        "round": choice.round,
        "state": NEW_POST.value,
        "holds_round": True,
        "pinned": item.pinned_at is not None,
        "urgent": urgent,
        "message": message.id,
        "due_at": choice.due_at,
        "not_before": not_before,
        "late_at": None if urgent else not_before + late,
        "reason": reason_json(choice.reason),
        "key": new_key(),
        "cost": message.cost,
        "created_at": now,
    }
    made = tx.execute(sa.insert(t.post).values(**values)).inserted_primary_key
    number = int(made[0]) if made else 0
    note(tx, now, who, "plan", item=item.id, post=number, why=choice.reason)
    return number


def _round_free(tx: Connection, choice: Choice) -> bool:
    mine = (t.post.c.item == choice.item) & (t.post.c.channel == choice.channel) & t.post.c.holds_round
    return tx.execute(sa.select(t.post.c.id).where(mine, t.post.c.round >= choice.round)).first() is None


def _candidate(row: Record, past: list[Record], pair_wait: timedelta) -> Candidate | None:
    using = [post for post in past if post.holds_round]
    outs = [post.out_at for post in past if post.out_at is not None]
    # these words have left such a slot already; changed words may have it
    given_back = [post.due_at for post in past if not post.holds_round and post.revision == row.revision]
    if row.evergreen and not _may_return(row, using):
        return None
    if row.pinned_at and given_back:
        return None  # its time was a person's word: people are told, the planner finds no other
    asked_for = len(using) < row.rounds  # a first round, or a person's repeat: no rest before it
    alone = bool(row.source) and not row.evergreen and row.languages == 1
    paired = [row.created_at + pair_wait] if alone and pair_wait else []
    start = max(
        [row.not_before or row.created_at, *paired, *(due + timedelta(seconds=1) for due in given_back)]
    )
    return Candidate(
        item=row.id,
        kind=Kind(row.kind),
        round=1 + max((post.round for post in using), default=0),
        languages=frozenset(),
        source=row.source,
        partner=row.partner,
        topics=tuple(row.topics),
        approved_at=row.judged_at or row.created_at,
        not_before=start,
        published_at=row.published_at,
        expires_at=_end(row),
        pinned_at=row.pinned_at,
        last_out=None if asked_for else max(outs, default=None),
    )


def _may_return(row: Record, using: list[Record]) -> bool:
    if len(using) < row.rounds:
        return not any(post.state in _UNDECIDED for post in using)
    return all(post.state in _OUT for post in using)


def _end(row: Record) -> datetime | None:
    ends = [row.expires_at] if row.expires_at else []
    if row.review_by:
        ends.append(datetime.combine(row.review_by + timedelta(days=1), time(), UTC))
    return min(ends, default=None)


def _past(tx: Connection, channel: str, items: Sequence[int]) -> dict[int, list[Record]]:
    past: dict[int, list[Record]] = {}
    for start in range(0, len(items), _BATCH):
        batch = list(items[start : start + _BATCH])
        for row in tx.execute(_POSTS_OF, {"channel": channel, "items": batch}):
            past.setdefault(row.item, []).append(row)
    return past


def _covers(hold: Hold, row: Record) -> bool:
    """Say whether a hold keeps an item from being planned; a held channel plans on."""
    own = {
        Scope.SOURCE: [row.source],
        Scope.PARTNER: [row.partner] if row.partner else [],
        Scope.TOPIC: row.topics,
        Scope.ITEM: [str(row.id)],
    }
    return hold.target in own.get(hold.scope, [])


def _wording(message: Message) -> str:
    for way in ("link", "plain"):
        if message.variant.endswith(way):
            return message.variant.removesuffix(way).removesuffix("-")
    return message.variant


_UNDECIDED = frozenset(state.value for state in UNDECIDED)
_OUT = frozenset(state.value for state in OUT)
