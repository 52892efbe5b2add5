"""Reading ``[channels.NAME]``: the common keys, the network's own, the templates, the secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from bot.secret import Secret, Secrets, variable
from bot.settings.mistakes import Mistakes, check_table, known_keys
from bot.settings.result import ChannelSettings, NetworkShape
from bot.settings.tables import Bilingual, ChannelTable
from bot.settings.values import near, shown
from content_queue.calendar import Calendar, never, parse_quiet, parse_slots

CheckTemplate = Callable[[str], Sequence[str]]

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
_RESERVED = ("alerts", "database", "key", "desk-telegram")
_COMMON = known_keys(ChannelTable)


@dataclass(frozen=True, slots=True)
class ChannelReader:
    """Reads one channel at a time; what is wrong goes to ``mistakes``."""

    networks: Mapping[str, NetworkShape]
    secrets: Secrets
    mistakes: Mistakes
    check_template: CheckTemplate
    zone: ZoneInfo
    language: str

    def read(self, name: str, raw: Mapping[str, object]) -> ChannelSettings | None:
        """Return the channel, or None after noting all that is wrong with it."""
        section = f"channels.{name}"
        shape = self._shape(section, raw.get("network"))
        table = self._common(section, raw, shape)
        options = self._options(section, raw, shape)
        secrets = self._secrets(name, shape) if shape else {}
        self._check_templates(section, raw.get("template"))
        if table is None or options is None:
            return None
        return self._channel(name, table, options, secrets)

    def _shape(self, section: str, network: object) -> NetworkShape | None:
        if not isinstance(network, str):
            return None
        if network not in self.networks:
            hint = near(network, self.networks) or f"; there are {', '.join(sorted(self.networks))}"
            self.mistakes.add(f"{section}.network", f"unknown network {shown(network)}{hint}")
        return self.networks.get(network)

    def _common(
        self, section: str, raw: Mapping[str, object], shape: NetworkShape | None
    ) -> ChannelTable | None:
        own = known_keys(shape.options) if shape else set()
        for name in raw:
            if shape and name not in _COMMON | own:
                hint = (
                    near(name, _COMMON | own)
                    or f"; {raw['network']} knows {', '.join(sorted(own)) or 'none of its own'}"
                )
                self.mistakes.add(f"{section}.{name}", f"unknown key{hint}")
        common = {name: value for name, value in raw.items() if name in _COMMON}
        return check_table(section, common, ChannelTable, self.mistakes)

    def _options(
        self, section: str, raw: Mapping[str, object], shape: NetworkShape | None
    ) -> BaseModel | None:
        if shape is None:
            return None
        wanted = known_keys(shape.options) - _COMMON
        own = {name: value for name, value in raw.items() if name in wanted}
        return check_table(section, own, shape.options, self.mistakes)

    def _secrets(self, channel: str, shape: NetworkShape) -> dict[str, Secret]:
        found = {}
        for name in shape.secrets:
            secret = require_secret(
                f"channels.{channel}", variable(channel, name), self.secrets, self.mistakes
            )
            if secret is not None:
                found[name] = secret
        return found | self._further(channel, shape)

    def _further(self, channel: str, shape: NetworkShape) -> dict[str, Secret]:
        """Return the secrets that the channel may have; a part of them is a mistake."""
        looked_for = {name: self.secrets.find(variable(channel, name)) for name in shape.further}
        found = {name: secret for name, secret in looked_for.items() if secret is not None}
        missing = [variable(channel, name) for name in shape.further if name not in found]
        if found and missing:
            together = ", ".join(shape.further)
            what = f"{together} are set together or not at all; missing: {', '.join(missing)}"
            self.mistakes.add(f"channels.{channel}", what)
        return found

    def _check_templates(self, section: str, templates: object) -> None:
        for kind, template in templates.items() if isinstance(templates, dict) else ():
            for complaint in self.check_template(template) if isinstance(template, str) else ():
                self.mistakes.add(f"{section}.template.{kind}", complaint)

    def _channel(
        self, name: str, table: ChannelTable, options: BaseModel, secrets: Mapping[str, Secret]
    ) -> ChannelSettings:
        return ChannelSettings(
            name=name,
            network=table.network,
            languages=_french_first(table.language or (self.language,), table.bilingual),
            calendar=self._calendar(table),
            options=options,
            secrets=MappingProxyType(secrets),
            min_gap=table.min_gap,
            daily_max=table.daily_max,
            jitter=table.jitter,
            late=table.late,
            mix=MappingProxyType(table.mix),
            links=table.links,
            monthly_budget=table.monthly_budget,
            require_alt=table.require_alt,
            on_uncertain=table.on_uncertain,
            on_locked=table.on_locked,
            api=table.api,
            consent_until=table.consent_until,
            templates=MappingProxyType(table.template),
            bilingual=table.bilingual,
            campaign=table.campaign,
            hashtags=table.hashtags,
            cards=table.cards,
            look_after=table.look_after,
            look_again=table.look_again,
            deadline=table.deadline,
            written=MappingProxyType({**table.model_dump(mode="json"), **options.model_dump(mode="json")}),
        )

    def _calendar(self, table: ChannelTable) -> Calendar:
        from bot.settings.holidays import Holidays

        return Calendar(
            zone=self.zone,
            slots=parse_slots(table.slots),
            quiet=parse_quiet(table.quiet) if table.quiet else None,
            is_holiday=Holidays(table.holidays) if table.holidays else never,
        )


def _french_first(languages: tuple[str, ...], bilingual: Bilingual) -> tuple[str, ...]:
    """Return the languages in the order they speak: together, French stands first."""
    return tuple(sorted(languages, key="fr".__ne__)) if bilingual is Bilingual.TOGETHER else languages


def require_secret(section: str, name: str, secrets: Secrets, mistakes: Mistakes) -> Secret | None:
    """Return the secret in the variable ``name``, or None after noting that it is missing."""
    secret = secrets.find(name)
    if secret is None:
        places = "set it in the environment, in .env beside this file or as a file in TECHNOPOLYS_SECRETS_DIR"
        mistakes.add(section, f"the secret {name} is missing; {places}")
    return secret


def check_name(section: str, name: str, mistakes: Mistakes) -> None:
    """Note a name that could not be part of a variable or of an address."""
    if not _NAME.fullmatch(name):
        mistakes.add(section, "a name has up to 100 letters a-z, digits, dashes and underscores")


def check_variables(
    channels: Mapping[str, object], networks: Mapping[str, NetworkShape], mistakes: Mistakes
) -> None:
    """Note channels that would read the same variable as another one, or as the bot itself."""
    owners: dict[str, str] = {variable(name, ""): "the bot itself" for name in _RESERVED}
    for name, raw in channels.items():
        for wanted in _variables(name, raw, networks):
            owner = owners.setdefault(wanted, f"channels.{name}")
            if owner != f"channels.{name}":
                mistakes.add(
                    f"channels.{name}", f"would read the same variables as {owner}: {wanted}...; rename it"
                )
                break


def _variables(name: str, raw: object, networks: Mapping[str, NetworkShape]) -> Iterator[str]:
    yield variable(name, "")
    network = raw.get("network") if isinstance(raw, dict) else None
    shape = networks.get(network) if isinstance(network, str) else None
    yield from (variable(name, secret) for secret in ((*shape.secrets, *shape.further) if shape else ()))
