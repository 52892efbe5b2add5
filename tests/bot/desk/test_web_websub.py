"""Hubs call: whoever was told the token is heard for what we asked, a right signature hurries a poll."""

import asyncio
import hmac
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from httpx import Response
from starlette.testclient import TestClient

from bot.desk.web.app import create_app
from bot.desk.web.guard import place
from bot.desk.web.websub import BURST, LARGEST
from bot.runtime.sealing import Seal
from bot.secret import Secret
from content_queue.operations import sources, subscriptions
from content_queue.operations.subscriptions import Fresh, Subscription, digest_of
from content_queue.store import tables as t
from tests.bot.desk.conftest import HOST, OWN
from tests.bot.desk.samples import NOW, Queue, parts_of

TOKEN, SECRET = "t" * 43, "s" * 43
HOME, HUB, TOPIC = f"{HOST}/websub", "https://hub.example/", "https://news.example/feed"
SEAL = Seal(Secret("a-key-made-up-for-tests"))
BODY = "<rss><channel><title>Été</title></channel></rss>".encode()
CHALLENGE = {
    "hub.mode": "subscribe",
    "hub.topic": TOPIC,
    "hub.challenge": "c&é",
    "hub.lease_seconds": "86400",
}


@dataclass
class Bell:
    """Counts how often the worker was woken."""

    rung: int = 0

    def ring(self) -> None:
        self.rung += 1


class Hub:
    """What a hub, or somebody who would be one, sends to the desk."""

    def __init__(self, client: TestClient, queue: Queue, bell: Bell) -> None:
        self.client = client
        self.queue = queue
        self.bell = bell

    @property
    def woken(self) -> int:
        return self.bell.rung

    def asks(self, token: str = TOKEN, **changed: str) -> Response:
        query = {**CHALLENGE, **{f"hub.{name}": value for name, value in changed.items()}}
        answer: Response = self.client.get(f"/websub/{token}?{urlencode(query)}")
        return answer

    def sends(self, body: bytes = BODY, signature: str | None = None, token: str = TOKEN) -> Response:
        headers = {"content-type": "application/rss+xml"}
        headers |= {} if signature is None else {"x-hub-signature": signature}
        answer: Response = self.client.post(f"/websub/{token}", content=body, headers=headers)
        return answer

    def kept(self) -> Subscription:
        with self.queue.store.read() as tx:
            found = subscriptions.by_digest(tx, digest_of(TOKEN))
        assert found is not None
        return found

    def told(self) -> list[str]:
        with self.queue.store.read() as tx:
            return subscriptions.told_of(tx)

    def count(self, table: str) -> int:
        with self.queue.store.read() as tx:
            return int(
                tx.execute(sa.select(sa.func.count()).select_from(t.metadata.tables[table])).scalar_one()
            )

    def forget_that_it_told(self) -> None:
        with self.queue.store.write() as tx:
            subscriptions.hurry(tx, NOW, ["news"])


@pytest.fixture(name="hub")
def the_hub(queue: Queue) -> Iterator[Hub]:
    """A hub that we have asked to tell us, and that has not answered yet."""
    with queue.store.write() as tx:
        sources.add(tx, NOW, "ana", "news", {"kind": "article", "url": TOPIC})
        tx.execute(sa.update(t.source).where(t.source.c.name == "news").values(hub=HUB, topic=TOPIC))
        keys = Fresh(digest_of(TOKEN), SEAL.close({"token": TOKEN, "secret": SECRET}))
        subscriptions.settle(tx, NOW, HOME, lambda: keys, on=True)
        subscriptions.asked(tx, NOW, digest_of(TOKEN))
    bell = Bell()
    parts = replace(parts_of(queue), unseal=SEAL.open, wake=bell.ring, patience=timedelta(seconds=0.5))
    with TestClient(create_app(parts), HOST, follow_redirects=False) as client:
        yield Hub(client, queue, bell)


