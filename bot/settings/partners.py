"""The partners file: how each partner is called, and its own handle on each network."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.settings.mistakes import Mistakes
from bot.settings.values import near, shown

_HANDLE = re.compile(r"@[\w.\-]+(?:@[\w.\-]+)?")
_NAME = "name"


def read_partners(
    path: Path, networks: Mapping[str, object], mistakes: Mistakes
) -> dict[str, dict[str, str]]:
    """Return for each partner's name its handles by network; what is wrong with the file is noted.

    A partner is a table: ``name`` (else the table's own name) and, by network, a handle such as "@partner".
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        mistakes.add("bot.partners", f"{path} cannot be read: {error.strerror}")
        return {}
    except ValueError as error:  # no UTF-8, no TOML
        mistakes.add("bot.partners", f"{path} is not written in TOML: {error}")
        return {}
    found = {}
    for key, table in raw.items():
        wrong = list(_mistakes(table, networks))
        for mistake in wrong:
            mistakes.add("bot.partners", f"{path.name}: {key}: {mistake}")
        if not wrong:
            found[table.get(_NAME, key)] = {name: handle for name, handle in table.items() if name != _NAME}
    return found


def _mistakes(table: object, networks: Mapping[str, object]) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "a partner is a table: write [partner] above its handles"
        return
    for name, value in table.items():
        if name == _NAME:
            if not isinstance(value, str) or not value.strip():
                yield "name is how the partner is called in words"
        elif name not in networks:
            yield f"{name} is no network{near(name, networks)}"
        elif not isinstance(value, str) or not _HANDLE.fullmatch(value):
            yield f'{shown(value)} is no handle on {name}; write it like "@partner"'
