"""A channel, items and posts for the planner's tests, on a Monday in Montréal."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from content_queue.calendar import Calendar, parse_quiet, parse_slots
from content_queue.item import Kind
from content_queue.planner import Candidate, Placed, Rules

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONTREAL = ZoneInfo("America/Toronto")
NOW = datetime(2026, 1, 5, 5, tzinfo=UTC)  # a Monday, 00:00 in Montréal
ARTICLE, VIDEO, FACT, QUOTE = Kind.ARTICLE, Kind.VIDEO, Kind.FACT, Kind.QUOTE


def rules(
    *slots: str,
    quiet: str = "",
    min_gap: timedelta = timedelta(),
    daily_max: int | None = None,
    mix: Mapping[Kind, int] | None = None,
    jitter: timedelta = timedelta(),
) -> Rules:
    calendar = Calendar(MONTREAL, parse_slots(slots), parse_quiet(quiet) if quiet else None)
    return Rules("x-fr", frozenset({"fr"}), calendar, min_gap, daily_max, mix or {}, jitter, 6 * HOUR)


def item(number: int, kind: Kind = ARTICLE, source: str = "", **more: object) -> Candidate:
    plain = Candidate(
        number,
        kind,
        1,
        frozenset({"fr"}),
        source or f"s{number}",
        "",
        (),
        NOW - DAY + number * MINUTE,
        NOW - DAY,
    )
    return replace(plain, **more)  # type: ignore[arg-type] # each test names fields of Candidate


def at(clock: str, day: int = 5) -> datetime:
    return datetime.fromisoformat(f"2026-01-{day:02} {clock}").replace(tzinfo=MONTREAL).astimezone(UTC)


def standing(due_at: datetime, number: int = 1000, kind: Kind = FACT, source: str = "other") -> Placed:
    return Placed(due_at, number, kind, source, "", ())
