"""How often a source asks to be read: what a feed says of itself, and what came with the answer.

``ttl``, ``skipHours`` and ``skipDays`` of RSS 2.0, ``sy:updatePeriod`` and ``sy:updateFrequency`` of RSS
1.0's syndication module, ``max-age`` of Cache-Control. They lengthen a wait, and never shorten it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONGEST = timedelta(days=1)
_HOUR = timedelta(hours=1)
_OUTSIDE = 20_000
"""Characters before the first entry that are looked at: what a feed says of itself stands there."""
_TTL = re.compile(r"<ttl>\s*(\d{1,6})\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(r"<sy:updatePeriod>\s*(\w{1,10})\s*</sy:updatePeriod>", re.IGNORECASE)
_FREQUENCY = re.compile(r"<sy:updateFrequency>\s*(\d{1,4})\s*</sy:updateFrequency>", re.IGNORECASE)
_HOURS = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_ONE_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAYS = re.compile(r"<skipDays>(.{0,2000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_ONE_DAY = re.compile(r"<day>\s*([a-z]{6,9})\s*</day>", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>/]")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_PERIODS = {
    "hourly": _HOUR,
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Hints:
    """``every`` is the least wait that a feed asks for, in seconds; hours and days are UTC's, Monday is 0."""

    every: int = 0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()

    def after(self, moment: datetime) -> datetime:
        """Return the first moment from ``moment`` on in an hour and on a day that are not to be skipped."""
        if len(self.skip_hours) >= 24 or len(self.skip_days) >= len(_WEEK):  # noqa: PLR2004  a whole day
            return moment
        moment = moment.astimezone(UTC)
        while moment.hour in self.skip_hours or moment.weekday() in self.skip_days:
            moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
        return moment


def hints_of(xml: str) -> Hints:
    """Read what a feed says of itself before its first entry."""
    first = _ENTRY.search(xml)
    head = xml[: min(first.start() if first else len(xml), _OUTSIDE)]
    if "ttl" not in head and "skip" not in head and "sy:" not in head:
        return Hints()
    hours = {int(hour) % 24 for hour in _ONE_HOUR.findall(_inside(_HOURS, head))}
    days = {
        _WEEK.index(day.lower()) for day in _ONE_DAY.findall(_inside(_DAYS, head)) if day.lower() in _WEEK
    }
    every = min(max(_ttl(head), _syndication(head)), LONGEST)
    return Hints(int(every.total_seconds()), tuple(sorted(hours)), tuple(sorted(days)))


def fresh_for(cache_control: str) -> timedelta:
    """Return how long an answer says that it stays fresh, a day at most; zero where it does not say."""
    found = _MAX_AGE.search(cache_control)
    told = cache_control.lower()
    if found is None or "no-cache" in told or "no-store" in told:
        return timedelta(0)
    return min(timedelta(seconds=int(found[1])), LONGEST)


def _inside(pattern: re.Pattern[str], head: str) -> str:
    found = pattern.search(head)
    return found[1] if found else ""


def _ttl(head: str) -> timedelta:
    found = _TTL.search(head)
    return timedelta(minutes=int(found[1])) if found else timedelta(0)


def _syndication(head: str) -> timedelta:
    """Return the period divided by the frequency; a feed without a period says nothing."""
    period, frequency = _PERIOD.search(head), _FREQUENCY.search(head)
    if period is None:
        return timedelta(0)
    return _PERIODS.get(period[1].lower(), timedelta(0)) / max(int(frequency[1]) if frequency else 1, 1)
