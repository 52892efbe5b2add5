"""Reads the dates that feeds write. What a source claims is kept, however odd; the queue clamps it."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from email.utils import mktime_tz, parsedate_tz
from functools import lru_cache

_EPOCH = re.compile(r"\d{9,14}")
_LONGEST = 100
_REMEMBERED = 2048
_FRENCH_MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FRENCH = re.compile(rf"(\d{{1,2}})(?:er)? +({'|'.join(_FRENCH_MONTHS)})[a-z]*\.? +(\d{{4}})(.*)")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?")
_TIME = re.compile(r"(\d{1,2}) ?[h:] ?(\d{2})?(?::(\d{2}))? ?([+-]\d{2}:?\d{2}|[a-z]{1,4})?")


def read_date(text: str) -> datetime | None:
    """Return the time that ``text`` names, in UTC; None where no time can be made out.

    ISO 8601, RFC 822 as it is really written, seconds or milliseconds since 1970, 2018/3/2 and French dates.
    A time without a zone is taken as UTC. 02/03/2018 could be two days and is none.
    """
    text = text.strip()
    return _read(text) if text and len(text) <= _LONGEST else None


@lru_cache(_REMEMBERED)  # a document's dates are asked for twice: by feedparser, then by us
def _read(text: str) -> datetime | None:
    if _EPOCH.fullmatch(text):
        return _epoch(int(text))
    try:
        return _iso(text) or _year_first(text) or _rfc822(text) or _french(text)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _epoch(number: int) -> datetime | None:
    seconds = number / 1000 if number >= 10**11 else number
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _year_first(text: str) -> datetime | None:
    found = _YEAR_FIRST.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = (*map(int, (found[4] or "0:0:0").split(":")), 0)[:3]
    return datetime(int(found[1]), int(found[2]), int(found[3]), hour, minute, second, tzinfo=UTC)


def _rfc822(text: str) -> datetime | None:
    found = parsedate_tz(text)
    if found is None or not _exists(found):
        return None
    return datetime.fromtimestamp(mktime_tz((*found[:9], found[9] or 0)), UTC)


def _exists(found: tuple[int | None, ...]) -> bool:
    """Tell whether the calendar has such a day: 24:00 and a leap second do exist, 30 February does not."""
    year, month, day, hour, minute, second = (number or 0 for number in found[:6])
    in_day = 0 <= hour <= 24 and 0 <= minute < 60 and 0 <= second <= 60  # noqa: PLR2004  a clock
    return 1 <= month <= 12 and 1 <= day <= _days(year, month, day) and in_day  # noqa: PLR2004  a year


def _days(year: int, month: int, day: int) -> int:
    """Return the length of a month, as far as it matters: the calendar is slow, and every month has 28."""
    return 28 if day <= 28 else monthrange(year, month)[1]  # noqa: PLR2004  the shortest month


def _french(text: str) -> datetime | None:
    folded = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    found = _FRENCH.search(folded)
    if found is None:
        return None
    month = _ENGLISH_MONTHS[_FRENCH_MONTHS.index(found[2])]
    clock = _TIME.search(found[4])
    hour, minute, second, zone = clock.groups(default="") if clock else ("0", "", "", "")
    return _rfc822(
        f"{found[1]} {month} {found[3]} {hour}:{minute or '00'}:{second or '00'} {zone or '+0000'}"
    )
