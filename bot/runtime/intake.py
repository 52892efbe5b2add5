"""One intake pass: read a source, take in what is new, approve by rule what its trust allows.

due source -> read (fetch and parse, elsewhere) -> sieve -> one transaction:
entries, items, approvals by rule, validators, next poll
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.compose.spread import spread
from bot.runtime.parts import Brought, Intake, Parts
from content_queue.item import Entry, Reason
from content_queue.operations import intake, judgement
from content_queue.operations.intake import Origin, Taken
from content_queue.operations.listing import SourceRow, source
from content_queue.operations.rows import item_by_id
from content_queue.store.database import Transaction

RULE = "rule"
LONGEST_INTERVAL = timedelta(days=1)
BY_RULE = Reason("its source is trusted, and every word is the source's own")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll went; ``error`` is one line, "" when it went well."""

    name: str
    taken: Taken = field(default_factory=Taken)
    error: str = ""


async def poll(parts: Parts, row: SourceRow) -> Polled:
    """Poll one source and store what came of it."""
    given = parts.intakes[row.name]
    brought = await parts.read(given.settings, row.etag, row.last_modified)
    parts.crashpoint("K01")
    refusals = [given.sieve.refusal(entry) for entry in brought.entries or ()]
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
        taken = _take_in(tx, now, given, row, brought.entries, refusals)
        approve_by_rule(tx, parts, now, (*taken.new, *taken.changed))
    parts.crashpoint("K02")
    intake.poll_result(tx, now, row.name, _result(row, given, brought, taken, now))
    return taken


def _take_in(
    tx: Transaction,
    now: datetime,
    given: Intake,
    row: SourceRow,
    entries: tuple[Entry, ...],
    refusals: list[Reason | None],
) -> Taken:
    settings = given.settings
    origin = Origin(
        name=settings.name,
        partner=settings.partner,
        topics=settings.topics,
        backlog=settings.backlog,
        trusted=settings.approval == "trusted",
    )
    first = row.baseline_at is None and not settings.pack  # a pack is chosen, not discovered
    return intake.take_in(tx, now, origin, entries, refusals, first=first)


def _result(
    row: SourceRow, given: Intake, brought: Brought, taken: Taken, now: datetime
) -> Mapping[str, object]:
    if brought.error:
        failures = row.failures + 1
        wait = max(_backed_off(given.settings.interval, failures), brought.wait or timedelta(0))
        since = row.failing_since or now
        told = {"error": brought.error, "failures": failures, "failing_since": since, "gone": brought.gone}
        return {**told, "last_new": 0, "next_poll": None if brought.gone else now + wait}
    interval = given.settings.interval
    if given.settings.every is None:
        interval = min(max(interval, brought.wait or interval), LONGEST_INTERVAL)
    well = {"error": "", "failures": 0, "failing_since": None, "last_new": len(taken.new)}
    validators = {"etag": brought.etag, "last_modified": brought.last_modified}
    return {**well, **validators, "baseline_at": row.baseline_at or now, "next_poll": now + interval}


def _backed_off(interval: timedelta, failures: int) -> timedelta:
    return min(interval * (1 << min(failures - 1, 10)), max(LONGEST_INTERVAL, interval))
