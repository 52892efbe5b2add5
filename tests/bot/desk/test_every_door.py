"""Every operation, by every door and every role: allowed or refused as the table says, and told alike."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.__main__ import main
from bot.desk import operations
from bot.desk.keys import digest
from content_queue.item import Post, Scope
from content_queue.lifecycle import PostEvent
from content_queue.people import Role, local
from content_queue.store import tables as t
from tests.bot.desk.conftest import HOST, OWN, Seat
from tests.bot.desk.inhabited import COOKIE, ROLES, inhabit, number, stay
from tests.bot.desk.samples import NOW, Queue, open_queue
from tests.bot.watch.restored import logs_restored

ROOT = local("setup")
EVERYBODY = set(ROLES)
WHO_PROPOSES, WHO_DECIDES = EVERYBODY - {Role.READER}, {Role.EDITOR, Role.ADMIN}
LATER = "2099-01-01T12:00"
Line = tuple[str, str | None, str | None]
"""What happened, to which item, to which post."""


@dataclass(frozen=True)
class Act:
    """An operation as each door asks for it, who may, and what the history then says."""

    name: str
    allowed: set[Role]
    lines: list[Line]
    web: tuple[str, dict[str, str]]
    cli: tuple[str, ...]
    """() where the command also carries it out, on a network: its own tests have it."""
    api: tuple[str, str, dict[str, object]]
    prepare: Callable[[Queue], object] = field(default=lambda _queue: None)


def approved(queue: Queue) -> list[Post]:
    return queue.approve()


def uncertain(queue: Queue) -> None:
    post, *_ = queue.approve()
    queue.publish(post, PostEvent.UNKNOWN)


def failed(queue: Queue) -> None:
    post, *_ = queue.approve()
    queue.publish(post, PostEvent.REFUSED, "no")


def published(queue: Queue) -> None:
    for post in queue.approve():
        queue.publish(post)


def rejected(queue: Queue) -> None:
    with queue.store.write() as tx:
        operations.reject(tx, NOW, ROOT, 1, "no")


def held(scope: Scope, target: str = "") -> Callable[[Queue], None]:
    def hold(queue: Queue) -> None:
        with queue.store.write() as tx:
            operations.pause(tx, NOW, ROOT, scope, target)

    return hold


WORDS = {"fr.title": "Autre titre", "fr.url": "https://example.org/autre"}
VERSION = {"language": "fr", "title": "Autre titre", "url": "https://example.org/autre"}
ADDED = (
    "add",
    "--kind",
    "article",
    "--lang",
    "fr",
    "--title",
    "Autre titre",
    "--url",
    "https://example.org/autre",
)
EVERY_POST = [("cancel", "i1", f"p{number}") for number in (1, 2, 3)]
ACTS = [
    Act("add", WHO_PROPOSES, [("add", "i4", None)],
        ("/add", {"kind": "article", **WORDS}), ADDED,
        ("POST", "items", {"kind": "article", "versions": [VERSION]})),
    Act("edit", WHO_DECIDES, [("change", "i3", None), ("approve", "i3", None)],
        ("/items/i3/edit", {"revision": "1", "then": "approve", **WORDS}),
        ("edit", "i3", "--title", "Autre titre", "--url", "https://example.org/autre"),
        ("PATCH", "items/i3", {"versions": [VERSION], "revision": 1, "approve": True})),
    Act("approve", WHO_DECIDES, [("approve", "i1", None)],
        ("/items/i1/approve", {"revision": "1"}), ("approve", "i1"),
        ("POST", "items/i1/approve", {"revision": 1})),
    Act("reject", WHO_DECIDES, [("reject", "i1", None)],
        ("/items/i1/reject", {"revision": "1", "why": "hors sujet"}), ("reject", "i1", "--why", "hors sujet"),
        ("POST", "items/i1/reject", {"why": "hors sujet"})),
    Act("withdraw", WHO_DECIDES, [("withdraw", "i1", None), *EVERY_POST],
        ("/items/i1/withdraw", {}), ("withdraw", "i1"), ("POST", "items/i1/withdraw", {}), approved),
    Act("reopen", WHO_DECIDES, [("reopen", "i1", None)],
        ("/items/i1/reopen", {}), ("reopen", "i1"), ("POST", "items/i1/reopen", {}), rejected),
    Act("repeat", WHO_DECIDES, [("repeat", "i1", None)],
        ("/items/i1/repeat", {}), ("repeat", "i1"), ("POST", "items/i1/repeat", {}), published),
    Act("move", WHO_DECIDES, [("move", "i1", "p1")],
        ("/posts/p1/move", {"when": LATER}), ("move", "p1", LATER),
        ("POST", "posts/p1/move", {"at": f"{LATER}:00-05:00"}), approved),
    Act("skip", WHO_DECIDES, [("cancel", "i1", "p1")],
        ("/posts/p1/skip", {}), ("skip", "p1"), ("POST", "posts/p1/skip", {}), approved),
    Act("cancel", WHO_DECIDES, [("cancel", "i1", "p1")],
        ("/posts/p1/cancel", {}), ("cancel", "p1"), ("POST", "posts/p1/cancel", {}), approved),
    Act("retry", WHO_DECIDES, [("retry", "i1", "p1")],
        ("/posts/p1/retry", {}), ("retry", "p1"), ("POST", "posts/p1/retry", {}), failed),
    Act("found", WHO_DECIDES, [("found", "i1", "p1")],
        ("/posts/p1/found", {}), ("resolve", "p1", "--found"),
        ("POST", "posts/p1/resolve", {"answer": "found"}), uncertain),
    Act("resend", WHO_DECIDES, [("resend", "i1", "p1")],
        ("/posts/p1/resend", {"sure": "yes"}), ("resolve", "p1", "--resend"),
        ("POST", "posts/p1/resolve", {"answer": "resend"}), uncertain),
    Act("drop", WHO_DECIDES, [("drop", "i1", "p1")],
        ("/posts/p1/drop", {}), ("resolve", "p1", "--drop"),
        ("POST", "posts/p1/resolve", {"answer": "drop"}), uncertain),
    Act("recall", WHO_DECIDES, [("withdraw", "i1", None), ("recall", "i1", "p1")],
        ("/posts/p1/recall", {"why": "une erreur"}), (),
        ("POST", "posts/p1/recall", {"why": "une erreur"}), published),
    Act("pause a channel", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "channel", "target": "x-fr"}), ("pause", "--channel", "x-fr"),
        ("POST", "holds", {"scope": "channel", "target": "x-fr"})),
    Act("resume a channel", WHO_DECIDES, [("resume", None, None)],
        ("/resume", {"scope": "channel", "target": "x-fr"}), ("resume", "--channel", "x-fr"),
        ("POST", "holds/release", {"scope": "channel", "target": "x-fr"}), held(Scope.CHANNEL, "x-fr")),
    Act("pause everything", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "everything"}), ("pause",), ("POST", "holds", {"scope": "everything"})),
    Act("resume everything", {Role.ADMIN}, [("resume", None, None)],
        ("/resume", {"scope": "everything"}), ("resume",),
        ("POST", "holds/release", {"scope": "everything"}), held(Scope.EVERYTHING)),
]  # fmt: skip
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
        assert set(actors(queue, before)) == {number(role)}
    else:
        assert status == 403
        assert lines(queue, before) == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_by_the_web(act: Act, role: Role, client: TestClient, queue: Queue) -> None:
    act.prepare(queue)
    before = last(queue)
    client.cookies.set(COOKIE, stay(role))
    path, fields = act.web
    answer = client.post(path, data={"csrf": csrf(role), **fields}, headers=OWN)
    judge(act, role, queue, before, status=answer.status_code)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_by_the_api(
    act: Act, role: Role, client: TestClient, queue: Queue, home: tuple[Path, dict[Role, str]]
) -> None:
    act.prepare(queue)
    before = last(queue)
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
