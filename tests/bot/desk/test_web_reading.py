"""Adding by address: what a page proposes fills the form, and nothing is kept before a person adds it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from bot.desk.web.app import create_app
from bot.sources.story import NoStory, Story
from content_queue.item import Kind, Version
from content_queue.operations import listing
from tests.bot.desk.conftest import HOST, Moderator, csrf_of
from tests.bot.desk.samples import HOSTILE, TOKEN, Queue, parts_of

PAGE = "https://example.org/fr/phare"
PHOTO = "https://example.org/phare.jpg"
STORY = Story(
    Kind.ARTICLE,
    (
        Version("fr", "Un phare", "Il éclaire la baie.", PAGE, PHOTO, "Un phare, la nuit."),
        Version("en", "A lighthouse", "It lights the bay.", "https://example.org/en/lighthouse"),
    ),
)
Open = Callable[[Story | NoStory], Moderator]


@pytest.fixture(name="reader")
def desk_that_reads(queue: Queue) -> Iterator[Open]:
    """Open a desk for which every address says the same."""

    def make(said: Story | NoStory) -> Moderator:
        async def find(address: str) -> Story:
            asked.append(address)
            if isinstance(said, NoStory):
                raise said
            return said

        asked: list[str] = []
        app = create_app(replace(parts_of(queue), find_story=find))
        client = opened.enter_context(TestClient(app, HOST))
        client.get(f"/?token={TOKEN}")
        client.follow_redirects = False
        return Moderator(client, csrf_of(client.get("/holds").text))

    with ExitStack() as opened:
        yield make


def items(queue: Queue) -> list[tuple[Version, ...]]:
    with queue.store.read() as tx:
        return [item.versions for item in listing.items(tx)]


def test_what_the_page_says_fills_the_form_and_nothing_is_kept_yet(reader: Open, queue: Queue) -> None:
    before = items(queue)
    page = unescape(reader(STORY).post("/add/read", **{"from": PAGE}).text)
    for words in ("Un phare", "Il éclaire la baie.", "A lighthouse", "Un phare, la nuit.", PHOTO):
        assert words in page
    assert "Rien n’est encore enregistré" in page
    assert items(queue) == before


def test_what_was_read_is_added_as_it_was_corrected(reader: Open, queue: Queue) -> None:
    moderator = reader(STORY)
    typed = {
        "fr.title": "Le phare", "fr.summary": "", "fr.url": PAGE,
        "fr.image": PHOTO, "fr.picture": "yes", "fr.alt": "Le phare.",
        "en.title": "A lighthouse", "en.image": PHOTO, "en.alt": "left out with its picture",
    }  # fmt: skip
    assert moderator.post("/add", kind="article", **typed).status_code == 303
    french, english = items(queue)[0]
    assert french == Version("fr", "Le phare", "", PAGE, PHOTO, "Le phare.")
    assert (english.image, english.title) == ("", "A lighthouse")


def test_a_page_that_cannot_be_read_says_why_and_leaves_the_form(reader: Open) -> None:
    answer = reader(NoStory(f"{PAGE} answered 404")).post("/add/read", **{"from": PAGE})
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert f"réponse de {PAGE}\u00a0: «\u00a0404\u00a0»" in page
    assert f'value="{PAGE}"' in page
    assert 'name="fr.title"' in page


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "", "ftp://example.org/x"])
def test_only_web_addresses_are_read(reader: Open, address: str) -> None:
    answer = reader(STORY).post("/add/read", **{"from": address})
    assert answer.status_code == 422
    assert "Un phare" not in answer.text


def test_what_a_page_says_is_text(reader: Open) -> None:
    hostile = Story(Kind.ARTICLE, (Version("fr", HOSTILE, HOSTILE, PAGE, PHOTO, HOSTILE),))
    assert HOSTILE not in reader(hostile).post("/add/read", **{"from": PAGE}).text


def test_no_picture_of_another_scheme_is_taken(reader: Open, queue: Queue) -> None:
    typed = {"fr.title": "Un phare", "fr.image": "file:///etc/passwd", "fr.picture": "yes"}
    assert reader(STORY).post("/add", kind="article", **typed).status_code == 422
    assert all(version.title != "Un phare" for versions in items(queue) for version in versions)


def test_a_desk_that_reads_no_pages_does_not_offer_it(moderator: Moderator) -> None:
    assert "/add/read" not in moderator.get("/add").text
    assert moderator.post("/add/read", **{"from": PAGE}).status_code == 404
