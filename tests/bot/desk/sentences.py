"""Every sentence that may reach a screen, found where it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.surroundings import ROOT

WEB = ROOT / "bot" / "desk" / "web"
SPEAK = {"say", "count", "sentence", "RefusalError"}
"""Calls whose literal arguments are looked up."""
STRING = r"""(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')"""
ONE = re.compile(rf"(?<!\w)_\({STRING}")
TWO = re.compile(rf"(?<!\w)n_\({STRING}, {STRING}")
LINES = (
    "bot/desk/members.py",
    "bot/desk/from_sources.py",
    "bot/desk/operations.py",
    "bot/desk/passwords.py",
    "bot/desk/permission.py",
    "bot/desk/pictures.py",
    "bot/desk/telegram/fetching.py",
    "bot/desk/web/session.py",
    "bot/compose/fit.py",
    "bot/compose/render.py",
    "bot/compose/spread.py",
    "content_queue/item.py",
    "content_queue/lifecycle.py",
    "content_queue/operations",
    "content_queue/store/locks.py",
)
"""Where sentences with names in them are written that a person may see after an act."""


def in_templates() -> set[str]:
    """What templates say: ``_("...")`` and both forms of ``n_("...", "...", n)``."""
    pages = [path.read_text(encoding="utf-8") for path in (WEB / "templates").glob("*.html")]
    found = [match for page in pages for pattern in (ONE, TWO) for match in pattern.findall(page)]
    return {text for match in found for text in match if text}


def in_code() -> set[str]:
    """What code says or gives as a reason."""
    reasons = {text for place in ("content_queue", "bot") for text in said(place, {"Reason"})}
    return reasons | said("bot/desk", SPEAK)


def said(place: str, names: Collection[str]) -> set[str]:
    """The literal sentences that calls of these names are given; what programs read stays English."""
    paths = [path for path in python(place) if path.parent.name != "api"]
    found = (call for path in paths for call in calls(path) if name(call) in names)
    return {text for call in found for text in texts(call)}


def in_history() -> set[str]:
    """What the history calls its happenings, where that is no event."""
    notes = (
        call for path in python("content_queue/operations") for call in calls(path) if name(call) == "note"
    )
    return {
        call.args[3].value
        for call in notes
        if len(call.args) > 3
        and isinstance(call.args[3], ast.Constant)
        and isinstance(call.args[3].value, str)
    }


def errors() -> set[str]:
    """The sentences of errors for people, their gaps filled with a name."""
    paths = [path for place in LINES for path in python(place)]
    return {text for path in paths for text in _errors_of(path)}


def _errors_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name(id="message" | "error")], value=value):
                yield from _filled(value)
            case ast.Raise(exc=ast.Call(args=[value, *_])):
                yield from _filled(value)


def _filled(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _filled(value.body)
        yield from _filled(value.orelse)
    elif isinstance(value, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "i12" for part in value.values)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value


def python(place: str) -> list[Path]:
    """The Python files of a folder, or the one file."""
    path = ROOT / place
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name(call: ast.Call) -> str:
    """The name that a call calls."""
    match call.func:
        case ast.Name(id=found) | ast.Attribute(attr=found):
            return found
    return ""


def texts(call: ast.Call) -> Iterator[str]:
    """The sentences among a call's first arguments."""
    for argument in call.args[:2]:
        parts = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and has_words(part.value):
                yield part.value


def has_words(text: str) -> bool:
    """Say whether a sentence has words of its own beside its gaps."""
    return re.search(r"[A-Za-z]", re.sub(r"%\(\w+\)s", "", text)) is not None