def signed(body: bytes = BODY, method: str = "sha256", secret: str = SECRET) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def test_a_hub_that_asks_whether_we_meant_it_gets_its_challenge_back(hub: Hub) -> None:
    answer = hub.asks()
    assert (answer.status_code, answer.text) == (200, "c&é")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert hub.kept().until == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "changed",
    [
        {"topic": "https://other.example/feed"},
        {"topic": ""},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": ""},
        {"mode": "SUBSCRIBE"},
        {"mode": "denied", "topic": "https://other.example/feed"},
    ],
)
def test_what_nobody_asked_for_is_not_confirmed(hub: Hub, changed: dict[str, str]) -> None:
    before = hub.kept()
    answer = hub.asks(**changed)
    assert (answer.status_code, "c&é" in answer.text) == (404, False)
    assert hub.kept() == before


def test_what_is_said_twice_is_not_said(hub: Hub) -> None:
    other = ("hub.topic", "https://other.example/feed")
    for pairs in ([*CHALLENGE.items(), other], [other, *CHALLENGE.items()]):
        assert hub.client.get(f"/websub/{TOKEN}?{urlencode(pairs)}").status_code == 404
    assert hub.kept().until is None


@pytest.mark.parametrize(
    ("lease", "days"), [("", 10), ("-5", 10), ("1e9", 10), ("99999999999", 10), ("999999999", 30), ("٣", 10)]
)
def test_a_lease_that_cannot_be_read_is_the_one_we_asked_for_and_none_is_endless(
    hub: Hub, lease: str, days: int
) -> None:
    assert hub.asks(lease_seconds=lease).status_code == 200
    assert hub.kept().until == NOW + timedelta(days=days)


def test_a_refusal_is_kept_for_people_on_one_line(hub: Hub) -> None:
    reason = "too\r\nmany\u202e " + "x" * 5000
    assert hub.asks(mode="denied", reason=reason).status_code == 200
    assert hub.kept().error.startswith("it refuses: too many x")
    assert len(hub.kept().error) < 250
    assert hub.asks(mode="denied").status_code == 200
    assert hub.kept().error == "it refuses and does not say why"


def test_who_leaves_says_so_once_and_is_heard_no_more(hub: Hub) -> None:
    hub.asks()
    with hub.queue.store.write() as tx:
        subscriptions.settle(tx, NOW, HOME, lambda: Fresh("", ""), on=False)
        subscriptions.asked(tx, NOW, digest_of(TOKEN))
    assert hub.sends(signature=signed()).status_code == 410
    assert hub.asks().status_code == 404
    assert hub.asks(mode="unsubscribe").text == "c&é"
    assert hub.asks(mode="unsubscribe").status_code == 404
    assert hub.sends(signature=signed()).status_code == 404
    assert (hub.told(), hub.woken) == ([], 0)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_delivery_is_told_and_wakes_the_worker(hub: Hub, method: str) -> None:
    assert hub.sends(signature=signed(method=method)).status_code == 202
    assert (hub.told(), hub.woken) == (["news"], 1)
    assert hub.kept().heard_at == NOW


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256",
        "=",
        signed(secret="another"),
        signed(secret=""),
        signed(BODY + b" "),
        signed().replace("sha256", "sha1"),
        signed(method="md5"),
        signed(method="sha3_256"),
        f"SHA256={signed().partition('=')[2]}",
        signed()[:-1],
        f"{signed()}0",
        f"sha256=sha256={signed().partition('=')[2]}",
        "sha256=\xe9",
        f"sha256={'0' * 64}",
    ],
)
def test_a_wrong_signature_is_answered_alike_and_changes_nothing(hub: Hub, signature: str | None) -> None:
    before, rows = hub.kept(), hub.count("entry")
    headers = {} if signature is None else {"x-hub-signature": signature.encode("latin-1")}
    answer = hub.client.post(f"/websub/{TOKEN}", content=BODY, headers=headers)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (hub.kept(), hub.told(), hub.woken) == (before, [], 0)
    assert hub.count("entry") == rows


def test_a_delivery_under_another_key_of_ours_is_not_believed(queue: Queue, hub: Hub) -> None:
    other = Seal(Secret("another-key-of-tests"))
    parts = replace(parts_of(queue), unseal=other.open, wake=hub.bell.ring)
    with TestClient(create_app(parts), HOST) as client:
        hub.client = client
        for secret in (SECRET, ""):
            assert hub.sends(signature=signed(secret=secret)).status_code == 202
    assert (hub.told(), hub.woken) == ([], 0)


