"""How single values are written in the file: durations, zones, languages, money, addresses.

Each reader takes what TOML gave and returns the value, or raises ValueError with one line for people.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator, StrictBool, StrictInt

from bot.lean import without
from content_queue.item import MICROS_PER_DOLLAR

SQLITE = "sqlite:///"
POSTGRESQL = "postgresql+psycopg://"

CAMPAIGN_NAMES = ("channel", "network", "language", "kind", "source")

_DURATION = re.compile(r"(?:\d{1,6}[wdhms])+")
_LONGEST = timedelta(days=3650)
_LARGEST_BUDGET = 1_000_000
_LARGEST_PORT = 65_535
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?")


def near(word: str, known: Iterable[str]) -> str:
    """Return '; did you mean "..."?' for the nearest of ``known``, or "" where none is near."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f'; did you mean "{by_lower[found[0]]}"?' if found else ""


def read_duration(value: object) -> timedelta:
    """Read "24h", "10m", "2h30m" or "7d"; a bare number has no unit and is refused."""
    if isinstance(value, timedelta):
        return value
    text = value.replace(" ", "").lower() if isinstance(value, str) else ""
    seconds = _parser()(text) if _DURATION.fullmatch(text) else None
    if seconds is None:
        raise ValueError(
            f'{shown(value)} is no duration; write it with its unit, like "24h", "10m" or "2h30m"'
        )
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"{shown(value)} is longer than ten years")
    return timedelta(seconds=seconds)


@cache
def _parser() -> Callable[[str], float | None]:
    with without("dateutil"):  # 1 MB for months, which no duration here counts by
        from pytimeparse2 import parse

    return cast("Callable[[str], float | None]", parse)


def read_positive_duration(value: object) -> timedelta:
    """Read a duration that is more than nothing."""
    if not (duration := read_duration(value)):
        raise ValueError(f'{shown(value)} is no time at all; write for example "30s"')
    return duration


def read_zone(value: object) -> ZoneInfo:
    """Read the IANA name of a time zone."""
    if isinstance(value, ZoneInfo):
        return value
    name = value if isinstance(value, str) else ""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        hint = near(name, available_timezones()) or '; write it like "America/Toronto"'
        raise ValueError(f"unknown time zone {shown(value)}{hint}") from None


def one_or_more(value: object) -> object:
    """Let a single text stand for a list of one."""
    return [value] if isinstance(value, str) else value


def each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an empty list and a value that stands twice."""
    if not values or len(set(values)) < len(values):
        raise ValueError("name at least one, and each once")
    return values


def read_dollars(value: object) -> int:
    """Read an amount in US dollars as millionths of one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{shown(value)} is no amount in US dollars; write it like 40.00")  # noqa: TRY004  pydantic takes ValueError
    if not 0 <= value <= _LARGEST_BUDGET:
        raise ValueError(f"{value} must lie between 0 and {_LARGEST_BUDGET} US dollars")
    return int(Decimal(str(value)) * MICROS_PER_DOLLAR)


def read_web_address(value: str) -> str:
    """Take an address of http or https with a host and without a password; "" means none."""
    try:
        parts = urlsplit(value)
        fit = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fit = False
    if value and (not fit or not value.isprintable() or " " in value):
        raise ValueError(f'{shown(value)} is no web address; write it like "https://example.org"')
    if value and "@" in parts.netloc:
        raise ValueError("a web address must not carry a user name or password")
    return value


def read_campaign(value: str) -> str:
    """Take what is added to links, such as "utm_source={network}&utm_medium=social"; "" means nothing."""
    for pair in value.split("&") if value else ():
        if not re.fullmatch(r"[\w.\-]+=[^&=#\s]+", pair, re.ASCII):
            raise ValueError(f'{shown(pair)} is no pair; write it like "utm_source={{network}}"')
    for name in re.findall(r"\{([^{}]*)\}", value):
        if name not in CAMPAIGN_NAMES:
            raise ValueError(f"there is no {{{name}}}; the names are {', '.join(CAMPAIGN_NAMES)}")
    return value


def read_colour(value: str) -> str:
    """Take a colour as red, green and blue, two digits each, such as "#0b2559"."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError(f'{shown(value)} is no colour; write it like "#0b2559"')
    return value.lower()


def read_hashtag(value: str) -> str:
    """Take a hashtag without its sign: letters, digits and underscores, and not only digits."""
    if value and (not re.fullmatch(r"\w+", value) or value.isdigit()):
        raise ValueError(
            f'{shown(value)} makes no hashtag; write it without # and spaces, like "TechnoQuébec"'
        )
    return value


def read_database(value: str) -> str:
    """Take the address of a SQLite file, or of a PostgreSQL server."""
    file = value.removeprefix(SQLITE)
    if value.startswith(SQLITE) and file.isprintable() and re.fullmatch(r"[^:?#][^?#]*", file):
        return value
    if not (value.startswith(POSTGRESQL) and _names_a_database(value)):
        ways = f'write "{SQLITE}FILE" or "{POSTGRESQL}USER@HOST/NAME"'
        raise ValueError(f"{shown(value)} is no database; {ways}")
    return value


def _names_a_database(address: str) -> bool:
    """Say whether a server's address names a database, and a port that can be one."""
    try:
        parts = urlsplit(address)
        fit = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return fit and address.isprintable() and len(parts.path) > 1 and "/" not in parts.path[1:]


