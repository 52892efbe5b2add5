"""What a start loads, and what it leaves: seconds and megabytes are in docs/performance.md."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.surroundings import ROOT

DESK = {"fastapi", "jinja2", "starlette", "uvicorn"}
NETWORKS = {"telegram", "tweepy"}
NEVER_IN_THE_WORKER = {"PIL", "alembic", "apprise", "feedparser", "mastodon"}
"""Migrations only when there is something to migrate; feeds are parsed in the cage."""
PROBE = """
import sys
from bot.__main__ import main
status = main(sys.argv[1:])
print("loaded", *{module.partition(".")[0] for module in sys.modules})
sys.exit(status)
"""
BOT = '[bot]\nlanguage = "fr"\ntimezone = "America/Toronto"\n'
X = '[channels.x-fr]\nnetwork = "x"\napi = "http://127.0.0.1:9"\n'
TELEGRAM = '[channels.telegram-fr]\nnetwork = "telegram"\nchat = "@news"\napi = "http://127.0.0.1:9"\n'
SECRETS = {
    **dict.fromkeys(
        ("TECHNOPOLYS_X_FR_API_KEY", "TECHNOPOLYS_X_FR_API_SECRET", "TECHNOPOLYS_X_FR_ACCESS_TOKEN"), "1-t"
    ),
    "TECHNOPOLYS_X_FR_ACCESS_TOKEN_SECRET": "1-t",
    "TECHNOPOLYS_TELEGRAM_FR_TOKEN": "1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
}


def loaded(home: Path, *words: str) -> set[str]:
    """Run a command and return the libraries that it loaded."""
    environment = {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROBE, *words]
    result = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    [line] = [line for line in result.stdout.splitlines() if line.startswith("loaded ")]
    return set(line.split()[1:])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "technopolys.toml").write_text(BOT + X + TELEGRAM, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_loads_nothing_of_the_bots_work(tmp_path: Path, word: str) -> None:
    found = loaded(tmp_path, word)
    assert found & (DESK | NETWORKS | NEVER_IN_THE_WORKER | {"aiohttp", "pydantic", "sqlalchemy"}) == set()


def test_looking_at_the_queue_loads_no_network_and_no_desk(home: Path) -> None:
    found = loaded(home, "items", "--json")
    assert "sqlalchemy" in found
    assert found & (DESK | NETWORKS | NEVER_IN_THE_WORKER | {"aiohttp", "apscheduler"}) == set()


def test_a_worker_without_the_desk_loads_none_of_it(home: Path) -> None:
    found = loaded(home, "run", "--once")
    assert "telegram" in found
    assert found & (DESK | NEVER_IN_THE_WORKER | {"apscheduler", "holidays"}) == set()


def test_a_second_start_has_nothing_to_migrate_either(home: Path) -> None:
    loaded(home, "run", "--once")
    assert loaded(home, "run", "--once") & NEVER_IN_THE_WORKER == set()


@pytest.mark.parametrize(("channel", "other"), [(X, "telegram"), (TELEGRAM, "tweepy")])
def test_a_network_that_no_channel_uses_is_not_loaded(home: Path, channel: str, other: str) -> None:
    (home / "technopolys.toml").write_text(BOT + channel, encoding="utf-8")
    assert other not in loaded(home, "run", "--once")
