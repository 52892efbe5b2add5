"""The tables of the file as they are written, with their defaults."""

from __future__ import annotations

import ipaddress
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field

from bot.settings.values import (
    Campaign,
    Colour,
    Contact,
    Database,
    Dollars,
    Duration,
    Filter,
    Flag,
    Hashtag,
    Language,
    Languages,
    Listen,
    PositiveDuration,
    PrivateHost,
    Proxy,
    WebAddress,
    Whole,
    Zone,
    each_once,
    near,
    one_or_more,
)
from content_queue.calendar import parse_quiet, parse_slots
from content_queue.item import Kind

DEFAULT_TEMPLATE = "default"
PLAIN_TEMPLATE = "plain"
NEWS_TEMPLATE = "news"
LEAST_EVERY = timedelta(minutes=15)
Share = Literal["video", "short", "live"]
"""What a YouTube channel has, each in a list of its own."""


class Links(StrEnum):
    """When a post on X carries its link."""

    ALWAYS = "always"
    NEVER = "never"
    BUDGET = "budget"


class Bilingual(StrEnum):
    """How an account that speaks two languages says what it has in both."""

    TOGETHER = "together"
    APART = "apart"


class OnUncertain(StrEnum):
    """What happens to a post of which nobody can tell whether it is out."""

    ASK = "ask"
    DROP = "drop"
    RESEND = "resend"


class OnLocked(StrEnum):
    """What happens to a channel's posts while nothing goes out from its account until its owner acts."""

    HOLD = "hold"
    MANUAL = "manual"


def _check_template_for(name: str) -> str:
    known = (*Kind, PLAIN_TEMPLATE, NEWS_TEMPLATE, DEFAULT_TEMPLATE)
    if name not in known:
        raise ValueError(f'there is no template for "{name}", only for {", ".join(known)}{near(name, known)}')
    return name


TemplateFor = Annotated[str, AfterValidator(_check_template_for)]


class Table(BaseModel):
    """A table of the file: frozen, and every key known."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _toronto() -> ZoneInfo:
    return ZoneInfo("America/Toronto")


class BotTable(Table):
    """``[bot]``: what holds for the whole bot."""

    timezone: Zone = Field(default_factory=_toronto)
    language: Language = "fr"
    database: Database = "sqlite:///technopolys.db"
    commit_ahead: PositiveDuration = timedelta(hours=24)
    grace: Duration = timedelta(minutes=10)
    pending_for: dict[Kind, Duration] = {}
    french_first: Flag = True
    pair_wait: Duration = timedelta(hours=2)
    partners: str = ""


class DeskChat(Table):
    """``telegram = { chat = ... }``: the moderators' group; ``api`` is another server of the Bot API."""

    chat: Whole
    api: WebAddress = ""


class DeskTable(Table):
    """``[desk]``: the moderators' doors."""

    listen: Listen = "127.0.0.1:8080"
    public_url: WebAddress = ""
    proxies: tuple[Proxy, ...] = ()
    telegram: DeskChat | None = None

    @property
    def host(self) -> str:
        """The address to listen on."""
        return urlsplit(f"//{self.listen}").hostname or ""

    @property
    def port(self) -> int:
        """The port to listen on; 0 takes a free one."""
        return urlsplit(f"//{self.listen}").port or 0


class FetchSettings(Table):
    """``[fetch]``: how the bot reads the web."""

    allow_private: tuple[PrivateHost, ...] = ()
    max_bytes: Annotated[ByteSize, Field(gt=0)] = ByteSize(10_000_000)
    contact: Contact = ""
    websub: Flag = True

    def allows(self, host: str) -> bool:
        """Say whether ``host``, a name or an address, stands in allow_private."""
        if host in self.allow_private:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any("/" in own and address in ipaddress.ip_network(own) for own in self.allow_private)


class SourceTable(Table):
    """``[sources.NAME]``: where content comes from."""

    url: WebAddress = ""
    pack: str = ""
    only: Annotated[tuple[Share, ...], BeforeValidator(one_or_more), AfterValidator(each_once)] = ()
    kind: Kind = Kind.ARTICLE
    language: Language | None = None
    approval: Literal["moderator", "trusted"] = "moderator"
    every: PositiveDuration | None = None
    backlog: Annotated[Whole, Field(ge=0)] = 0
    include: tuple[Filter, ...] = ()
    exclude: tuple[Filter, ...] = ()
    max_age: PositiveDuration | None = None
    topics: tuple[str, ...] = ()
    partner: str = ""
    check_links: Flag = True
    read_pages: Flag = False


def _check_slots(lines: tuple[str, ...]) -> tuple[str, ...]:
    parse_slots(lines)
    return lines


def _check_quiet(value: str) -> str:
    if value:
        parse_quiet(value)
    return value


def _check_holidays(value: str) -> str:
    from bot.settings.holidays import open_holidays

    if value:
        open_holidays(value)
    return value


class TopicTable(Table):
    """``[topics.NAME]``: a topic's own hashtags, by language, without the sign."""

    fr: Hashtag = ""
    en: Hashtag = ""
    everywhere: Flag = False


class CardsTable(Table):
    """``[cards]``: the movement's colours on the pictures of its facts, and the name that signs them."""

    ground: Colour = "#0b2559"
    depth: Colour = "#06122f"
    accent: Colour = "#39c0ed"
    ink: Colour = "#ffffff"
    sign: str = "Technopolys"


class Cards(StrEnum):
    """The shape of a fact's picture on a channel."""

    WIDE = "wide"
    SQUARE = "square"
    NONE = "none"


class ChannelTable(Table):
    """``[channels.NAME]``: the keys that every network takes."""

    network: str
    language: Languages | None = None
    bilingual: Bilingual = Bilingual.TOGETHER
    slots: Annotated[tuple[str, ...], BeforeValidator(one_or_more), AfterValidator(_check_slots)] = ()
    quiet: Annotated[str, AfterValidator(_check_quiet)] = ""
    holidays: Annotated[str, AfterValidator(_check_holidays)] = ""
    min_gap: Duration = timedelta(0)
    daily_max: Annotated[Whole, Field(ge=1)] | None = None
    jitter: Duration = timedelta(0)
    late: PositiveDuration = timedelta(hours=6)
    mix: dict[Kind, Annotated[Whole, Field(ge=1)]] = {}
    links: Links = Links.BUDGET
    campaign: Campaign = ""
    hashtags: Annotated[Whole, Field(ge=0)] | None = None
    cards: Cards = Cards.WIDE
    monthly_budget: Dollars | None = None
    require_alt: Flag = True
    on_uncertain: OnUncertain = OnUncertain.ASK
    on_locked: OnLocked = OnLocked.HOLD
    api: WebAddress = ""
    consent_until: date | None = None
    template: dict[TemplateFor, str] = {}
    look_after: PositiveDuration | None = None
    look_again: PositiveDuration | None = None
    deadline: PositiveDuration = timedelta(seconds=30)
