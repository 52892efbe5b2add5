"""Reading the whole file: every section for itself, then what stands between them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from bot.secret import ALERTS_URL, DATABASE_PASSWORD, DESK_TELEGRAM_TOKEN, KEY, Secrets, open_secrets
from bot.settings.channels import ChannelReader, CheckTemplate, check_name, check_variables
from bot.settings.leaks import without_secrets
from bot.settings.mistakes import Mistakes, SettingsError, check_table
from bot.settings.origins import OriginReader
from bot.settings.partners import read_partners
from bot.settings.result import (
    BotSettings,
    ChannelSettings,
    DeskSettings,
    NetworkShape,
    Settings,
    SourceSettings,
)
from bot.settings.tables import Bilingual, BotTable, CardsTable, DeskTable, FetchSettings, TopicTable
from bot.settings.values import SQLITE, near

_SECTIONS = ("bot", "desk", "fetch", "sources", "channels", "topics", "cards")

# The movement's own hashtags; the file may say others.
_TOPICS = {
    "startech": TopicTable(fr="StarTech", en="StarTech"),
    "technoquébec": TopicTable(fr="TechnoQuébec", en="QuebecTech"),
}


def no_complaints(_template: str) -> Sequence[str]:
    """Take every template: for whoever does not compose."""
    return ()


def load(
    path: Path,
    environ: Mapping[str, str],
    networks: Mapping[str, NetworkShape],
    check_template: CheckTemplate = no_complaints,
) -> Settings:
    """Read the file at ``path`` and the secrets that belong to it.

    Relative paths in the file count from its folder. ``networks`` are those that channels may live on,
    ``check_template`` returns one line for each thing wrong with a template. Raises
    :class:`SettingsError` with every mistake at once.
    """
    mistakes = Mistakes(str(path))
    raw = without_secrets(_read_toml(path), networks, mistakes)
    folder = path.absolute().parent
    reading = _Reading(raw, folder, open_secrets(folder, environ), networks, mistakes)
    settings = reading.settings(path.absolute(), check_template)
    for line in reading.secrets.mistakes:
        mistakes.add_line(line)
    mistakes.raise_if_any(settings)
    return settings


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        line = f"{path}: there is no such file; `technopolys init` writes one, --config FILE names another"
    except OSError as error:
        line = f"{path}: cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        line = f"{path}: is not text in UTF-8"
    except (tomllib.TOMLDecodeError, ValueError) as error:
        line = f"{path}: is not written in TOML: {error}"
    except RecursionError:
        line = f"{path}: is not written in TOML: it nests too deeply"
    raise SettingsError([line]) from None


def _only(key: str, raw: object) -> BotTable:
    """Return ``[bot]`` with the defaults for every key but one; for that too where it is wrong."""
    written = {key: raw[key]} if isinstance(raw, dict) and key in raw else {}
    return check_table("bot", written, BotTable, Mistakes("")) or BotTable()


class _Reading:
    """One reading of one file."""

    def __init__(
        self,
        raw: Mapping[str, object],
        folder: Path,
        secrets: Secrets,
        networks: Mapping[str, NetworkShape],
        mistakes: Mistakes,
    ) -> None:
        self._raw = raw
        self._folder = folder
        self.secrets = secrets
        self._networks = networks
        self._mistakes = mistakes

    def settings(self, path: Path, check_template: CheckTemplate) -> Settings:
        """Read every section; where one cannot be read its defaults stand in, to go on looking."""
        for name in self._raw:
            if name not in _SECTIONS:
                hint = near(name, _SECTIONS) or f"; there are {', '.join(_SECTIONS)}"
                self._mistakes.add(name, f"unknown section{hint}")
        bot, fetch = self._bot(), self._fetch()
        return Settings(
            bot=bot,
            desk=self._desk(),
            fetch=fetch or FetchSettings(),
            sources=MappingProxyType(self._sources(fetch)),
            channels=MappingProxyType(self._channels(bot, check_template)),
            path=path,
            topics=MappingProxyType(self._topics()),
            partners=MappingProxyType(self._partners(bot)),
            cards=self._cards(),
        )

    def _topics(self) -> dict[str, TopicTable]:
        """Return the topics with hashtags of their own; a topic's name is any text."""
        raw = self._raw.get("topics", {})
        if not isinstance(raw, dict):
            self._mistakes.add("topics", "must hold tables: write [topics.NAME]")
            return {}
        read = {
            name: check_table(f"topics.{name}", own, TopicTable, self._mistakes) for name, own in raw.items()
        }
        return {**_TOPICS, **{name: topic for name, topic in read.items() if topic is not None}}

    def _cards(self) -> CardsTable:
        return check_table("cards", self._raw.get("cards", {}), CardsTable, self._mistakes) or CardsTable()

    def _partners(self, bot: BotSettings) -> dict[str, dict[str, str]]:
        if not bot.partners:
            return {}
        return read_partners(self._folder / bot.partners, self._networks, self._mistakes)

    def _bot(self) -> BotSettings:
        raw = self._raw.get("bot", {})
        table = check_table("bot", raw, BotTable, self._mistakes) or _only("database", raw)
        return BotSettings.model_construct(
            **{**dict(table), "database": self._database(table.database)},
            database_password=self.secrets.find(DATABASE_PASSWORD),
            key=self.secrets.find(KEY),
            alerts_url=self.secrets.find(ALERTS_URL),
        )

    def _database(self, address: str) -> str:
        if address.startswith(SQLITE):
            return f"{SQLITE}{self._folder / address.removeprefix(SQLITE)}"
        return address

    def _desk(self) -> DeskSettings:
        table = check_table("desk", self._raw.get("desk", {}), DeskTable, self._mistakes) or DeskTable()
        token = self.secrets.find(DESK_TELEGRAM_TOKEN)
        return DeskSettings.model_construct(**dict(table), telegram_token=token)

    def _fetch(self) -> FetchSettings | None:
        return check_table("fetch", self._raw.get("fetch", {}), FetchSettings, self._mistakes)

    def _named(self, section: str) -> dict[str, dict[str, object]]:
        """Return the tables of a section by name; what is no table is noted."""
        raw = self._raw.get(section, {})
        if not isinstance(raw, dict):
            self._mistakes.add(section, f"must hold tables: write [{section}.NAME]")
            return {}
        for name, table in raw.items():
            check_name(f"{section}.{name}", name, self._mistakes)
            if not isinstance(table, dict):
                self._mistakes.add(f"{section}.{name}", f"must be a table: write [{section}.{name}]")
        return {name: table for name, table in raw.items() if isinstance(table, dict)}

    def _sources(self, fetch: FetchSettings | None) -> dict[str, SourceSettings]:
        tables = self._named("sources")
        reader = OriginReader(self._folder, fetch, tables, self._mistakes)
        return {one.name: one for name, raw in tables.items() for one in reader.read(name, raw)}

    def _channels(self, bot: BotTable, check_template: CheckTemplate) -> dict[str, ChannelSettings]:
        tables = self._named("channels")
        check_variables(tables, self._networks, self._mistakes)
        reader = ChannelReader(
            self._networks, self.secrets, self._mistakes, check_template, bot.timezone, bot.language
        )
        read = {name: reader.read(name, raw) for name, raw in tables.items()}
        known = {name: channel for name, channel in read.items() if channel is not None}
        return {one.name: one for channel in known.values() for one in self._apart(channel, known)}

    def _apart(
        self, channel: ChannelSettings, known: Mapping[str, ChannelSettings]
    ) -> tuple[ChannelSettings, ...]:
        """Return a channel for each language where an account speaks them apart; the first keeps the name."""
        first, *others = channel.languages
        if channel.bilingual is not Bilingual.APART or not others:
            return (channel,)
        for language in others:
            if (name := f"{channel.name}-{language}") in known:
                text = f'is the name that channels.{channel.name}, whose bilingual is "apart", needs itself'
                self._mistakes.add(f"channels.{name}", text)
        alone = replace(channel, languages=(first,))
        return (alone, *(replace(channel, name=f"{channel.name}-{one}", languages=(one,)) for one in others))
