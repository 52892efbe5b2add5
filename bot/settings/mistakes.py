"""Mistakes of the file: collected all at once, each one line with file and key."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from bot.secret import Redactor
from bot.settings.values import near, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from bot.settings.result import Settings

_WORDS = {
    "missing": "is missing",
    "string_type": "must be a text in quotes, not {input}",
    "int_type": "must be a whole number, not {input}",
    "bool_type": "must be true or false, not {input}",
    "tuple_type": 'must be a list, like ["..."], not {input}',
    "dict_type": "must be a table, not {input}",
    "model_type": "must be a table, not {input}",
    "model_attributes_type": "must be a table, not {input}",
    "greater_than": "must be more than {gt}, not {input}",
    "greater_than_equal": "must be at least {ge}, not {input}",
    "literal_error": "{input} is not one of {expected}",
    "enum": "{input} is not one of {expected}",
    "date_from_datetime_parsing": '{input} is no day; write it like "2026-03-01"',
    "date_parsing": '{input} is no day; write it like "2026-03-01"',
    "byte_size": '{input} is no size; write it like "10MB"',
    "byte_size_unit": '{input} is no size; write it like "10MB"',
}
_CHOICES = {"literal_error", "enum"}
_KEY = re.compile(r"[\w-]+")
TableModel = TypeVar("TableModel", bound=BaseModel)


class SettingsError(Exception):
    """The configuration cannot be used; ``mistakes`` holds one line for each thing to mend.

    ``read`` is what could be read of it all the same, to look for more mistakes; it is for nothing else.
    """

    def __init__(self, mistakes: Sequence[str], read: Settings | None = None) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)
        self.read = read


class Mistakes:
    """Collects what is wrong, as lines that name file and key."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: list[str] = []
        self._redact = Redactor()

    def add(self, key: str, text: str) -> None:
        """Note what is wrong with ``key``, as ``channels.x-fr.slots``."""
        self.add_line(f"{self._file}: {key}: {text}")

    def add_line(self, line: str) -> None:
        """Note a line that names its own file."""
        if line not in self._lines:
            self._lines.append(self._redact(line))

    def add_errors(self, section: str, error: ValidationError, model: type[BaseModel]) -> None:
        """Note what is wrong with each key of a table: one word a key, where a union would give several."""
        details = {_names(detail): detail for detail in reversed(error.errors(include_url=False))}
        for names, detail in reversed(details.items()):
            self.add(".".join((section, *names)), _explain(detail, known_keys(model, names[:-1])))

    def raise_if_any(self, read: Settings | None = None) -> None:
        """Raise :class:`SettingsError` unless nothing was noted; ``read`` is what could be read."""
        if self._lines:
            raise SettingsError(self._lines, read)


def check_table(section: str, raw: object, model: type[TableModel], mistakes: Mistakes) -> TableModel | None:
    """Return the table that ``raw`` makes, or None after noting why it makes none."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        mistakes.add_errors(section, error, model)
        return None


def known_keys(model: type[BaseModel], inside: Sequence[str] = ()) -> set[str]:
    """Return the keys that a table takes, or a table ``inside`` it."""
    if inside:
        field = model.model_fields.get(inside[0])
        inner = _inner_model(field.annotation) if field else None
        return known_keys(inner, inside[1:]) if inner else set()
    return {field.alias or name for name, field in model.model_fields.items()}


def _inner_model(annotation: object) -> type[BaseModel] | None:
    """Return the model in ``Model`` or ``Model | None``."""
    candidates = (annotation, *get_args(annotation))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _names(detail: ErrorDetails) -> tuple[str, ...]:
    """Return the keys on the way to what is wrong, without places in lists and pydantic's own words."""
    names: list[str] = []
    for step in detail["loc"]:
        if not isinstance(step, str) or not _KEY.fullmatch(step):
            break
        names.append(step)
    return tuple(names)


def _explain(detail: ErrorDetails, known: Collection[str]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        return f"unknown key{near(name, known) or '; it knows ' + ', '.join(sorted(known))}"
    if kind == "value_error":
        return str(context["error"])
    expected = str(context.get("expected", ""))
    words = _WORDS.get(kind, "{input}: " + detail["msg"].replace("{", "{{").replace("}", "}}"))
    said = {**context, "input": shown(detail["input"]), "expected": expected.replace("'", '"')}
    hint = near(str(detail["input"]), re.findall(r"'([^']*)'", expected)) if kind in _CHOICES else ""
    return words.format(**said) + hint
