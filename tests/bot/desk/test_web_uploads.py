"""A picture that a moderator brings: kept as our own copy, shown beside the words, lost with no mistake."""

from html import unescape
from io import BytesIO

import pytest
from httpx import Response
from PIL import Image

from content_queue.item import Item
from content_queue.operations import listing, pictures
from content_queue.operations.pictures import KEPT, Stored
from tests.bot.desk.conftest import OWN, Moderator
from tests.bot.desk.samples import Queue

WORDS = {
    "kind": "announcement",
    "fr.title": "Le phare rouvre",
    "fr.alt": "Un phare, la nuit.",
    "en.title": "It opens",
}
CORRECTED = {
    "revision": "1",
    "then": "keep",
    "fr.title": "Les vagues",
    "fr.alt": "Une bouée.",
    "en.title": "Waves",
}


def photo(size: tuple[int, int] = (64, 48)) -> bytes:
    made = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "A phone with a name"
    Image.new("RGB", size, (20, 90, 160)).save(made, "JPEG", exif=exif)
    return made.getvalue()


def send(moderator: Moderator, path: str, file: bytes, **fields: str) -> Response:
    given = {"csrf": moderator.csrf, **fields}
    sent = {"file": ("photo.jpg" if file else "", file, "image/jpeg")}
    answer: Response = moderator.client.post(
        path, data=given, files=sent, headers=OWN, follow_redirects=False
    )
    return answer


def newest(queue: Queue) -> Item:
    with queue.store.read() as tx:
        return max(listing.items(tx), key=lambda item: item.id)


def kept(queue: Queue, source: str) -> Stored:
    with queue.store.read() as tx:
        found = pictures.read(tx, source.removeprefix(KEPT))
    assert found is not None
    return found


def test_it_stands_beside_the_words_of_each_language_with_its_own_alt_text(
    moderator: Moderator, queue: Queue
) -> None:
    assert send(moderator, "/add", photo(), **WORDS).status_code == 303
    french, english = newest(queue).versions
    assert french.image == english.image
    assert (french.alt, english.alt) == ("Un phare, la nuit.", "")
    stored = kept(queue, french.image)
    assert (stored.width, stored.height) == (64, 48)
    assert b"A phone with a name" not in stored.content


def test_no_file_chosen_is_no_picture(moderator: Moderator, queue: Queue) -> None:
    assert send(moderator, "/add", b"", **WORDS).status_code == 303
    assert [(version.image, version.alt) for version in newest(queue).versions] == [("", ""), ("", "")]


def test_a_mistake_elsewhere_keeps_the_picture_that_came_along(moderator: Moderator, queue: Queue) -> None:
    page = send(moderator, "/add", photo(), **{**WORDS, "fr.url": "javascript:alert(1)"})
    assert page.status_code == 422
    source = page.text.partition('name="fr.image" value="')[2].partition('"')[0]
    assert kept(queue, source).width == 64
    again = {**WORDS, "fr.image": source, "fr.picture": "yes"}
    assert send(moderator, "/add", b"", **again).status_code == 303
    french, english = newest(queue).versions
    assert (french.image, english.image) == (source, "")


def test_a_correction_brings_another_picture_for_every_language(moderator: Moderator, queue: Queue) -> None:
    assert send(moderator, "/items/i1/edit", photo((80, 60)), **CORRECTED).status_code == 303
    with queue.store.read() as tx:
        item = next(one for one in listing.items(tx) if one.id == 1)
    assert {version.image[:5] for version in item.versions} == {KEPT}
    assert kept(queue, item.versions[0].image).width == 80


def test_a_correction_without_one_leaves_the_picture_as_it_is(moderator: Moderator, queue: Queue) -> None:
    assert send(moderator, "/items/i1/edit", b"", **CORRECTED).status_code == 303
    with queue.store.read() as tx:
        item = next(one for one in listing.items(tx) if one.id == 1)
    assert [version.image for version in item.versions] == ["https://pictures.example.net/bouee.jpg", ""]


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"%PDF-1.7", photo()[:200]])
@pytest.mark.parametrize("path", ["/add", "/items/i1/edit"])
def test_what_is_no_picture_is_said_and_nothing_typed_is_lost(
    moderator: Moderator, queue: Queue, content: bytes, path: str
) -> None:
    before = newest(queue)
    page = send(moderator, path, content, **WORDS, revision="1", then="keep")
    assert page.status_code == 422
    assert "Cette image ne peut pas servir" in unescape(page.text)
    assert "Le phare rouvre" in page.text
    assert newest(queue) == before


def test_a_picture_is_taken_on_these_forms_alone(moderator: Moderator) -> None:
    for path in ("/items/i1/approve", "/pause", "/account/password", "/items/i1/side"):
        assert send(moderator, path, photo(), revision="1").status_code == 415


def test_a_form_larger_than_any_picture_is_not_read_on(moderator: Moderator) -> None:
    assert send(moderator, "/add", b"\xff\xd8" + bytes(20_000_001), **WORDS).status_code == 413


@pytest.mark.parametrize(
    "source", ["kept:../../etc/passwd", f"kept:{'0' * 63}", "file:///etc/passwd", "/etc/passwd"]
)
def test_a_picture_is_named_as_we_named_it_or_by_a_web_address(
    moderator: Moderator, queue: Queue, source: str
) -> None:
    before = newest(queue)
    answer = send(moderator, "/add", b"", **{**WORDS, "fr.image": source, "fr.picture": "yes"})
    assert answer.status_code == 422
    assert newest(queue) == before
