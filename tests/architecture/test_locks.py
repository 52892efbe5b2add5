"""The locks hold what pyproject.toml asks for, pinned and hashed, and name no host."""

import re
import tomllib
from collections.abc import Iterable
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.surroundings import ROOT

RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;]+)(?P<rest>.*)$", re.MULTILINE)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def group(name: str) -> list[Requirement]:
    """A dependency group, with the groups it includes."""
    found = []
    for entry in project()["dependency-groups"][name]:
        found += group(entry["include-group"]) if isinstance(entry, dict) else [Requirement(entry)]
    return found


def lock(name: str) -> str:
    """The text of a lock, each pin on one line with its hashes."""
    return (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")


def pins(text: str) -> dict[str, Version]:
    return {canonicalize_name(match["name"]): Version(match["version"]) for match in PIN.finditer(text)}


def unmet(asked: Iterable[Requirement], text: str) -> list[str]:
    """Requirements that no pin of the lock satisfies."""
    held = pins(text)
    return [
        str(each)
        for each in asked
        if (version := held.get(canonicalize_name(each.name))) is None or version not in each.specifier
    ]


def runtime() -> list[Requirement]:
    return [Requirement(each) for each in project()["project"]["dependencies"]] + group("build")


def test_the_lock_holds_what_the_project_asks_for() -> None:
    assert unmet(runtime(), lock(RUNTIME)) == []


def test_the_development_lock_holds_the_tools_too() -> None:
    assert unmet([*runtime(), *group("dev")], lock(DEVELOPMENT)) == []


def test_a_lock_left_behind_would_be_found() -> None:
    assert unmet([Requirement("typer>=999"), Requirement("unheard-of")], lock(RUNTIME)) == [
        "typer>=999",
        "unheard-of",
    ]


def test_what_is_tested_is_what_runs() -> None:
    tested = pins(lock(DEVELOPMENT))
    assert {
        name: version for name, version in pins(lock(RUNTIME)).items() if tested.get(name) != version
    } == {}


def test_no_tool_of_development_is_in_the_runtime_lock() -> None:
    assert {"pytest", "mypy", "ruff", "uv", "playwright"} & set(pins(lock(RUNTIME))) == set()


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_every_pin_carries_a_hash(name: str) -> None:
    matches = list(PIN.finditer(lock(name)))
    assert len(matches) > 40
    assert [match["name"] for match in matches if "--hash=sha256:" not in match["rest"]] == []


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_a_lock_names_no_host_and_no_place(name: str) -> None:
    assert re.findall(r"\S*(?:://|--\S*index|--find| @ |-r /|file:)\S*", lock(name)) == []