def read_listen(value: str) -> str:
    """Take ``host:port``; port 0 takes a free one."""
    try:
        parts = urlsplit(f"//{value}")
        fit = parts.hostname and parts.port is not None and parts.netloc == value and "@" not in value
    except ValueError:
        fit = False
    if not fit:
        raise ValueError(f'{shown(value)} is no address to listen on; write it like "127.0.0.1:8080"')
    return value


def read_private_host(value: str) -> str:
    """Take a host name, an address, or a range of addresses."""
    text = value.strip().lower()
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError:
        if "/" in text or ":" in text or not _HOST.fullmatch(text):
            raise ValueError(
                f'{shown(value)} is no host; write a name, an address or a range, without a port: "127.0.0.1"'
            ) from None
    return text


def read_proxy(value: str) -> str:
    """Take the address of a proxy, or a range of addresses."""
    try:
        return str(ipaddress.ip_network(value.strip()))
    except ValueError:
        raise ValueError(
            f'{shown(value)} is no address; write one like "127.0.0.1" or "10.0.0.0/8"'
        ) from None


def read_contact(value: str) -> str:
    """Take what stands in the User-Agent: one line, a mail or web address."""
    fit = value.startswith(("mailto:", "https://", "http://")) and value.isascii() and value.isprintable()
    if value and (not fit or " " in value):
        raise ValueError(f'{shown(value)} is no way to reach people; write it like "mailto:bot@example.org"')
    return value


FILTER_FIELDS = ("title", "text", "category", "author", "language", "form")
"""Where a filter may look, written before it: ``title:StarTech``."""
FORMS = ("short", "live")
"""The forms of videos that a filter may name; that nobody has seen one yet says nothing of it for good."""


def filter_parts(value: str) -> tuple[str, str, bool]:
    """Return where a filter looks ("" everywhere), for what, and whether that is a regular expression."""
    name, colon, rest = value.partition(":")
    where, wanted = (name, rest.strip()) if colon and name in FILTER_FIELDS else ("", value)
    if len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/"):  # noqa: PLR2004  two slashes
        return where, wanted[1:-1], True
    return where, wanted, False


def read_filter(value: str) -> str:
    """Take a word, or a regular expression between slashes, either with a field before it."""
    where, wanted, is_pattern = filter_parts(value)
    name, colon, rest = value.partition(":")
    if colon and not where and not rest.startswith("/") and near(name, FILTER_FIELDS):
        fields = ", ".join(FILTER_FIELDS)
        raise ValueError(f'a filter looks in {fields}, not in "{name}"{near(name, FILTER_FIELDS)}')
    if not wanted.strip():
        raise ValueError("an empty word would fit everything")
    if where == "form" and wanted not in FORMS:
        raise ValueError(
            f"the form of a video is {' or '.join(FORMS)}, not {shown(wanted)}{near(wanted, FORMS)}"
        )
    if is_pattern:
        import regex

        try:
            regex.compile(wanted)
        except regex.error as error:
            raise ValueError(f"{shown(value)} is no regular expression: {error}") from None
    return value


def shown(value: object) -> str:
    """Write a value as the file has it, shortened where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  the width of a line


def write_duration(value: timedelta) -> str:
    """Write a duration as the file has it: "2h30m"."""
    rest = int(value.total_seconds())
    text = ""
    for unit, seconds in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, seconds)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def write_dollars(value: int) -> float:
    """Write millionths of a dollar as dollars."""
    return value / MICROS_PER_DOLLAR


_AS_WRITTEN = PlainSerializer(write_duration, when_used="json")

Flag = StrictBool
Whole = StrictInt
Duration = Annotated[timedelta, BeforeValidator(read_duration), _AS_WRITTEN]
PositiveDuration = Annotated[timedelta, BeforeValidator(read_positive_duration), _AS_WRITTEN]
Zone = Annotated[ZoneInfo, PlainValidator(read_zone), PlainSerializer(str, when_used="json")]
Campaign = Annotated[str, AfterValidator(read_campaign)]
Colour = Annotated[str, AfterValidator(read_colour)]
Hashtag = Annotated[str, AfterValidator(read_hashtag)]
Language = Literal["fr", "en"]
Languages = Annotated[tuple[Language, ...], BeforeValidator(one_or_more), AfterValidator(each_once)]
Dollars = Annotated[int, PlainValidator(read_dollars), PlainSerializer(write_dollars, when_used="json")]
WebAddress = Annotated[str, AfterValidator(read_web_address)]
Listen = Annotated[str, AfterValidator(read_listen)]
Proxy = Annotated[str, AfterValidator(read_proxy)]
PrivateHost = Annotated[str, AfterValidator(read_private_host)]
Database = Annotated[str, AfterValidator(read_database)]
Contact = Annotated[str, AfterValidator(read_contact)]
Filter = Annotated[str, AfterValidator(read_filter)]
