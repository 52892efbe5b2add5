"""Secrets that were written into the file: found, taken out, and told where they belong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from bot.secret import ALERTS_URL, DATABASE_PASSWORD, DESK_TELEGRAM_TOKEN, KEY, TELEGRAM_TOKEN, variable
from bot.settings.mistakes import Mistakes
from bot.settings.result import NetworkShape

_SECRET_NAME = re.compile(r"(.*_)?(token|password|passwd|secret|credentials|api_?key|private_?key)")
_BY_PLACE = {
    ("bot", "key"): KEY,
    ("bot", "alerts_url"): ALERTS_URL,
    ("alerts", "url"): ALERTS_URL,
}
_BY_SECTION = {"bot": DATABASE_PASSWORD, "desk": DESK_TELEGRAM_TOKEN}

Place = tuple[str, ...]


def without_secrets(
    raw: Mapping[str, object], networks: Mapping[str, NetworkShape], mistakes: Mistakes
) -> dict[str, object]:
    """Return the file's tables without the secrets that stand in them, after noting each."""
    return _clean(raw, (), _Places(raw, networks), mistakes)


def _clean(
    table: Mapping[str, object], above: Place, places: _Places, mistakes: Mistakes
) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, value in table.items():
        path = (*above, name)
        if isinstance(value, dict):
            kept[name] = _clean(value, path, places, mistakes)
        elif places.is_secret(path, value):
            mistakes.add(".".join(path), f"a secret never stands in this file; {places.way_out(path)}")
        else:
            kept[name] = value
    return kept


class _Places:
    """Knows which keys hold secrets and where these belong instead."""

    def __init__(self, raw: Mapping[str, object], networks: Mapping[str, NetworkShape]) -> None:
        self._raw = raw
        self._networks = networks

    def is_secret(self, path: Place, value: object) -> bool:
        name = _normal(path[-1])
        named = (
            _SECRET_NAME.fullmatch(name)
            or path in _BY_PLACE
            or name.upper() in (*self._needed(path), *self._further(path))
        )
        return bool(named) or any(map(_looks_secret, _texts(value)))

    def way_out(self, path: Place) -> str:
        variables = ", ".join(self._variables(path))
        take_out = "take it out, renew it if others have seen it,"
        return f"{take_out} and set {variables or 'it'} in the environment or in .env"

    def _variables(self, path: Place) -> tuple[str, ...]:
        if path in _BY_PLACE:
            return (_BY_PLACE[path],)
        if path[0] == "channels" and len(path) > 2:  # noqa: PLR2004  channels, the channel, its key
            own, needed = _normal(path[-1]).upper(), self._needed(path)
            names = (own,) if own in self._further(path) or own in needed else needed or (own,)
            return tuple(variable(path[1], name) for name in names)
        return (_BY_SECTION[path[0]],) if path[0] in _BY_SECTION else ()

    def _needed(self, path: Place) -> tuple[str, ...]:
        """Return the names of the secrets that the channel needs that ``path`` leads into."""
        shape = self._shape(path)
        return shape.secrets if shape else ()

    def _further(self, path: Place) -> tuple[str, ...]:
        """Return the names of those that it may have."""
        shape = self._shape(path)
        return shape.further if shape else ()

    def _shape(self, path: Place) -> NetworkShape | None:
        if path[0] != "channels" or len(path) < 3:  # noqa: PLR2004  channels, the channel, its key
            return None
        network = _inside(self._raw, path[:2]).get("network")
        return self._networks.get(network) if isinstance(network, str) else None


def _inside(raw: Mapping[str, object], path: Place) -> Mapping[str, object]:
    for name in path:
        table = raw.get(name)
        raw = table if isinstance(table, dict) else {}
    return raw


def _normal(name: str) -> str:
    return name.lower().replace("-", "_")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _looks_secret(text: str) -> bool:
    """Say whether a text holds a Telegram token, or is a database's address with a password."""
    if TELEGRAM_TOKEN.search(text):
        return True
    try:
        parts = urlsplit(text)
        return bool(parts.password) and parts.scheme.startswith("postgresql")
    except ValueError:
        return False
