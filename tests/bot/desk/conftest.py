"""A queue of three pending items, and a moderator's browser at the desk over it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient

from bot.desk.web.app import create_app
from content_queue.store.database import Store
from tests.bot.desk.samples import TOKEN, Queue, fill, open_queue, parts_of

HOST = "http://desk.test"
OWN = {"origin": HOST, "sec-fetch-site": "same-origin"}


@dataclass(frozen=True)
class Moderator:
    """A browser that has come in; ``post`` sends a form as one of the desk's own pages would."""

    client: TestClient
    csrf: str

    def get(self, path: str) -> Response:
        answer: Response = self.client.get(path)
        return answer

    def post(self, path: str, **fields: str | list[str]) -> Response:
        form = {"csrf": self.csrf, **fields}
        answer: Response = self.client.post(path, data=form, headers=OWN)
        return answer

    def speaks(self, language: str) -> None:
        self.post("/language", language=language)


class Seat:
    """Stands where the store does, in front of the queue of the test that runs."""

    queue: Queue

    @property
    def ask(self) -> Callable[..., Future[object]]:
        return self.queue.store.ask

    @property
    def tell(self) -> Callable[..., Future[object]]:
        return self.queue.store.tell


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "queue.db"
    fill(path)
    return path


@pytest.fixture
def queue(filled: Path, tmp_path: Path) -> Iterator[Queue]:
    path = tmp_path / "queue.db"
    shutil.copy(filled, path)
    made = open_queue(path)
    yield made
    made.store.close()


@pytest.fixture(scope="session")
def seat() -> Seat:
    return Seat()


@pytest.fixture(scope="session")
def app(seat: Seat, filled: Path) -> Iterator[FastAPI]:
    """One desk for all tests, since making it and its templates takes a while; its queue changes."""
    first = open_queue(filled)
    parts = parts_of(first)
    yield create_app(replace(parts, store=cast(Store, seat), now=lambda: seat.queue.time.now))
    first.store.close()


@pytest.fixture
def stranger(app: FastAPI, seat: Seat, queue: Queue) -> Iterator[TestClient]:
    seat.queue = queue
    with TestClient(app, HOST, follow_redirects=False) as client:
        yield client


@pytest.fixture
def moderator(stranger: TestClient) -> Moderator:
    assert stranger.get(f"/?token={TOKEN}").status_code == 303
    stranger.follow_redirects = True
    return Moderator(stranger, csrf_of(stranger.get("/holds").text))


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]
