"""Runs commands as people do, in a folder of their own."""

import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.__main__ import main
from tests.bot.watch.restored import logs_restored

if TYPE_CHECKING:
    from tests.bot.cli.configured import Bot


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  what the command printed
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, stdin: bytes = b"") -> Answer:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        status = main(arguments)
        return Answer(status, *self.capsys.readouterr())

    def write(self, text: str, name: str = "technopolys.toml") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path


@pytest.fixture(name="shell")
def shell_fixture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    for name in os.environ:
        if name.startswith("TECHNOPOLYS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    with logs_restored():
        yield Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture(name="bot")
def bot_fixture(shell: Shell) -> "Bot":
    """A configured bot."""
    from tests.bot.cli.configured import TOML, Bot

    shell.write(TOML)
    secrets = ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")
    for name in (*(f"X_FR_{secret}" for secret in secrets), "TELEGRAM_TOKEN"):
        shell.monkeypatch.setenv(f"TECHNOPOLYS_{name}", f"made-up-{name.lower()}")
    return Bot(shell)
