"""Apprise, ready for whoever has many messages to send."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.bot.channels.readied import Ready, readied


@pytest.fixture(scope="session")
def ready_apprise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    with readied(tmp_path_factory.mktemp("ready")) as ready:
        yield ready


@pytest.fixture
def quick_apprise(ready_apprise: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin Apprise's processes by a fork of one that has loaded it."""
    monkeypatch.setattr(asyncio, "create_subprocess_exec", ready_apprise.start)
