"""A YAML or CSV file as rows of plain words, each with the line it begins on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

LARGEST = 20_000_000
"""Bytes: far above any file that a person writes."""


class UnreadableError(ValueError):
    """The file as a whole cannot be read; the message is one line that names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the number of its first line, and its fields as they are written, lists in YAML only."""

    number: int
    fields: Mapping[str, object]


def read_lines(path: Path) -> list[Line]:
    """Read every row; raise :class:`UnreadableError` with one line that names the file."""
    readers = {".csv": _csv, ".yaml": _yaml, ".yml": _yaml}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UnreadableError(f"{path}: a file of items ends in .yaml or .csv")
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableError(f"{path}: it is larger than {LARGEST // 1_000_000} MB")
        return list(reader(path.read_text(encoding="utf-8-sig"), path))
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableError(f"{path}: it is not written in UTF-8") from None


def _csv(text: str, path: Path) -> Iterator[Line]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="")
    last = 1
    try:
        for row in rows:
            first, last = last + 1, rows.line_num
            if row.pop("", None):
                raise UnreadableError(f"{path}: line {first}: it has more fields than the first line names")
            yield Line(first, {name.strip(): value for name, value in row.items() if value})
    except csv.Error as error:
        raise UnreadableError(f"{path}: line {rows.reader.line_num}: {error}") from None


def _yaml(text: str, path: Path) -> Iterator[Line]:
    loader = yaml.BaseLoader(text)  # every value as the words it is written in: 2018 stays a title
    try:
        top = loader.get_single_node()
        for node in _rows(top, path):
            fields = loader.construct_object(node, deep=True)
            number = node.start_mark.line + 1
            if not isinstance(fields, dict):
                raise UnreadableError(f"{path}: line {number}: an item is written as fields, like title: ...")
            yield Line(number, {str(name): value for name, value in fields.items() if value != ""})
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise UnreadableError(f"{path}: {place}{error.problem or 'it is no YAML'}") from None
    except (yaml.YAMLError, RecursionError):
        raise UnreadableError(f"{path}: it is no YAML") from None
    finally:
        loader.dispose()


def _rows(top: yaml.Node | None, path: Path) -> list[yaml.Node]:
    if isinstance(top, yaml.MappingNode):  # "items:" above the list
        lists = [value for key, value in top.value if key.value == "items"]
        top = lists[0] if lists else top
    if not isinstance(top, yaml.SequenceNode):
        raise UnreadableError(f"{path}: it must hold a list of items, each beginning with a dash")
    return list(top.value)
