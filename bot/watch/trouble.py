"""What is wrong: since when, why, and the command that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.sources.pace import worth_an_alarm
from bot.watch.facts import Facts
from content_queue.item import Hold, Post, Reason, Scope, item_name, post_name
from content_queue.lifecycle import PostEvent, before
from content_queue.operations import channels, flood, holds, jumps, listing, overview
from content_queue.operations.corrections import CHANGED, GONE, INTAKE
from content_queue.operations.overview import Overdue
from content_queue.operations.publishing import WORKER
from content_queue.store.database import Transaction

LONG_TROUBLE = timedelta(hours=1)
"""A channel that its network has not served for so long is red."""
_DAY = timedelta(days=1)
WARNED_AHEAD = (timedelta(days=14), timedelta(days=7), timedelta(days=2))
"""How long before a consent ends people are told of it, each time."""


class Light(StrEnum):
    """How bad it is: red needs somebody now, amber before long."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class Kind(StrEnum):
    """What sort of trouble it is, for whoever sorts or counts them."""

    DATABASE = "database"
    NO_WORKER = "no-worker"
    STOPPED = "stopped"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    HELD = "held"
    WAITING = "waiting"
    SOURCE = "source"
    SHEET = "sheet"
    CHANGED = "changed"
    MISSED = "missed"
    BY_HAND = "by-hand"
    CLOCK = "clock"
    CLOCK_SET = "clock-set"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. ``since`` is None where nobody can tell.

    ``about`` names the post, channel, source or other target, "" is everything; ``also`` are the further
    answers beside ``command``, where there is more than one.
    """

    kind: Kind
    severity: Light
    what: Reason
    since: datetime | None
    why: Reason
    command: str
    about: str = ""
    also: tuple[str, ...] = ()


STOP_HERE = 'technopolys pause --why "another bot posts"'
"""What a person says of two bots, where the other one is to go on."""
_ON_HOLD = {
    Scope.EVERYTHING: Reason("everything is held: nothing goes out"),
    Scope.CHANNEL: Reason("the channel %(target)s is held"),
    Scope.SOURCE: Reason("what comes from the source %(target)s is held"),
    Scope.PARTNER: Reason("what comes from the partner %(target)s is held"),
    Scope.TOPIC: Reason("the topic %(target)s is held"),
    Scope.ITEM: Reason("%(target)s is held"),
    Scope.POST: Reason("%(target)s is held"),
}


_LOCKED_OUT = Reason("the channel %(target)s is locked out: people post by hand until it is resumed")


def troubles(tx: Transaction, now: datetime, facts: Facts) -> tuple[Trouble, ...]:
    """Return all that is wrong, red first, the oldest first."""
    held = holds.active(tx, now)
    by_hand = frozenset(channel.name for channel in facts.channels if channel.by_hand)
    found = [
        *_database(facts),
        *_standstill(tx, now, facts),
        *(_asking(post, by_hand) for post in overview.asking(tx)),
        *(_on_hold(hold) for hold in held if hold.who != jumps.CLOCK),
        *_unserved(tx, now, facts, held),
        *_sources(tx, facts, now),
        *_consents(facts, now),
        *_missed(tx, now),
        *_clock(tx, now, held),
    ]
    return tuple(sorted(found, key=_order))


def _order(trouble: Trouble) -> tuple[bool, bool, datetime | None]:
    return (
        trouble.severity is not Light.RED,
        trouble.since is None,
        trouble.since or None,
    )


def _database(facts: Facts) -> Iterator[Trouble]:
    if facts.database:
        what = Reason("the database cannot be used: nothing goes out")
        yield Trouble(Kind.DATABASE, Light.RED, what, None, _words(facts.database), "technopolys check")


def _standstill(tx: Transaction, now: datetime, facts: Facts) -> Iterator[Trouble]:
    found = [
        late
        for channel in facts.channels
        for late in overview.overdue(tx, now, channel.pace(now), facts.patience)
    ]
    if facts.worker is None:
        yield _no_worker(found)
    elif found:
        yield _stopped(found, facts.worker)


def _no_worker(overdue: list[Overdue]) -> Trouble:
    what = Reason("no worker runs")
    if not overdue:
        why = Reason("nothing is read, planned or posted until one does")
        return Trouble(Kind.NO_WORKER, Light.AMBER, what, None, why, "technopolys run")
    why = Reason("%(post)s has been due and nothing else stands against it", _first(overdue))
    return Trouble(Kind.NO_WORKER, Light.RED, what, _since(overdue), why, "technopolys run")


def _stopped(overdue: list[Overdue], worker: str) -> Trouble:
    what = Reason("publishing has stopped on %(channels)s", _first(overdue))
    args = {**_first(overdue), "worker": worker}
    why = Reason(
        "nothing stands against %(post)s, yet the worker (%(worker)s) does not send it: stop and restart it",
        args,
    )
    return Trouble(Kind.STOPPED, Light.RED, what, _since(overdue), why, "technopolys run")


def _first(overdue: list[Overdue]) -> dict[str, str]:
    first = min(overdue, key=lambda one: one.since)
    names = dict.fromkeys(one.channel for one in overdue)
    return {"post": post_name(first.post), "channels": ", ".join(names)}


def _since(overdue: list[Overdue]) -> datetime:
    return min(one.since for one in overdue)


def _asking(post: Post, by_hand: frozenset[str]) -> Trouble:
    args = {"post": post_name(post.id), "channel": post.channel}
    since = post.first_sent_at or post.due_at
    if post.state.value in before(PostEvent.RESEND):
        command = f"technopolys resolve {post_name(post.id)} --found"
        also = tuple(f"technopolys resolve {post_name(post.id)} --{answer}" for answer in ("resend", "drop"))
        why = _words(post.error)
        if post.channel in by_hand or post.to_post_by_hand:
            what = Reason("%(post)s is to be posted by hand on %(channel)s", args)
            return Trouble(Kind.BY_HAND, Light.AMBER, what, since, why, command, post_name(post.id), also)
        what = Reason("%(post)s on %(channel)s: nobody can tell whether it is out", args)
        return Trouble(Kind.UNCERTAIN, Light.RED, what, since, why, command, post_name(post.id), also)
    what = Reason("%(post)s on %(channel)s has failed", args)
    command = f"technopolys retry {post_name(post.id)}"
    return Trouble(Kind.FAILED, Light.RED, what, since, _words(post.error), command, post_name(post.id))


def _on_hold(hold: Hold) -> Trouble:
    target = item_name(int(hold.target)) if hold.scope is Scope.ITEM else hold.target
    target = post_name(int(hold.target)) if hold.scope is Scope.POST else target
    changed = hold.scope is Scope.ITEM and hold.who == INTAKE and hold.reason in {CHANGED, GONE}
    by_itself = hold.scope in (Scope.CHANNEL, Scope.EVERYTHING) and hold.who in (WORKER, holds.BY_HAND)
    said = _LOCKED_OUT if hold.who == holds.BY_HAND else _ON_HOLD[hold.scope]
    second_bot = hold.scope is Scope.EVERYTHING and by_itself
    return Trouble(
        kind=Kind.CHANGED if changed else Kind.HELD,
        severity=Light.RED if by_itself else Light.AMBER,
        what=Reason(said.text, {"target": target} if target else {}),
        since=hold.since,
        why=Reason("%(reason)s (%(who)s)", {"reason": hold.reason, "who": hold.who}),
        command=_way_on(hold, target),
        about=f"{hold.scope.value} {target}".rstrip(),
        also=(STOP_HERE,) if second_bot else (),
    )


def _way_on(hold: Hold, target: str) -> str:
    if hold.reason == flood.HELD:  # to resume it would let all of it in
        return f"technopolys sources release {target} --dry-run"
    return f"technopolys resume --{hold.scope.value} {target}" if target else "technopolys resume"


def _unserved(tx: Transaction, now: datetime, facts: Facts, held: list[Hold]) -> Iterator[Trouble]:
    told = {hold.target for hold in held if hold.scope is Scope.CHANNEL}
    for channel in facts.channels:
        known = channels.condition(tx, channel.name)
        if known.trouble_since is None or channel.name in told:
            continue
        waits = known.wait_until is not None and known.wait_until > now
        red = waits and now - known.trouble_since >= LONG_TROUBLE
        yield Trouble(
            kind=Kind.WAITING,
            severity=Light.RED if red else Light.AMBER,
            what=Reason("the network does not serve the channel %(channel)s", {"channel": channel.name}),
            since=known.trouble_since,
            why=_words(known.trouble),
            command="technopolys check --online",
            about=channel.name,
        )


def _sources(tx: Transaction, facts: Facts, now: datetime) -> Iterator[Trouble]:
    for row in listing.ill_sources(tx):
        if row.owner == "file" and row.name not in facts.sources:
            continue
        if row.mistakes and row.owner:
            yield _mistaken(row)
        if not (row.failures or row.gone):
            continue
        if not row.gone and not worth_an_alarm(row.url, row.error, row.failing_since, now):
            continue
        args = {"source": row.name}
        what = Reason("the source %(source)s is gone" if row.gone else "the source %(source)s fails", args)
        command = f"technopolys poll {row.name}"
        since, why = row.failing_since, _words(row.error)
        yield Trouble(Kind.SOURCE, Light.AMBER, what, since, why, command, row.name)


def _mistaken(row: listing.SourceRow) -> Trouble:
    """A sheet that is read, some rows of which people have to mend."""
    what = Reason("rows of the source %(source)s wait until they are mended", {"source": row.name})
    command = f"technopolys sources explain {row.name}"
    return Trouble(Kind.SHEET, Light.AMBER, what, None, row.mistakes[0], command, row.name)


def _consents(facts: Facts, now: datetime) -> Iterator[Trouble]:
    first, *_, last = WARNED_AHEAD
    for channel in facts.channels:
        end = channel.consent_until
        if end is None or now < end - first:
            continue
        day = f"{end.astimezone(channel.calendar.zone):%Y-%m-%d}"
        args = {"channel": channel.name, "day": day}
        what = Reason("the consent of the channel %(channel)s ends on %(day)s", args)
        why = Reason("nothing goes out there afterwards: make a new token before, as its network's page says")
        light = Light.RED if now >= end - last else Light.AMBER
        command = "technopolys check --online"
        yield Trouble(Kind.CONSENT, light, what, end - first, why, command, channel.name)


def _missed(tx: Transaction, now: datetime) -> Iterator[Trouble]:
    for post in overview.missed(tx, now - _DAY):
        args = {"post": post_name(post.id), "channel": post.channel}
        command = f"technopolys why {post_name(post.id)}"
        why = Reason("its item goes back to the planner")
        if post.pinned:
            command = f"technopolys publish {item_name(post.item)} --channel {post.channel}"
            why = Reason("it was meant for this time only: publish it now, or let it be")
        what = Reason("%(post)s on %(channel)s missed its time", args)
        yield Trouble(Kind.MISSED, Light.AMBER, what, post.due_at, why, command, post_name(post.id))


def _clock(tx: Transaction, now: datetime, held: list[Hold]) -> Iterator[Trouble]:
    for hold in held:
        if hold.who == jumps.CLOCK:
            what = Reason("the machine's clock cannot be believed: nothing goes out")
            why, command = _words(hold.reason), _way_on(hold, hold.target)
            yield Trouble(Kind.CLOCK, Light.RED, what, hold.since, why, command)
            return
    newest = jumps.newest(tx)
    if newest is not None and abs(now - newest[0]) < _DAY:
        why = Reason("it was set, or the machine stood still: look whether the plan is what you want")
        what = jumps.told(newest[1])
        yield Trouble(Kind.CLOCK_SET, Light.AMBER, what, newest[0], why, "technopolys plan")


def _words(text: str) -> Reason:
    return Reason("%(words)s", {"words": text}) if text else Reason("")
