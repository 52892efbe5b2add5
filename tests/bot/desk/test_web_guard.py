"""Nobody else gets in: token, session, host, origin, form token, and the headers on every answer."""

from dataclasses import replace
from datetime import datetime

import pytest
from httpx import Response
from starlette.testclient import TestClient

from bot.desk.web.app import create_app
from bot.watch.status import Status
from content_queue.operations.pending import to_judge
from content_queue.store.database import Transaction
from tests.bot.desk.conftest import HOST, OWN, Moderator
from tests.bot.desk.samples import TOKEN, Queue, parts_of

PAGES = [
    "/",
    "/pending",
    "/items",
    "/items/i1",
    "/add",
    "/add/file",
    "/facts",
    "/calendar",
    "/settle",
    "/published",
    "/holds",
    "/sources",
    "/sources/film/release",
]
APPROVE = "/items/i1/approve"


def pending(queue: Queue) -> list[int]:
    with queue.store.read() as tx:
        return [item.id for item in to_judge(tx)]


@pytest.mark.parametrize(
    "path", [*PAGES, "/nothing/here", "/docs", "/openapi.json", "/?token=wrong", "/?token="]
)
def test_a_stranger_gets_one_calm_line_and_nothing_else(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 403
    assert "Ouvrez le pupitre par l’adresse" in answer.text
    assert "StarTech" not in answer.text
    assert "set-cookie" not in answer.headers


def test_the_token_opens_a_session_of_its_own_and_leaves_the_address(stranger: TestClient) -> None:
    answer = stranger.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    assert stranger.get("/").status_code == 200


def test_two_browsers_get_two_sessions(stranger: TestClient) -> None:
    cookies = {stranger.get(f"/?token={TOKEN}").headers["set-cookie"] for _ in range(2)}
    assert len(cookies) == 2


def test_a_made_up_session_is_nobody(stranger: TestClient) -> None:
    assert stranger.get("/", headers={"cookie": "desk_80=made-up"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "desk.test.evil.example", "", "[::", "127.0.0.2:8080"])
def test_another_host_name_is_refused(moderator: Moderator, host: str) -> None:
    assert moderator.client.get("/", headers={"host": host}).status_code == 400


def test_forwarded_names_are_not_believed(moderator: Moderator) -> None:
    spoofed = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-for": "9.9.9.9",
        "forwarded": "host=evil.example",
    }
    answer = moderator.client.get("/", headers=spoofed)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://desk.test.evil.example"},
        {"origin": "file://desk.test"},
        {},
        {"origin": HOST, "sec-fetch-site": "cross-site"},
        {"origin": HOST, "sec-fetch-site": "same-site"},
        {"origin": HOST, "sec-fetch-site": "none"},
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    moderator: Moderator, queue: Queue, headers: dict[str, str]
) -> None:
    form = {"csrf": moderator.csrf, "revision": "1"}
    assert moderator.client.post(APPROVE, data=form, headers=headers).status_code == 403
    assert pending(queue) == [1, 2, 3]


@pytest.mark.parametrize("csrf", ["", "made-up", "é"])
def test_a_form_without_its_token_changes_nothing(moderator: Moderator, queue: Queue, csrf: str) -> None:
    answer = moderator.client.post(APPROVE, data={"csrf": csrf, "revision": "1"}, headers=OWN)
    assert answer.status_code == 403
    assert pending(queue) == [1, 2, 3]


def test_another_session_s_form_token_changes_nothing(moderator: Moderator, queue: Queue) -> None:
    foreign = moderator.csrf
    moderator.client.cookies.clear()
    moderator.client.get(f"/?token={TOKEN}")
    answer = moderator.client.post(APPROVE, data={"csrf": foreign, "revision": "1"}, headers=OWN)
    assert answer.status_code == 403
    assert pending(queue) == [1, 2, 3]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path", [APPROVE, f"{APPROVE}?revision=1&_method=POST", "/items/i1/reject", "/posts/p1/cancel", "/pause"]
)
def test_state_changes_by_post_only(moderator: Moderator, queue: Queue, method: str, path: str) -> None:
    answer = moderator.client.request(method, path, headers={"x-http-method-override": "POST"})
    assert answer.status_code == 405
    assert pending(queue) == [1, 2, 3]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_pass_the_same_guard(moderator: Moderator, method: str) -> None:
    assert moderator.client.request(method, "/items/i1").status_code == 403


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"a=" + b"b" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"a=b&" * 500, "application/x-www-form-urlencoded", 400),
        ("a=é".encode(), "application/x-www-form-urlencoded", 400),
    ],
)
def test_a_form_that_is_none_is_refused(
    moderator: Moderator, content: bytes, content_type: str, status: int
) -> None:
    headers = {**OWN, "content-type": content_type}
    assert moderator.client.post(APPROVE, content=content, headers=headers).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2f..%2f..%2fetc/passwd",
        "/static/%252e%252e/app.py",
        "/static/..%5c..%5capp.py",
        "/static//etc/passwd",
        "/static/../app.py",
        "/static/%00",
        "/static/",
    ],
)
def test_static_files_are_only_those_of_the_folder(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code in {403, 404}


def hardened(answer: Response) -> bool:
    policy = answer.headers["content-security-policy"]
    return (
        policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'")
        and "frame-ancestors 'none'" in policy
        and "unsafe" not in policy
        and answer.headers["x-content-type-options"] == "nosniff"
        and answer.headers["cross-origin-opener-policy"] == "same-origin"
        and answer.headers["cross-origin-resource-policy"] == "same-origin"
        and answer.headers["referrer-policy"] == "same-origin"
    )


def test_every_answer_is_hardened(moderator: Moderator) -> None:
    paths = [*PAGES, "/nothing", "/items/i99", "/static/desk.css", "/static/none", "/healthz", "/readyz"]
    answers = [moderator.get(path) for path in paths]
    answers += [
        moderator.client.post(APPROVE),
        moderator.client.get("/", headers={"host": "evil.example"}),
        moderator.post("/items/i1/approve", revision="7"),
    ]
    assert {answer.status_code for answer in answers} == {200, 400, 403, 404, 409, 503}
    assert all(hardened(answer) for answer in answers)


def test_an_error_of_ours_is_a_calm_page_that_tells_nothing(
    queue: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_tx: Transaction, _now: datetime) -> Status:
        raise RuntimeError(f"what nobody should read: {TOKEN}")

    with TestClient(create_app(replace(parts_of(queue), status=fail)), HOST) as client:
        answer = client.get(f"/?token={TOKEN}")
    assert answer.status_code == 500
    assert "Un problème est survenu" in answer.text
    assert hardened(answer)
    told = answer.text + "".join(capsys.readouterr())
    assert "RuntimeError at fail" in told
    assert TOKEN not in told


def test_health_needs_no_token_and_tells_no_more_than_that(stranger: TestClient) -> None:
    alive, ready = stranger.get("/healthz"), stranger.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"alive": True})
    assert (ready.status_code, ready.json()) == (503, {"ready": False})


@pytest.mark.parametrize(
    "back", ["//evil", "https:evil", "/\\evil", "/%2f%2fevil", "javascript:alert(1)", ""]
)
def test_no_form_sends_a_browser_elsewhere(moderator: Moderator, back: str) -> None:
    moderator.client.follow_redirects = False
    answer = moderator.post("/language", language="en", back=back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
