"""No state hides in a module: what it binds at import never changes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, files, functions, name, tree

CONTAINERS = {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict", "bytearray"}
LITERALS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTATORS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove",
    "setdefault", "sort", "update",
}  # fmt: skip


def can_change(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in CONTAINERS
    return isinstance(value, LITERALS)


def containers(module: ast.Module) -> set[str]:
    """Names that a module binds to something that could change."""
    found = set()
    for node in module.body:
        if isinstance(node, ast.Assign) and can_change(node.value):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.AnnAssign) and can_change(node.value) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def changed(function: ast.AST) -> Iterator[str]:
    """Names whose content a function changes."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=attribute)) if (
                attribute in MUTATORS
            ):
                yield owner
            case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Store() | ast.Del()):
                yield owner


def faults(module: ast.Module) -> list[str]:
    bound = containers(module)
    inside = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = [f"{each} is no constant" for each in sorted(bound) if not constant(each)]
    found += [f"{each} is changed" for function in inside for each in changed(function) if each in bound]
    found += ["global" for node in ast.walk(module) if isinstance(node, ast.Global)]
    return found


def constant(bound: str) -> bool:
    return bound.lstrip("_").isupper() or (bound.startswith("__") and bound.endswith("__"))


@pytest.mark.parametrize("path", files(*PACKAGES), ids=name)
def test_a_module_keeps_no_state(path: Path) -> None:
    assert faults(tree(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "cache = {}",
        "SEEN: set[str] = set()\ndef see(it):\n    SEEN.add(it)",
        "LAST = [0]\nasync def tick():\n    LAST[0] = 1",
        "count = 0\ndef more():\n    global count\n    count += 1",
    ],
)
def test_hidden_state_would_be_found(source: str) -> None:
    assert len(faults(ast.parse(source))) == 1


@pytest.mark.parametrize("path", [each for each in files(*PACKAGES) if each.name == "__init__.py"], ids=name)
def test_a_package_says_what_it_is_and_what_it_must_never_do(path: Path) -> None:
    docstring = ast.get_docstring(tree(path)) or ""
    assert "never" in docstring.lower()


def test_nothing_is_called_manager_helper_or_utils() -> None:
    vague = ("manager", "helper", "util")
    named = [(path, path.stem) for path in files(*PACKAGES)]
    named += [(path, each.name) for path in files(*PACKAGES) for each in functions(path)]
    named += [
        (path, node.name)
        for path in files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    ]
    assert [
        f"{name(path)} {word}" for path, word in named if any(each in word.lower() for each in vague)
    ] == []
