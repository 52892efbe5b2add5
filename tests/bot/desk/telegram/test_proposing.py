"""What moderators propose from their phones: an address, a text, a forwarded message, a picture."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from bot.sources.story import Story
from content_queue.item import Item, Kind, Version
from content_queue.lifecycle import ItemState
from content_queue.operations import listing, pictures
from content_queue.operations.rows import item_by_id
from tests.bot.desk.telegram.conftest import EDITOR, READER, STRANGER, Place
from tests.bot.desk.telegram.standin import GROUP, TOKEN

PAGE = "https://example.org/phare"
STORY = Story(
    Kind.ARTICLE,
    (
        Version("fr", "Le phare a cent ans", "Un résumé.", PAGE),
        Version("en", "A hundred years", "", f"{PAGE}/en"),
    ),
)
FORWARDED = {"type": "hidden_user", "date": 1, "sender_user_name": "Quelqu’un"}


def jpeg() -> bytes:
    made = BytesIO()
    Image.new("RGB", (64, 48), (20, 90, 160)).save(made, "JPEG")
    return made.getvalue()


def newest(place: Place) -> Item:
    with place.queue.store.read() as tx:
        return max(listing.items(tx), key=lambda item: item.id)


def count(place: Place) -> int:
    with place.queue.store.read() as tx:
        return len(listing.items(tx))


@pytest.mark.parametrize("chat", [GROUP, EDITOR])
@pytest.mark.parametrize("command", ["/ajouter", "/add"])
async def test_an_address_alone_has_its_page_read(place: Place, chat: int, command: str) -> None:
    place.gallery.pages[PAGE] = STORY
    place.telegram.says(EDITOR, f"{command} {PAGE}", chat=chat)
    await place.hear()
    made = newest(place)
    assert (made.kind, made.versions, made.state) == (STORY.kind, STORY.versions, ItemState.PENDING)
    assert "Le phare a cent ans" in place.telegram.last.text
    assert "Approuver" in place.telegram.last.buttons
    assert place.changes


async def test_an_address_shared_in_the_private_chat_is_enough(place: Place) -> None:
    place.gallery.pages[PAGE] = STORY
    place.telegram.says(EDITOR, PAGE, chat=EDITOR)
    await place.hear()
    assert newest(place).versions == STORY.versions


async def test_among_the_moderators_an_address_is_talk(place: Place) -> None:
    before = count(place)
    place.telegram.says(EDITOR, PAGE)
    await place.hear()
    assert (count(place), place.gallery.asked, place.telegram.messages) == (before, [], [])


async def test_with_a_title_the_page_is_not_read(place: Place) -> None:
    place.telegram.says(EDITOR, f"/ajouter {PAGE} Le phare\nEt sa lampe.")
    await place.hear()
    assert newest(place).versions == (Version("fr", "Le phare", "Et sa lampe.", PAGE),)
    assert PAGE not in place.gallery.asked


async def test_a_page_that_tells_nothing_is_named_and_nothing_kept(place: Place) -> None:
    before = count(place)
    place.telegram.says(EDITOR, f"/ajouter {PAGE}")
    await place.hear()
    assert count(place) == before
    assert PAGE in place.telegram.last.text


async def test_a_forwarded_message_is_proposed_as_it_stands(place: Place) -> None:
    text = f"La lampe du phare\nElle tourne encore.\n{PAGE}"
    place.telegram.says(EDITOR, text, chat=EDITOR, forward_origin=FORWARDED)
    await place.hear()
    assert newest(place).versions == (Version("fr", "La lampe du phare", "Elle tourne encore.", PAGE),)


async def test_the_message_that_is_replied_to_is_proposed(place: Place) -> None:
    place.telegram.says(
        EDITOR,
        "/ajouter",
        reply_to_message={
            "message_id": 7, "date": 1, "chat": {"id": GROUP, "type": "supergroup", "title": "M"},
            "text": "Une lampe neuve", "photo": place.telegram.photo_of("lampe"),
        },
    )  # fmt: skip
    place.telegram.files["lampe"] = jpeg()
    await place.hear()
    (version,) = newest(place).versions
    assert (version.title, version.image[:5]) == ("Une lampe neuve", "kept:")


async def test_a_picture_is_kept_as_our_own_copy_and_shown(place: Place) -> None:
    place.telegram.files["phare"] = jpeg()
    place.telegram.says(
        EDITOR, "", chat=EDITOR, photo=place.telegram.photo_of("phare"),
        caption="Le phare, la nuit\nOuvert samedi.\nAlt\u00a0: un phare sous les étoiles",
    )  # fmt: skip
    await place.hear()
    made = newest(place)
    (version,) = made.versions
    assert made.kind is Kind.ANNOUNCEMENT
    assert (version.title, version.summary) == ("Le phare, la nuit", "Ouvert samedi.")
    assert version.alt == "un phare sous les étoiles"
    with place.queue.store.read() as tx:
        kept = pictures.read(tx, version.image.removeprefix(pictures.KEPT))
    assert kept is not None
    with Image.open(BytesIO(kept.content)) as picture:
        assert picture.size == (64, 48)


async def test_a_card_comes_with_its_pictures(place: Place) -> None:
    place.telegram.files["phare"] = jpeg()
    place.telegram.says(
        EDITOR, "", chat=EDITOR, photo=place.telegram.photo_of("phare"), caption="Le phare\nalt: un phare"
    )
    await place.hear()
    place.gallery.pictures[newest(place).versions[0].image] = jpeg()
    place.telegram.says(EDITOR, "/file", chat=EDITOR)
    await place.hear()
    label = next(label for label in place.telegram.last.buttons if label.startswith("i4 "))
    place.telegram.presses(EDITOR, place.telegram.last, label)
    await place.hear()
    assert place.telegram.shown == [(EDITOR, jpeg(), "un phare")]


async def test_what_is_no_picture_is_refused_in_one_line(place: Place) -> None:
    before = count(place)
    place.telegram.files["phare"] = b"<svg onload=alert(1)>"
    place.telegram.says(EDITOR, "", chat=EDITOR, photo=place.telegram.photo_of("phare"), caption="Le phare")
    await place.hear()
    assert count(place) == before
    assert "Cette image ne peut pas servir" in place.telegram.last.text


async def test_a_file_that_is_gone_tells_no_secret(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    before = count(place)
    place.telegram.says(EDITOR, "", chat=EDITOR, photo=place.telegram.photo_of("gone"), caption="Le phare")
    await place.hear()
    assert count(place) == before
    assert "n’a pas pu être prise" in place.telegram.last.text
    said = "".join(capfd.readouterr()) + "".join(one.html for one in place.telegram.messages)
    assert TOKEN.partition(":")[2] not in said


@pytest.mark.parametrize("who", [STRANGER, READER])
async def test_who_may_not_propose_makes_us_fetch_nothing(place: Place, who: int) -> None:
    before = count(place)
    place.gallery.pages[PAGE] = STORY
    place.telegram.says(who, f"/ajouter {PAGE}", chat=who)
    place.telegram.says(who, PAGE, chat=who)
    place.telegram.says(who, "", chat=who, photo=place.telegram.photo_of("phare"), caption="Le phare")
    await place.hear()
    assert (count(place), place.gallery.asked, "getFile" in place.telegram.calls) == (before, [], False)


async def test_an_item_is_approved_for_the_channels_that_were_chosen(place: Place) -> None:
    await place.card()
    place.telegram.presses(EDITOR, place.telegram.last, "Comptes")
    await place.hear()
    everywhere = [label for label in place.telegram.last.buttons if label[0] in "☑☐"]
    assert everywhere == ["☑ x-fr", "☑ x-en", "☑ telegram-fr"]
    for label in ("☑ x-en", "☑ telegram-fr"):
        place.telegram.presses(EDITOR, place.telegram.last, label)
        await place.hear()
    last = place.telegram.last
    assert [label for label in last.buttons if label[0] in "☑☐"] == ["☐ x-en", "☐ telegram-fr"]
    assert "telegram-fr" not in last.text
    place.telegram.presses(EDITOR, last, "☐ telegram-fr")
    await place.hear()
    place.telegram.presses(EDITOR, place.telegram.last, "Approuver")
    await place.hear()
    with place.queue.store.read() as tx:
        item = item_by_id(tx, 1)
        assert {message.channel for message in listing.messages_of(tx, item)} == {"x-fr", "telegram-fr"}
    assert item.state is ItemState.APPROVED
