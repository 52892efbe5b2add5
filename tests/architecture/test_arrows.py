"""The arrows of the house, held by import-linter's contracts in pyproject.toml."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.surroundings import ROOT

LINTER = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(name="copy")
def copy_of_the_house(tmp_path: Path) -> Path:
    for package in ("bot", "content_queue"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def write(folder: Path, path: str, text: str) -> None:
    """Add text to a module, and the package around it where there is none yet."""
    file = folder / path
    file.parent.mkdir(exist_ok=True)
    (file.parent / "__init__.py").touch()
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)


def test_every_import_runs_downwards() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("content_queue/item.py", "import bot.message"),
        ("content_queue/item.py", "import asyncio"),
        ("content_queue/planner.py", "import sqlalchemy"),
        ("bot/message.py", "import bot.compose.fit"),
        ("bot/sandbox/pretend.py", "import bot.message"),
        ("bot/sandbox/pretend.py", "import content_queue.item"),
        ("bot/message.py", "import bot.sandbox.pretend"),
        ("bot/desk/pretend.py", "import bot.runtime.pretend"),
        ("bot/channels/pretend.py", "import bot.channels.other"),
        ("bot/channels/pretend.py", "import bot.sources.pretend"),
        ("bot/channels/pretend.py", "import aiohttp"),
        ("bot/pretend.py", "VALUE = 1"),
    ],
)
def test_an_arrow_upwards_would_be_found(copy: Path, path: str, line: str) -> None:
    for room in ("compose/fit", "sandbox/pretend", "runtime/pretend", "channels/other", "sources/pretend"):
        write(copy, f"bot/{room}.py", "")
    write(copy, path, f"\n{line}\n")
    assert lint(copy).returncode == 1