def test_what_is_sent_again_tells_nothing_new_until_it_was_taken_up(hub: Hub) -> None:
    for _ in range(5):
        assert hub.sends(signature=signed()).status_code == 202
    assert (hub.told(), hub.woken) == (["news"], 1)
    hub.forget_that_it_told()
    hub.sends(signature=signed())
    assert (hub.told(), hub.woken) == (["news"], 2)


def test_nothing_that_is_delivered_is_kept(hub: Hub) -> None:
    body = (
        b"<rss><channel><item><title>Forged</title><link>https://evil.example/</link></item></channel></rss>"
    )
    before = hub.count("entry"), hub.count("item")
    assert hub.sends(body, signed(body)).status_code == 202
    assert (hub.count("entry"), hub.count("item")) == before


def test_a_body_without_end_is_refused_and_changes_nothing(hub: Hub) -> None:
    body = b"x" * (LARGEST + 1)
    assert hub.sends(body, signed(body)).status_code == 413
    assert hub.told() == []
    fits = body[:-1]
    assert hub.sends(fits, signed(fits)).status_code == 202
    assert hub.told() == ["news"]


async def test_a_body_that_never_arrives_is_not_waited_for(hub: Hub) -> None:
    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.2)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"desk.test"), (b"x-hub-signature", signed().encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/websub/{TOKEN}",
        "headers": headers,
        "query_string": b"",
    }
    async with asyncio.timeout(5):
        await hub.client.app({**scope, "client": ("127.0.0.1", 1)}, receive, send)
    assert sent[0]["status"] == 408
    assert hub.told() == []


@pytest.mark.parametrize("token", ["x" * 43, "t" * 42, "t" * 44, "%00", "..%2f..", "é", "t" * 5000])
def test_a_stranger_learns_nothing(hub: Hub, token: str) -> None:
    answers = [hub.asks(token), hub.sends(signature=signed(), token=token)]
    assert {answer.status_code for answer in answers} == {404}
    assert all(TOPIC not in answer.text and "c&é" not in answer.text for answer in answers)
    assert (hub.told(), hub.kept().until) == ([], None)


def test_a_desk_without_a_key_has_no_such_door(queue: Queue, hub: Hub) -> None:
    with TestClient(create_app(parts_of(queue)), HOST) as client:
        hub.client = client
        assert hub.asks().status_code == 404
        assert hub.sends(signature=signed()).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_hubs_ask_and_send_and_nothing_else(hub: Hub, method: str) -> None:
    for token in (TOKEN, "x" * 43):
        assert hub.client.request(method, f"/websub/{token}").status_code == 405


def test_a_hub_that_calls_without_end_is_told_to_wait(hub: Hub) -> None:
    statuses = [hub.sends(signature="sha256=0").status_code for _ in range(BURST + 1)]
    assert statuses == [202] * BURST + [429]
    answer = hub.asks()
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert hub.kept().until is None


def test_a_token_opens_no_other_door(hub: Hub) -> None:
    for path in (f"/websub/{TOKEN}/../../items", f"/items?token={TOKEN}", f"/?token={TOKEN}", "/websub/"):
        answer = hub.client.get(path)
        assert answer.status_code in {303, 403, 404}
        assert "StarTech" not in answer.text
    assert (
        hub.client.post(f"/pause?x=/websub/{TOKEN}", data={"scope": "everything"}, headers=OWN).status_code
        == 403
    )


def test_its_door_answers_to_the_desk_s_own_names_alone(hub: Hub) -> None:
    answer = hub.client.get(f"/websub/{TOKEN}?{urlencode(CHALLENGE)}", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert hub.kept().until is None


def test_no_token_stands_in_a_log() -> None:
    assert place(f"/websub/{TOKEN}") == "/websub/..."


def test_neither_token_nor_secret_stands_in_the_database_as_it_is(hub: Hub) -> None:
    hub.asks()
    kept = hub.kept()
    assert TOKEN not in str(kept)
    assert SECRET not in str(kept)


def test_the_source_s_page_says_until_when_its_hub_tells(hub: Hub) -> None:
    from tests.bot.desk.samples import TOKEN as ENTRANCE

    hub.client.get(f"/?token={ENTRANCE}")
    assert "ne l’a pas encore confirmé" in hub.client.get("/sources/news").text
    hub.asks()
    page = hub.client.get("/sources/news").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Son concentrateur annonce aussitôt ce qui est nouveau, jusqu’au 23 nov. 2026, 8 h 30." in page
