"""The API: no token, no answer; one act for each key; strict bodies; and no request that breaks it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from httpx import Response
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from starlette.testclient import TestClient

from bot.desk.api.rate import A_MINUTE, BURST, Rate
from bot.desk.keys import fresh_token, looks_like_token
from bot.desk.web.app import create_app
from bot.desk.web.reached import Reached
from content_queue.operations import access, people
from content_queue.people import Role, local
from tests.bot.desk.conftest import HOST
from tests.bot.desk.inhabited import COOKIE, inhabit, stay
from tests.bot.desk.samples import NOW, TOKEN, Queue, open_queue, parts_of

PROBLEM = "application/problem+json"
PROPOSAL = {"kind": "article", "versions": [{"language": "fr", "title": "Une nouvelle"}]}


class Client:
    """A program that brings a token."""

    def __init__(self, queue: Queue, tokens: dict[Role, str]) -> None:
        self.queue = queue
        self.tokens = tokens
        self.http = TestClient(create_app(parts_of(queue)), HOST, follow_redirects=False)

    def ask(self, method: str, path: str, *, role: Role = Role.ADMIN, key: str = "", **more: Any) -> Response:  # noqa: ANN401
        headers = {"authorization": f"Bearer {self.tokens[role]}", **more.pop("headers", {})}
        if key:
            headers["idempotency-key"] = key
        answer: Response = self.http.request(method, f"/api/v1/{path}", headers=headers, **more)
        return answer

    def items(self) -> int:
        with self.queue.store.read() as tx:
            return int(tx.exec_driver_sql("SELECT count(*) FROM item").scalar() or 0)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    tokens = inhabit(tmp_path / "queue.db")
    queue = open_queue(tmp_path / "queue.db")
    made = Client(queue, tokens)
    yield made
    made.http.close()
    queue.store.close()


def is_problem(answer: Response, status: int) -> bool:
    body = answer.json()
    return (answer.status_code, answer.headers["content-type"], body["status"]) == (status, PROBLEM, status)


def test_a01_only_a_token_in_its_header_opens_the_api(client: Client) -> None:
    good = client.tokens[Role.ADMIN]
    asked = [
        client.http.get("/api/v1/items"),
        client.http.get(f"/api/v1/items?token={good}"),
        client.http.get(f"/api/v1/items?access_token={good}"),
        client.http.get(f"/api/v1/items?token={TOKEN}"),
        client.http.get("/api/v1/items", headers={"cookie": f"{COOKIE}={stay(Role.ADMIN)}"}),
        client.http.get("/api/v1/items", headers={"authorization": f"Basic {good}"}),
        client.http.get("/api/v1/items", headers={"authorization": f"Bearer {good[:-1]}"}),
        client.http.get("/api/v1/items", headers={"authorization": f"Bearer {good}0"}),
        client.http.get("/api/v1/items", headers={"authorization": f"Bearer {fresh_token().value}"}),
    ]
    assert all(is_problem(answer, 401) for answer in asked)
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in asked)
    assert client.ask("GET", "items").status_code == 200


def test_a01_a_token_that_is_over_or_revoked_or_whose_person_left_opens_nothing(client: Client) -> None:
    with client.queue.store.write() as tx:
        editor, reader = people.find(tx, "editor"), people.find(tx, "reader")
        access.revoke_token(tx, NOW, editor, editor, "tests")
        people.remove(tx, NOW, local("root"), reader)
    assert is_problem(client.ask("GET", "items", role=Role.EDITOR), 401)
    assert is_problem(client.ask("GET", "items", role=Role.READER), 401)
    client.queue.time.now += timedelta(days=90)
    assert is_problem(client.ask("GET", "items"), 401)


def test_a01_a_token_does_no_more_than_its_scope_says(client: Client) -> None:
    for role, path, body in (
        (Role.READER, "items", PROPOSAL),
        (Role.CONTRIBUTOR, "items/i1/approve", {}),
        (Role.EDITOR, "holds/release", {"scope": "everything"}),
    ):
        assert is_problem(client.ask("POST", path, role=role, json=body), 403)


def test_a02_a_busy_token_is_slowed_down_and_the_others_are_not(client: Client) -> None:
    asked = [client.ask("GET", "holds", role=Role.READER) for _ in range(BURST + 3)]
    assert [answer.status_code for answer in asked].count(200) == BURST
    assert is_problem(asked[-1], 429)
    assert int(asked[-1].headers["retry-after"]) >= 1
    assert client.ask("GET", "holds", role=Role.EDITOR).status_code == 200
    client.queue.time.now += timedelta(minutes=1)
    assert client.ask("GET", "holds", role=Role.READER).status_code == 200


def test_a02_ten_thousand_a_minute_are_let_through_at_the_rate() -> None:
    rate, moment = Rate(), NOW
    through = 0
    for _ in range(10_000):
        moment += timedelta(milliseconds=6)
        through += not rate.take(1, moment)
    assert BURST <= through <= BURST + A_MINUTE + 1


def test_a03_the_same_key_does_the_same_once(client: Client) -> None:
    first = client.ask("POST", "items", json=PROPOSAL, key="k1")
    again = client.ask("POST", "items", content=json.dumps(PROPOSAL, indent=3), key="k1",
                       headers={"content-type": "application/json"})  # fmt: skip
    assert (first.status_code, first.json()["state"]) == (201, "pending")
    assert (again.status_code, again.content) == (201, first.content)
    assert client.items() == 4
    other = {**PROPOSAL, "kind": "video"}
    assert is_problem(client.ask("POST", "items", json=other, key="k1"), 422)
    assert client.ask("POST", "items", json=other, key="k1", role=Role.EDITOR).status_code == 201


def test_a03_what_failed_under_a_key_may_be_tried_again(client: Client) -> None:
    nowhere = {**PROPOSAL, "channels": ["tv"]}
    assert is_problem(client.ask("POST", "items", json=nowhere, key="k1"), 422)
    assert client.ask("POST", "items", json=PROPOSAL, key="k1").status_code == 201


@pytest.mark.parametrize(
    "more",
    [{"state": "published"}, {"owner": "m1"}, {"id": "i9"}, {"added_by": "m1"}, {"source": "startech"}],
)
def test_a04_a_field_that_is_not_ours_to_set_is_refused(client: Client, more: dict[str, str]) -> None:
    assert is_problem(client.ask("POST", "items", json={**PROPOSAL, **more}), 422)
    assert is_problem(client.ask("PATCH", "items/i1", json={"versions": PROPOSAL["versions"], **more}), 422)
    assert client.items() == 3


@pytest.mark.parametrize("path", ["items/i99", "items/i99/preview", "posts/p99"])
def test_a05_what_is_not_there_is_404(client: Client, path: str) -> None:
    assert is_problem(client.ask("GET", path), 404)


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"a": "' + b"b" * 10_000_000 + b'"}', "application/json", 413),
        (DEEP, "application/json", 400),
        (b'{"versions": ' + b"[" * 50 + b"]" * 50 + b"}", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"\xef\xbb\xbf{}", "application/json", 400),
        (b'{"kind": "article", "kind": "video"}', "application/json", 400),
        (b'{"kind": NaN}', "application/json", 400),
        (b"{'kind'}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"", "application/json", 422),
    ],
    ids=["large", "deep", "deeper", "text", "form", "mark", "twice", "nan", "none", "bytes", "list", "empty"],
)
def test_a06_a_body_that_is_none_is_refused(client: Client, content: bytes, kind: str, status: int) -> None:
    answer = client.ask("POST", "items", content=content, headers={"content-type": kind})
    assert is_problem(answer, status)
    assert client.items() == 3


def test_a_program_lists_judges_and_reads_the_plan(client: Client) -> None:
    listed = client.ask("GET", "items?state=pending&limit=2").json()
    assert [item["id"] for item in listed] == ["i3", "i2"]
    assert [each["id"] for each in client.ask("GET", "items?after=i2").json()] == ["i1"]
    preview = client.ask("GET", "items/i1/preview").json()
    assert {message["channel"] for message in preview["messages"]} == {"x-fr", "x-en", "telegram-fr"}
    assert client.ask("POST", "items/i1/approve", json={"channels": ["x-fr"]}).json()["state"] == "approved"
    post, *_ = client.queue.approve(3)
    (row, *_) = client.ask("GET", "plan").json()
    assert (row["post"], row["item"]) == (f"p{post.id}", "i3")
    assert client.ask("GET", f"posts/p{post.id}").json()["state"] == "planned"
    assert [source["name"] for source in client.ask("GET", "sources").json()] == []


def test_an_edit_keeps_the_language_that_it_does_not_name(client: Client) -> None:
    body = {"versions": [{"language": "en", "title": "Other words"}], "revision": 1}
    item = client.ask("PATCH", "items/i1", json=body).json()
    assert (item["state"], item["revision"], item["languages"]) == ("pending", 2, ["fr", "en"])
    assert is_problem(client.ask("PATCH", "items/i1", json=body), 409)


def test_holds_are_put_on_and_lifted(client: Client) -> None:
    until = (NOW + timedelta(hours=2)).isoformat()
    put = client.ask("POST", "holds", json={"scope": "item", "target": "i1", "why": "doute", "until": until})
    assert put.json()["holds"][0]["target"] == "i1"
    assert [hold["reason"] for hold in client.ask("GET", "holds").json()] == ["doute"]
    for wrong in (
        {"scope": "item", "target": "p1"},
        {"scope": "item"},
        {"scope": "everything", "target": "x"},
    ):
        assert is_problem(client.ask("POST", "holds", json=wrong), 422)
    assert client.ask("POST", "holds/release", json={"scope": "item", "target": "i1"}).status_code == 200
    assert client.ask("GET", "holds").json() == []


def test_a_token_tells_a_scanner_what_it_is_and_a_typing_error_at_once() -> None:
    token = fresh_token()
    assert token.value.startswith("tpb_")
    assert looks_like_token(token.value)
    assert not looks_like_token(token.value[:10] + "x" * 3 + token.value[13:] + " ")
    assert token.value not in repr(token)


def test_no_request_breaks_the_api(client: Client) -> None:
    def hurrying() -> datetime:
        client.queue.time.now += timedelta(seconds=1)  # so that no token asks too often
        return client.queue.time.now

    app = create_app(replace(parts_of(client.queue), now=hurrying, reached=Reached(NAMES)))
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    token = {"authorization": f"Bearer {client.tokens[Role.ADMIN]}"}
    seen: Counter[int] = Counter()
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) > 20
    for operation, mode in product(operations, GenerationMode):
        _ask(operation, mode, token, seen)
    assert set(seen) >= {200, 404, 422}


NAMES = frozenset({"localhost", "testserver", "127.0.0.1"})
FEW = settings(
    max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def _ask(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    token: dict[str, str],
    seen: Counter[int],
) -> None:
    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:  # noqa: ANN401
        answer = case.call(headers=token)
        seen[answer.status_code] += 1
        case.validate_response(answer, checks=[not_a_server_error])

    ask()
