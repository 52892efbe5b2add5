"""One intake pass: read a source, take in what is new, approve by rule what its trust allows.

due source -> read (fetch and parse, elsewhere) -> sieve -> one transaction:
entries, items, approvals by rule, validators, next poll
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.compose.spread import spread
from bot.runtime.parts import Brought, Intake, Parts
from bot.sources.hints import LONGEST, Hints
from bot.sources.pace import Due, believed, host_of, next_failed, next_well
from content_queue.item import Reason
from content_queue.operations import intake, judgement
from content_queue.operations.intake import Origin, Taken
from content_queue.operations.listing import SourceRow, source
from content_queue.operations.rows import item_by_id, reason_json
from content_queue.store.database import Transaction

RULE = "rule"
BY_RULE = Reason("its source is trusted, and every word is the source's own")
LOOKED_FOR = "entries, hints, hub"
"""What is learned of a document: a release that learns more reads every source whole once more."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll went; ``error`` is one line, "" when it went well."""

    name: str
    taken: Taken = field(default_factory=Taken)
    error: str = ""


async def read(parts: Parts, row: SourceRow) -> Brought:
    """Read one source, where it has moved to; all of it where something was missing the last time.

    So it is where an older release has read it, which looked for less.
    """
    settings = parts.intakes[row.name].settings
    if row.address:
        settings = settings.model_copy(update={"url": row.address})
    known = ("", "") if row.missing or row.looked != LOOKED_FOR else (row.etag, row.last_modified)
    brought = await parts.read(settings, *known)
    parts.crashpoint("K01")
    return brought


def is_as_it_was(row: SourceRow, brought: Brought) -> bool:
    """Tell whether nothing is to be written of a source but that it was read, and when the next time is."""
    moves = brought.moved_to or row.moved_to or row.wait_until
    same = (brought.etag, brought.last_modified) == (row.etag, row.last_modified)
    return (
        brought.entries is None and not brought.error and not moves and same and row.baseline_at is not None
    )


def next_poll(given: Intake, row: SourceRow, brought: Brought, now: datetime) -> datetime:
    """Return when to read a source again that was read well."""
    settings = given.settings
    due = Due(row.name, row.next_poll, now, settings.interval)
    hints = brought.hints or Hints(*row.hints or ())
    return next_well(due, hints, brought.wait or timedelta(0), fixed=settings.every is not None)


async def store(parts: Parts, row: SourceRow, brought: Brought) -> Polled:
    """Store what a source brought, in one transaction."""
    given = parts.intakes[row.name]
    refusals = given.sieve.refusals(brought.entries or (), parts.clock.now())
    write = parts.store.tell(_store, parts, given, brought, refusals, parts.clock.now())
    taken = await asyncio.wrap_future(write)
    log.info("polled", source=row.name, new=len(taken.new), known=taken.known, error=brought.error)
    return Polled(row.name, taken, brought.error)


def approve_by_rule(tx: Transaction, parts: Parts, now: datetime, items: tuple[int, ...]) -> None:
    """Approve those items whose every word is a trusted source's own, where some channel can take them."""
    for number in items:
        item = item_by_id(tx, number)
        made = spread(item, parts.styles) if item.by_rule else None
        if made is not None and made.messages and judgement.may_approve(item):
            judgement.approve(tx, now, RULE, item, made.messages, not_before=now + parts.grace, why=BY_RULE)


def _store(
    tx: Transaction,
    parts: Parts,
    given: Intake,
    brought: Brought,
    refusals: list[Reason | None],
    now: datetime,
) -> Taken:
    taken = Taken()
    row = source(tx, given.settings.name)
    if row is None:
        return taken  # removed while it was read
    if brought.entries is not None:
        taken = _take_in(tx, now, given, row, brought, refusals)
        approve_by_rule(tx, parts, now, (*taken.new, *taken.changed))
    parts.crashpoint("K02")
    result = _result(row, given, brought, taken, now)
    intake.poll_result(tx, now, row.name, result)
    if "address" in result:
        intake.moved(tx, now, row.name, str(result["address"]))
    if brought.error and brought.wait:
        intake.wait_for_host(tx, same_host(parts, row), now + min(brought.wait, LONGEST))
    return taken


def _take_in(
    tx: Transaction,
    now: datetime,
    given: Intake,
    row: SourceRow,
    brought: Brought,
    refusals: list[Reason | None],
) -> Taken:
    settings, entries = given.settings, brought.entries or ()
    origin = Origin(
        name=settings.name,
        partner=settings.partner,
        topics=settings.topics,
        backlog=settings.backlog,
        trusted=settings.approval == "trusted",
        whole=bool(settings.pack),
    )
    take_in = partial(intake.take_in, tx, now, names=brought.names)
    if settings.pack:  # a pack is chosen, not discovered: neither a baseline nor a flood
        return take_in(origin, entries, refusals, first=False, unread=brought.unread)
    return take_in(origin, entries, refusals, first=row.baseline_at is None, last_good=row.last_good)


def same_host(parts: Parts, row: SourceRow) -> list[str]:
    """Return the names of the sources that are read from the host of this one."""
    host = host_of(row.address or row.url)
    urls = {name: one.settings.url for name, one in parts.intakes.items() if one.settings.url}
    return sorted({row.name} | {name for name, url in urls.items() if host_of(url) == host})


def _result(
    row: SourceRow, given: Intake, brought: Brought, taken: Taken, now: datetime
) -> Mapping[str, object]:
    if brought.error:
        failures = row.failures + 1
        usual = next_failed(row.url, brought.error, given.settings.interval, failures)
        wait = max(usual, brought.wait or timedelta(0))
        since = row.failing_since or now
        told = {"error": brought.error, "failures": failures, "failing_since": since, "gone": brought.gone}
        return {**told, "last_new": 0, "next_poll": None if brought.gone else now + wait}
    well = {"error": "", "failures": 0, "failing_since": None, "last_new": len(taken.new), "last_good": now}
    well["wait_until"] = None
    if brought.entries is not None:
        mistakes = [reason_json(mistake) for mistake in brought.mistakes]
        well |= {"notes": list(brought.notes), "mistakes": mistakes}
        well |= {"last_item_at": now} if taken.new else {}
        well |= {"looked": LOOKED_FOR, "hub": brought.hub.address, "topic": brought.hub.topic}
    validators = {"etag": brought.etag, "last_modified": brought.last_modified}
    hints = {} if brought.hints is None else {"hints": astuple(brought.hints)}
    following = {"baseline_at": row.baseline_at or now, "next_poll": next_poll(given, row, brought, now)}
    return {**well, **validators, **hints, **following, **_moving(row, brought, now)}


def _moving(row: SourceRow, brought: Brought, now: datetime) -> Mapping[str, object]:
    """Count how often in a row a source has said that it moved; believe it in the end."""
    target = brought.moved_to
    if not target or target == row.address:
        return _STAYS
    again = target == row.moved_to and row.moved_since is not None
    since = row.moved_since if again and row.moved_since is not None else now
    count = row.moved_count + 1 if again else 1
    if believed(count, since, now):
        return {**_STAYS, "address": target}
    return {"moved_to": target, "moved_count": count, "moved_since": since}


_STAYS: Mapping[str, object] = {"moved_to": "", "moved_count": 0, "moved_since": None}
