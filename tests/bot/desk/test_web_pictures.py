"""A card shows the pictures of what nobody has approved yet, to whoever has come in."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from starlette.testclient import TestClient

from bot.desk import operations
from bot.desk.web.app import create_app
from content_queue.item import Kind, Picture, Version
from content_queue.operations.pictures import Stored
from content_queue.people import local
from tests.bot.desk.conftest import HOST
from tests.bot.desk.samples import NOW, TOKEN, Queue, parts_of

SOURCE = "https://example.org/phare.jpg"
SHOWN = Version("fr", "Un phare", image=SOURCE, alt="Un phare, la nuit.")


@dataclass
class Studio:
    asked: list[tuple[str, str]] = field(default_factory=list)
    made: Stored | None = field(default_factory=lambda: Stored("d", "image/png", 1, 1, b"\x89PNG"))

    async def __call__(self, picture: Picture, channel: str) -> Stored | None:
        self.asked.append((picture.source, channel))
        return self.made


@pytest.fixture(name="studio")
def a_studio() -> Studio:
    return Studio()


@pytest.fixture
def client(queue: Queue, studio: Studio) -> Iterator[TestClient]:
    with queue.store.write() as tx:
        draft = operations.Draft(Kind.ANNOUNCEMENT, (SHOWN,))
        assert operations.add(tx, queue.desk, NOW, local("setup"), draft) == 4
    with TestClient(create_app(replace(parts_of(queue), picture=studio)), HOST) as made:
        yield made


def test_a_card_shows_each_channel_s_picture_as_it_would_go_out(client: TestClient, studio: Studio) -> None:
    client.get(f"/?token={TOKEN}")
    page = client.get("/items/i4").text
    addresses = [part.partition('"')[0] for part in page.split('<img class="shown" src="')[1:]]
    assert addresses
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content == b"\x89PNG"
    assert [source for source, _ in studio.asked] == [SOURCE] * len(addresses)
    assert len({channel for _, channel in studio.asked}) == len(addresses)


@pytest.mark.parametrize(
    "path", ["i4/pictures/99/0", "i4/pictures/0/9", "i99/pictures/0/0", "p1/pictures/0/0"]
)
def test_there_is_no_other_picture(client: TestClient, studio: Studio, path: str) -> None:
    client.get(f"/?token={TOKEN}")
    assert client.get(f"/items/{path}").status_code == 404
    assert studio.asked == []


def test_one_that_cannot_be_had_or_is_no_picture_is_not_shown(client: TestClient, studio: Studio) -> None:
    client.get(f"/?token={TOKEN}")
    studio.made = None
    assert client.get("/items/i4/pictures/0/0").status_code == 404
    studio.made = Stored("d", "image/svg+xml", 1, 1, b"<svg/>")
    assert client.get("/items/i4/pictures/0/0").status_code == 404


def test_nobody_makes_us_fetch_who_has_not_come_in(client: TestClient, studio: Studio) -> None:
    assert client.get("/items/i4/pictures/0/0", follow_redirects=False).status_code in {303, 403}
    assert studio.asked == []
