"""Every operation, by every door and every role: allowed or refused as the table says, and told alike."""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from bot.__main__ import main
from bot.desk.keys import digest
from bot.desk.telegram.presses import BUTTONS
from content_queue.people import Role
from content_queue.store import tables as t
from tests.bot.desk.acts import ACTS, Act
from tests.bot.desk.conftest import HOST, OWN, Seat
from tests.bot.desk.inhabited import COOKIE, ROLES, inhabit, number, stay
from tests.bot.desk.samples import Queue, open_queue
from tests.bot.watch.restored import logs_restored

TOML = """
bot = { database = "sqlite:///queue.db" }
channels.x-fr = { network = "x", language = "fr", slots = ["daily 09:00"] }
channels.x-en = { network = "x", language = "en", slots = ["daily 09:00"] }
channels.telegram-fr = { network = "telegram", language = "fr", chat = "@t", slots = ["daily 09:00"] }
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Role, str]]:
    path = tmp_path_factory.mktemp("inhabited") / "queue.db"
    return path, inhabit(path)


@pytest.fixture
def queue(home: tuple[Path, dict[Role, str]], tmp_path: Path) -> Iterator[Queue]:
    shutil.copy(home[0], tmp_path / "queue.db")
    made = open_queue(tmp_path / "queue.db")
    yield made
    made.store.close()


@pytest.fixture
def client(app: FastAPI, seat: Seat, queue: Queue) -> Iterator[TestClient]:
    seat.queue = queue
    with TestClient(app, HOST, follow_redirects=False) as made:
        yield made


def lines(queue: Queue, after: int) -> list[tuple[str, str | None, str | None]]:
    with queue.store.read() as tx:
        rows = tx.execute(sa.select(t.history).where(t.history.c.id > after).order_by(t.history.c.id))
        return [
            (row.what, f"i{row.item}" if row.item else None, f"p{row.post}" if row.post else None)
            for row in rows
        ]


def actors(queue: Queue, after: int) -> list[str]:
    with queue.store.read() as tx:
        return [row.who for row in tx.execute(sa.select(t.history).where(t.history.c.id > after))]


def last(queue: Queue) -> int:
    with queue.store.read() as tx:
        return int(tx.exec_driver_sql("SELECT coalesce(max(id), 0) FROM history").scalar() or 0)


def judge(act: Act, role: Role, queue: Queue, before: int, *, status: int) -> None:
    """Hold what came of an act against the table."""
    if role in act.allowed:
        assert status < 400
        assert lines(queue, before) == act.lines
        assert set(actors(queue, before)) <= {number(role)}
    else:
        assert status == 403
        assert lines(queue, before) == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", [act for act in ACTS if act.web], ids=lambda act: act.name)
def test_by_the_web(act: Act, role: Role, client: TestClient, queue: Queue) -> None:
    act.prepare(queue)
    before = last(queue)
    client.cookies.set(COOKIE, stay(role))
    assert act.web is not None
    path, fields = act.web
    answer = client.post(path, data={"csrf": csrf(role), **fields}, headers=OWN)
    judge(act, role, queue, before, status=answer.status_code)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", [act for act in ACTS if act.api], ids=lambda act: act.name)
def test_by_the_api(
    act: Act, role: Role, client: TestClient, queue: Queue, home: tuple[Path, dict[Role, str]]
) -> None:
    act.prepare(queue)
    before = last(queue)
    assert act.api is not None
    method, path, body = act.api
    token = {"authorization": f"Bearer {home[1][role]}"}
    answer = client.request(method, f"/api/v1/{path}", json=body or None, headers=token)
    judge(act, role, queue, before, status=answer.status_code)


@pytest.mark.parametrize("act", [act for act in ACTS if act.cli], ids=lambda act: act.name)
def test_by_the_command_line(
    act: Act,
    queue: Queue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    act.prepare(queue)
    before = last(queue)
    (tmp_path / "technopolys.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    for channel in ("X_FR", "X_EN"):
        for secret in ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"):
            monkeypatch.setenv(f"TECHNOPOLYS_{channel}_{secret}", "made-up-secret")
    monkeypatch.setenv("TECHNOPOLYS_TELEGRAM_FR_TOKEN", "123456:made-up-token")
    with logs_restored():
        status = main(act.cli)
    assert (status, capsys.readouterr().err) == (0, "")
    assert lines(queue, before) == act.lines
    assert all(who.startswith("cli") for who in actors(queue, before))


def csrf(role: Role) -> str:
    return digest(f"form:{stay(role)}")


OTHERS = {
    "/language": "a reader's own choice",
    "/sign-in": "for strangers",
    "/sign-out": "one's own stay",
    "/invitation/{key}": "for strangers",
    "/account/sessions/end": "one's own stay",
    "/account/password": "one's own password",
    "/account/tokens": "one's own tokens, never above one's role",
    "/account/tokens/revoke": "one's own tokens",
    "/add/read": "changes nothing",
    "/websub/{token}": "for hubs: a word of theirs hurries a poll and changes nothing",
}
"""What the web takes beside operations: test_web_sign_in.py, _reading.py and _websub.py have those."""


def test_no_operation_of_the_web_is_left_out(app: FastAPI) -> None:
    shapes = {shape_of(act.web[0]) for act in ACTS if act.web}
    offered = {route.path for route in routes_of(app) if "POST" in (route.methods or ())}
    assert {shape_of(path) for path in offered - set(OTHERS)} == shapes
    assert set(OTHERS) <= offered


def test_no_operation_of_the_api_is_left_out(client: TestClient, home: tuple[Path, dict[Role, str]]) -> None:
    token = {"authorization": f"Bearer {home[1][Role.ADMIN]}"}
    document = client.get("/api/openapi.json", headers=token).json()
    offered = {
        (method.upper(), shape_of(path.removeprefix("/api/v1/")))
        for path, methods in document["paths"].items()
        for method in methods
        if method != "get"
    }
    assert {(act.api[0], shape_of(act.api[1])) for act in ACTS if act.api} == offered


def test_no_button_of_telegram_is_left_out() -> None:
    pressed = {"open", "later", "channels", "correct", "reject"}  # these change nothing by themselves
    played = {
        "approve",
        "undo",
        "found",
        "resend",
        "resend surely",
        "by hand later",
        "drop",
        "resume",
        "recall",
    }
    assert set(BUTTONS) == pressed | played


def shape_of(path: str) -> str:
    """Return an address with its references left out: /items/{} for /items/i1 and /items/{ref}."""
    return re.sub(r"\{[^}]*\}|\b[imp]\d+\b|(?<=sources/)startech", "{}", path)


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        yield from (each for each in (inner.routes if inner else [route]) if isinstance(each, APIRoute))
