"""The suite's own rules: what is absent is left out with one line, and is a failure with CI=true."""

import gc
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgresql import Postgres, running
from tests.surroundings import absences, chromium, corpus, under_ci

settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=2000)

SELDOM = 50_000
"""New objects between two searches for garbage, as the command itself has it."""
LONG = (
    "tests/content_queue/model/",
    "tests/bot/hostile/test_cases",
    "tests/bot/sources/test_mutations",
    "tests/bot/runtime/",
    "tests/whole/test_week",
    "tests/never_twice/killed/",
    "tests/crash/",
    "tests/several/",
    "tests/bot/sources/",
    "tests/bot/cli/test_demo",
    "tests/whole/",
    "tests/servers/",
    "tests/never_twice/",
)
"""What takes longest begins first, so that nothing long is left when the rest is done."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the tests marked slow, and look longer")


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(SELDOM)
    lines = absences()
    if lines and under_ci():
        message = "CI=true: " + "; ".join(lines.values())
        raise pytest.UsageError(message)
    settings.load_profile("soak" if config.getoption("--soak") else "ci" if under_ci() else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = set(absences())
    if not config.getoption("--soak"):
        left_out.add("slow")
    dropped = [item for item in items if left_out & wants(item)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]
    items.sort(key=lambda item: _place(item.nodeid))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no search for garbage need walk it again."""
    gc.collect()
    gc.freeze()


def _place(test: str) -> int:
    return next((place for place, start in enumerate(LONG) if test.startswith(start)), len(LONG))


def wants(item: pytest.Item) -> set[str]:
    """What a test asks for, by marker or by the fixture of the same name."""
    return {mark.name for mark in item.iter_markers()} | set(getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in absences().values():
        terminalreporter.write_line(line)


@pytest.fixture(name="corpus", scope="session")
def corpus_folder() -> Path:
    """The folder of real documents; a test that asks for it is left out where there is none."""
    folder = corpus()
    assert folder is not None
    return folder


@pytest.fixture(name="browser", scope="session")
def browser_path() -> Path:
    """The path of Chromium; a test that asks for it is left out where there is none."""
    path = chromium()
    assert path is not None
    return path


@pytest.fixture(name="postgres", scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run, or this worker's part of it, started for the first who asks."""
    try:
        with running() as server:
            yield server
    except subprocess.SubprocessError as error:
        if under_ci():
            raise
        pytest.skip(f"PostgreSQL will not start here: {error}")
