"""How people write a time in a file or on a command line."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.settings.values import read_positive_duration
from content_queue.calendar import ONE_DAY, Calendar, day_start, parse_slots, slots_between

WAYS = 'write "2026-06-24 09:00", "tomorrow 09:00", "+2h", or a whole ISO 8601 time with its offset'
_DAYS = {"today": 0, "tomorrow": 1, "aujourd'hui": 0, "aujourd’hui": 0, "demain": 1}
_DAY_AND_TIME = re.compile(
    rf"(\d{{4}}-\d{{2}}-\d{{2}}|{'|'.join(_DAYS)})[ t](\d{{1,2}})(?::| ?h ?)(\d{{2}}(?::\d{{2}})?)?", re.ASCII
)


def read_when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that ``text`` means; one without an offset is wall-clock time in ``zone``.

    A wall time that the clocks jump over is the next one that they show. Raises ValueError.
    """
    words = text.strip().replace("\N{NO-BREAK SPACE}", " ")
    try:
        if words.startswith("+"):
            return (now + read_positive_duration(words[1:])).astimezone(zone)
        plain = _DAY_AND_TIME.fullmatch(words.lower())
        if plain is not None:
            return _on_the_wall(_day(plain[1], now, zone), f"{plain[2]}:{plain[3] or '00'}", zone)
        moment = datetime.fromisoformat(words)
    except (ValueError, OverflowError):
        raise ValueError(f'"{text}" is no time; {WAYS}') from None
    if moment.tzinfo is None:
        raise ValueError(f'"{text}" is no time; {WAYS}')
    return moment


def _day(word: str, now: datetime, zone: ZoneInfo) -> date:
    if word in _DAYS:
        return now.astimezone(zone).date() + timedelta(days=_DAYS[word])
    return date.fromisoformat(word)


def _on_the_wall(day: date, clock: str, zone: ZoneInfo) -> datetime:
    # the calendar knows what becomes of a time that a change of the clocks leaves out or shows twice
    calendar = Calendar(zone, parse_slots([f"daily {clock}"]))
    moments = slots_between(calendar, day_start(zone, day), day_start(zone, day + ONE_DAY))
    return next(moments).astimezone(zone)
