"""What commands print: tables for people, JSON for scripts.

Words of feeds reach the terminal here, so control characters never do: people's output leaves them out, JSON
writes them as escapes.
"""

from __future__ import annotations

import json as json_module
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Row = Mapping[str, object]

# What a terminal would obey: CSI and OSC sequences whole, then any single control character.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[@-_]"
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST_FIXED = 25


def show(rows: Iterable[Row], columns: Sequence[str], *, json: bool) -> None:
    """Print a listing: exactly one JSON array with every key of each row, or a table of ``columns``."""
    listed = list(rows)
    if json:
        _print_json([dict(row) for row in listed])
    elif listed:
        _console().print(_table(listed, columns))
    else:
        say("nothing to show")


def show_one(values: Row, *, json: bool) -> None:
    """Print one object: exactly one JSON object, or a line for each value, inner names joined by dots."""
    if json:
        _print_json(dict(values))
    else:
        _console().print(_pairs(_flat("", values)))


def say(line: str) -> None:
    """Print one line for people on stdout."""
    sys.stdout.write(f"{clean(line)}\n")


def complain(line: str) -> None:
    """Print one line for people on stderr."""
    sys.stderr.write(f"{clean(line)}\n")


def clean(text: str) -> str:
    """Return ``text`` without what a terminal would obey; line breaks and tabs stay."""
    return _CONTROLS.sub("", _SEQUENCES.sub("", text))


def _print_json(value: object) -> None:
    text = json_module.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write(_CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def _plain(value: object) -> object:
    """Return what JSON has no word for: times as ISO 8601, durations in seconds, mappings as objects."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _console() -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)


def _table(rows: Sequence[Row], columns: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    texts = [[_text(row.get(name)) for name in columns] for row in rows]
    for place, name in enumerate(columns):
        widest = max(len(line[place]) for line in texts)
        # Ids, states and times stay whole, so that people can copy them: others give way.
        fixed = widest <= _LONGEST_FIXED and not any(" " in line[place] for line in texts)
        width = max(widest, len(name)) if fixed else None
        table.add_column(name.replace("_", " "), no_wrap=fixed, min_width=width, overflow="fold")
    for line in texts:
        table.add_row(*map(Text, line))
    return table


def _pairs(pairs: Iterable[tuple[str, str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(Text(name, style="bold"), Text(value))
    return table


def _flat(above: str, values: Row) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        path = f"{above}.{name}" if above else name
        if isinstance(value, Mapping) and value:
            yield from _flat(path, value)
        else:
            yield clean(path), _text(value)


def _text(value: object) -> str:
    """Write a value for people."""
    if value is None or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_text, value))
    return clean(str(value))
