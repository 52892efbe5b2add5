"""YAML or a sheet's cells as rows of plain words, each with the line it begins on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

LARGEST = 20_000_000
"""Bytes: far above any file that a person writes."""
SHEET = ".csv"
SHEETS, TREES = (SHEET, ".tsv", ".txt"), (".yaml", ".yml")
"""The endings of files that hold cells, and of those that hold a list."""
COLUMNS = {
    "genre": "kind",
    "langue": "lang",
    "titre": "title",
    "résumé": "summary",
    "adresse": "url",
    "texte de rechange": "alt",
    "sujets": "topics",
    "quand": "at",
    "confirmé": "confirmed",
    "canal": "channel",
    "groupe": "group",
}
"""French names of columns, each with the field that it means."""
_BETWEEN = ",;\t"


class UnreadableError(ValueError):
    """What was given cannot be read as a whole; the message is one line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the number of its first line, and its fields as they are written, lists in YAML only."""

    number: int
    fields: Mapping[str, object]


def read_lines(path: Path) -> list[Line]:
    """Read every row of a file; raise :class:`UnreadableError` with one line that names it."""
    try:
        return lines_of(_text_in(path), path.suffix)
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableError(f"{path}: it is not written in UTF-8") from None
    except UnreadableError as error:
        raise UnreadableError(f"{path}: {error}") from None


def lines_of(text: str, ending: str) -> list[Line]:
    """Read every row of a text, YAML or cells by the ending of its file; raise :class:`UnreadableError`."""
    return list(_reader(ending)(text))


def _reader(ending: str) -> Callable[[str], Iterator[Line]]:
    lower = ending.lower()
    if lower in SHEETS:
        return _csv
    if lower in TREES:
        return _yaml
    raise UnreadableError("a file of items ends in .yaml or .csv")


def _text_in(path: Path) -> str:
    _reader(path.suffix)
    if path.stat().st_size > LARGEST:
        raise UnreadableError(f"it is larger than {LARGEST // 1_000_000} MB")
    return path.read_text(encoding="utf-8-sig")


def _csv(text: str) -> Iterator[Line]:
    heading = text.partition("\n")[0]
    between = max(_BETWEEN, key=heading.count)  # sheets write the one that their country is used to
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="", delimiter=between)
    last = 1
    try:
        for row in rows:
            first, last = last + 1, rows.line_num
            if any(row.pop("", None) or ()):
                raise UnreadableError(f"line {first}: it has more fields than the first line names")
            if any(row.values()):
                yield Line(first, {_field(name): value for name, value in row.items() if value})
    except csv.Error as error:
        raise UnreadableError(f"line {rows.reader.line_num}: {error}") from None


def _field(name: str) -> str:
    plain = name.strip().casefold()
    return COLUMNS.get(plain, plain)


def _yaml(text: str) -> Iterator[Line]:
    loader = yaml.BaseLoader(text)  # every value as the words it is written in: 2018 stays a title
    try:
        top = loader.get_single_node()
        for node in _rows(top):
            fields = loader.construct_object(node, deep=True)
            number = node.start_mark.line + 1
            if not isinstance(fields, dict):
                raise UnreadableError(f"line {number}: an item is written as fields, like title: ...")
            yield Line(number, {_field(str(name)): value for name, value in fields.items() if value != ""})
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise UnreadableError(f"{place}{error.problem or 'it is no YAML'}") from None
    except (yaml.YAMLError, RecursionError):
        raise UnreadableError("it is no YAML") from None
    finally:
        loader.dispose()


def _rows(top: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(top, yaml.MappingNode):  # "items:" above the list
        lists = [value for key, value in top.value if key.value == "items"]
        top = lists[0] if lists else top
    if not isinstance(top, yaml.SequenceNode):
        raise UnreadableError("it must hold a list of items, each beginning with a dash")
    return list(top.value)
