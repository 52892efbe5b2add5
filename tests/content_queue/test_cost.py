"""Own work on a post costs the same however much the queue holds: its statements scan no table."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from content_queue.item import Entry, Kind, Version
from content_queue.lifecycle import PostEvent
from content_queue.operations import intake, judgement, looks, publishing
from content_queue.operations.intake import Origin
from content_queue.operations.publishing import Outcome
from tests.content_queue.builders import BODY, NOW, checking, claimed, message, pace, planned, sending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection


@pytest.fixture
def engine() -> str:
    """SQLite, whose plans this file reads."""
    return "sqlite"


LIMITS = replace(pace(), daily_max=6, budget=10)
GROWING = {"post", "other", "item", "version", "message", "attempt", "history", "entry"}


def claim(tx: Connection) -> Callable[[], object]:
    planned(tx, message(cost=1))
    return lambda: publishing.claim(tx, NOW, LIMITS, "w1")


def intend(tx: Connection) -> Callable[[], object]:
    post = claimed(tx)
    return lambda: publishing.intend(tx, NOW, post, BODY, post.key, LIMITS)


def settle(tx: Connection) -> Callable[[], object]:
    post = sending(tx)
    return lambda: publishing.settle(tx, NOW, post, Outcome(PostEvent.ACCEPTED, "", "r1"))


def not_sent(tx: Connection) -> Callable[[], object]:
    post = sending(tx)
    return lambda: publishing.settle(tx, NOW, post, Outcome(PostEvent.NOT_SENT, "429"))


def due_channels(tx: Connection) -> Callable[[], object]:
    return lambda: publishing.due_channels(tx, NOW)


def next_due(tx: Connection) -> Callable[[], object]:
    return lambda: publishing.next_due(tx, NOW)


def looks_due(tx: Connection) -> Callable[[], object]:
    return lambda: looks.due(tx, NOW)


def take_look(tx: Connection) -> Callable[[], object]:
    post = checking(tx)
    return lambda: looks.take(tx, post, "w1", NOW)


def overdue(tx: Connection) -> Callable[[], object]:
    return lambda: judgement.overdue(tx, NOW)


def take_in(tx: Connection) -> Callable[[], object]:
    words = Version("fr", "Le phare", "Il éclaire la baie depuis cent ans.", "https://example.org/phare")
    entries = [Entry("1", Kind.ARTICLE, (words,)), Entry("2", Kind.ARTICLE, (replace(words, url=""),))]
    intake.take_in(tx, NOW, Origin("one"), entries[:1], [None], first=True)
    return lambda: intake.take_in(tx, NOW, Origin("two"), entries, [None, None], first=False)


@contextmanager
def statements(tx: Connection) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: object, _x: object, _m: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(tx, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(tx, "before_cursor_execute", note)


def scans(tx: Connection, statement: str, parameters: Any) -> list[str]:  # noqa: ANN401  whatever the driver is given
    plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    steps = [str(row[3]) for row in plan]
    return [step for step in steps if step.startswith("SCAN ") and step.split()[1] in GROWING]


@pytest.mark.parametrize(
    "prepare",
    [claim, intend, settle, not_sent, due_channels, next_due, looks_due, take_look, overdue, take_in],
)
def test_no_statement_of_the_hot_path_scans_a_table_that_grows(
    tx: Connection, prepare: Callable[[Connection], Callable[[], object]]
) -> None:
    act = prepare(tx)
    with statements(tx) as seen:
        act()
    asked = [(text, values) for text, values in seen if not text.startswith("INSERT")]
    assert asked
    assert {text: found for text, values in asked if (found := scans(tx, text, values))} == {}
