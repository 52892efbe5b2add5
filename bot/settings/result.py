"""What a checked file comes to: frozen settings that the rest of the bot is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel

from bot.secret import ALERTS_URL, DATABASE_PASSWORD, DESK_TELEGRAM_TOKEN, HIDDEN, KEY, Secret, variable
from bot.settings.tables import (
    LEAST_EVERY,
    Bilingual,
    BotTable,
    Cards,
    CardsTable,
    DeskTable,
    FetchSettings,
    Links,
    OnLocked,
    OnUncertain,
    SourceTable,
    TopicTable,
)
from content_queue.calendar import Calendar
from content_queue.item import Kind

_SECRETS_OF_BOT = {"database_password", "key", "alerts_url"}


class NetworkShape(Protocol):
    """What settings need to know of a network: the model of its own keys, and its secrets' names."""

    @property
    def options(self) -> type[BaseModel]:
        """The model that checks the keys beside the common ones."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that every channel of the network needs, without the channel's part of the name."""

    @property
    def further(self) -> tuple[str, ...]:
        """The secrets that a channel may have, all of them or none."""


class BotSettings(BotTable):
    """``[bot]`` and the secrets that belong to it. ``database`` is an address with an absolute path."""

    database_password: Secret | None = None
    key: Secret | None = None
    alerts_url: Secret | None = None

    @property
    def password(self) -> str | None:
        """The database server's password, revealed for the one who connects."""
        return None if self.database_password is None else self.database_password.reveal()

    @property
    def sqlite_path(self) -> Path | None:
        """The database's file, or None where the database is a server."""
        scheme, _, path = self.database.partition(":///")
        return Path(path) if scheme == "sqlite" else None


class DeskSettings(DeskTable):
    """``[desk]`` and its secret."""

    telegram_token: Secret | None = None


class SourceSettings(SourceTable):
    """``[sources.NAME]``: either ``url`` or ``pack``; ``pack`` is a built-in one's name or a file's path.

    A sheet's address stands in both, so that it is read as a feed is and taken in as a pack is.
    ``language`` is None where none was written: then the feed's own holds, else the bot's. ``every`` is
    None where it was not written: then the feed's own hints may lengthen :attr:`interval`.
    """

    name: str

    @property
    def interval(self) -> timedelta:
        """How long to wait between two polls."""
        return self.every or LEAST_EVERY

    @property
    def is_sheet(self) -> bool:
        """Whether it is a pack that is read from the web: a published spreadsheet's CSV."""
        return bool(self.pack and self.url)

    @property
    def host(self) -> str:
        """The host of its address, "" for a pack that is a file."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """``[channels.NAME]``: one account, its calendar, its style, its network's own options and secrets.

    ``monthly_budget`` is in millionths of a US dollar for a month in UTC, None for no limit. ``mix`` gives
    each kind's share. ``look_after`` and ``look_again`` (before the first look for a post of unknown outcome,
    and between two looks) are None where the network's own hold; ``deadline`` bounds one create request.
    ``consent_until`` is the day on which the token ends, where the network does not tell it. ``written`` is
    the table as people read it.
    """

    name: str
    network: str
    languages: tuple[str, ...]
    calendar: Calendar
    options: BaseModel
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    min_gap: timedelta = timedelta(0)
    daily_max: int | None = None
    jitter: timedelta = timedelta(0)
    late: timedelta = timedelta(hours=6)
    mix: Mapping[Kind, int] = field(default_factory=dict)
    links: Links = Links.BUDGET
    monthly_budget: int | None = None
    require_alt: bool = True
    on_uncertain: OnUncertain = OnUncertain.ASK
    on_locked: OnLocked = OnLocked.HOLD
    api: str = ""
    consent_until: date | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    bilingual: Bilingual = Bilingual.TOGETHER
    campaign: str = ""
    hashtags: int | None = None
    cards: Cards = Cards.WIDE
    look_after: timedelta | None = None
    look_again: timedelta | None = None
    deadline: timedelta = timedelta(seconds=30)
    written: Mapping[str, object] = field(default_factory=dict, repr=False)

    def describe(self) -> dict[str, object]:
        """Return the table with every default filled in and every secret hidden."""
        secrets = {variable(self.name, name): _hidden(secret) for name, secret in self.secrets.items()}
        return {**self.written, "secrets": secrets}


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the operator has set; ``path`` is the file, absolute.

    ``topics`` are those with hashtags of their own, ``partners`` each partner's handles by network.
    """

    bot: BotSettings
    desk: DeskSettings
    fetch: FetchSettings
    sources: Mapping[str, SourceSettings]
    channels: Mapping[str, ChannelSettings]
    path: Path
    topics: Mapping[str, TopicTable] = field(default_factory=dict)
    partners: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cards: CardsTable = field(default_factory=CardsTable)

    @property
    def hub_home(self) -> str:
        """The address under which hubs tell us of new entries, "" where none could reach us: it takes https.

        Another one serves where its host stands in ``allow_private``, for a hub of our own.
        """
        public = urlsplit(self.desk.public_url)
        serves = public.scheme == "https" or self.fetch.allows(public.hostname or "")
        return f"{self.desk.public_url.rstrip('/')}/websub" if serves else ""

    def secrets(self) -> tuple[Secret, ...]:
        """Return every secret that was read, for whoever has to keep them out of what it writes."""
        of_channels = (secret for channel in self.channels.values() for secret in channel.secrets.values())
        return (*self._own_secrets().values(), *of_channels)

    def describe(self) -> dict[str, object]:
        """Return everything as people read it; a secret shows only its variable and where that was found."""
        return {
            "file": str(self.path),
            "bot": self.bot.model_dump(mode="json", exclude=_SECRETS_OF_BOT),
            "desk": self.desk.model_dump(mode="json", exclude={"telegram_token"}),
            "fetch": self.fetch.model_dump(mode="json"),
            "sources": {
                name: source.model_dump(mode="json", exclude={"name"})
                for name, source in self.sources.items()
            },
            "cards": self.cards.model_dump(mode="json"),
            "topics": {name: topic.model_dump(mode="json") for name, topic in self.topics.items()},
            "partners": {name: dict(handles) for name, handles in self.partners.items()},
            "channels": {name: channel.describe() for name, channel in self.channels.items()},
            "secrets": {name: _hidden(secret) for name, secret in self._own_secrets().items()},
        }

    def _own_secrets(self) -> dict[str, Secret]:
        own = {
            KEY: self.bot.key,
            DATABASE_PASSWORD: self.bot.database_password,
            ALERTS_URL: self.bot.alerts_url,
            DESK_TELEGRAM_TOKEN: self.desk.telegram_token,
        }
        return {name: secret for name, secret in own.items() if secret is not None}


def _hidden(secret: Secret) -> str:
    return f"{HIDDEN} (from {secret.origin})"
