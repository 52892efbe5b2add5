"""Both languages of an item on its card: what one lacks is written there, left, or said to be left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.async_api import expect
from starlette.testclient import TestClient

from content_queue.item import Entry, Item, Kind, Version
from content_queue.lifecycle import ItemState
from content_queue.operations import alike, history, intake, sides
from content_queue.operations.rows import item_by_id
from content_queue.people import Role
from tests.bot.desk.conftest import HOST, OWN, Moderator, Seat
from tests.bot.desk.inhabited import COOKIE, inhabit, stay
from tests.bot.desk.samples import NOW, Queue, open_queue
from tests.bot.desk.test_every_door import csrf
from tests.bot.desk.test_web_browser import phone

ENGLISH = {
    "language": "en",
    "en.title": "Behind the scenes of a laboratory in Laval",
    "en.url": "https://example.org/en/film",
}


def item(queue: Queue, number: int) -> Item:
    with queue.store.read() as tx:
        return item_by_id(tx, number)


def only(queue: Queue, number: int) -> str:
    with queue.store.read() as tx:
        return sides.only_in(tx, item_by_id(tx, number))


def card_of(page: str, number: int) -> str:
    return page.partition(f'id="i{number}"')[2].partition('<article class="card"')[0]


def test_the_missing_side_is_written_on_its_card_and_shown_there(moderator: Moderator, queue: Queue) -> None:
    assert "Rien encore en anglais." in card_of(moderator.get("/pending").text, 3)
    page = moderator.post("/items/i3/side", revision="1", **ENGLISH)
    written = item(queue, 3)
    assert [(each.language, each.title) for each in written.versions] == [
        ("fr", "Dans les coulisses d’un laboratoire de Laval"),
        ("en", "Behind the scenes of a laboratory in Laval"),
    ]
    assert (written.state, written.revision) == (ItemState.PENDING, 2)
    shown = card_of(page.text, 3)
    assert "Rien encore en anglais." not in shown
    assert 'aria-label="Approuver pour x-en"' in shown


def test_the_other_side_of_what_is_written_meanwhile_is_not_overwritten(
    moderator: Moderator, queue: Queue
) -> None:
    moderator.post("/items/i3/side", revision="1", **ENGLISH)
    late = {**ENGLISH, "en.title": "Too late"}
    answer = moderator.post("/items/i3/side", revision="1", **late)
    assert answer.status_code == 409
    assert "Too late" in answer.text  # nothing a person wrote is lost
    assert item(queue, 3).versions[1].title == ENGLISH["en.title"]


def test_an_address_that_is_none_keeps_what_was_typed_and_the_other_language(
    moderator: Moderator, queue: Queue
) -> None:
    wrong = {**ENGLISH, "en.url": "javascript:alert(1)"}
    answer = moderator.post("/items/i3/side", revision="1", **wrong)
    assert answer.status_code == 422
    for words in (ENGLISH["en.title"], "Dans les coulisses d’un laboratoire de Laval"):
        assert words in answer.text
    assert item(queue, 3).revision == 1


@pytest.mark.parametrize("language", ["", "de", "../fr"])
def test_only_a_language_of_the_desk_has_a_side(moderator: Moderator, queue: Queue, language: str) -> None:
    answer = moderator.post("/items/i3/side", revision="1", **{**ENGLISH, "language": language})
    assert (answer.status_code, item(queue, 3).revision) == (422, 1)


def test_an_item_said_to_be_in_french_only_is_asked_for_no_english(
    moderator: Moderator, queue: Queue
) -> None:
    page = moderator.post("/items/i3/alone", alone="yes")
    assert only(queue, 3) == "fr"
    assert "En français seulement, une personne l’a décidé." in card_of(page.text, 3)
    assert "Rien encore en anglais." not in card_of(page.text, 3)
    assert "en français seulement" in moderator.get("/items/i3").text  # its history says so
    moderator.post("/items/i3/alone", alone="no")
    assert only(queue, 3) == ""
    with queue.store.read() as tx:
        assert [line.what for line in history.of_item(tx, 3)][-2:] == ["one language"] * 2


def test_words_in_the_other_language_end_what_was_said(moderator: Moderator, queue: Queue) -> None:
    moderator.post("/items/i3/alone", alone="yes")
    moderator.post("/items/i3/side", revision="1", **ENGLISH)
    assert only(queue, 3) == ""
    assert moderator.post("/items/i3/alone", alone="yes").status_code == 422  # it speaks both


def test_approving_without_the_english_is_one_press(moderator: Moderator, queue: Queue) -> None:
    assert "Approuver sans l’anglais" in card_of(moderator.get("/pending").text, 3)
    moderator.post(
        "/items/i3/approve", revision="1", shown=["x-fr", "telegram-fr"], channel=["x-fr", "telegram-fr"]
    )
    assert item(queue, 3).state is ItemState.APPROVED


def test_nobody_is_asked_for_a_language_that_none_of_its_channels_speaks(
    moderator: Moderator, queue: Queue
) -> None:
    moderator.post("/add", kind="fact", channel="x-fr", **{"fr.title": "Le quart des emplois est à Québec"})
    assert item(queue, 4).only_channels == ("x-fr",)
    assert "Rien encore en anglais." not in card_of(moderator.get("/pending").text, 4)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("path", "fields"), [("side", {"revision": "1", **ENGLISH}), ("alone", {"alone": "yes"})]
)
def test_only_those_who_edit_write_a_side_or_leave_it_out(
    app: FastAPI, seat: Seat, tmp_path: Path, role: Role, path: str, fields: dict[str, str]
) -> None:
    inhabit(tmp_path / "people.db")
    queue = open_queue(tmp_path / "people.db")
    seat.queue = queue
    with TestClient(app, HOST, follow_redirects=False) as client:
        client.cookies.set(COOKIE, stay(role))
        answer = client.post(f"/items/i3/{path}", data={"csrf": csrf(role), **fields}, headers=OWN)
    may = role in {Role.EDITOR, Role.ADMIN}
    assert answer.status_code == (303 if may else 403)
    assert (only(queue, 3) == "fr" or item(queue, 3).revision == 2) == may
    queue.store.close()


TITLE = "StarTech : lire les vagues depuis Rimouski"


def take_in(queue: Queue, number: int, title: str, url: str, language: str = "fr") -> None:
    entry = Entry(f"other-{number}", Kind.ARTICLE, (Version(language, title, "", url),), NOW)
    with queue.store.write() as tx:
        intake.take_in(tx, NOW, intake.Origin("autre", backlog=9), [entry], [None], first=False)


def looks_like(queue: Queue, number: int) -> list[int]:
    with queue.store.read() as tx:
        return [one.item for one in alike.of(tx, [item_by_id(tx, number)])[number]]


@pytest.mark.parametrize(
    ("title", "language", "like"),
    [
        ("Lire les vagues depuis Rimouski, par StarTech", "fr", [4]),  # the same words in another order
        ("StarTech: lire les vagues de Rimouski", "fr", [4]),
        ("StarTech: lire les vagues depuis Rimouski", "en", []),  # another language: other words
        ("Rimouski", "fr", []),
        ("Une tout autre nouvelle depuis Chicoutimi", "fr", []),
    ],
)
def test_what_is_nearly_the_same_is_named_beside_its_card(
    queue: Queue, title: str, language: str, like: list[int]
) -> None:
    take_in(queue, 1, title, "https://autre.example/1", language)
    assert looks_like(queue, 1) == like
    assert looks_like(queue, 4) == [1] * len(like)


def test_the_card_names_what_looks_like_it_with_its_state(moderator: Moderator, queue: Queue) -> None:
    assert "Ressemble à" not in moderator.get("/pending").text
    take_in(queue, 1, TITLE, "https://autre.example/1")
    moderator.post("/items/i1/reject", revision="1", why="hors sujet")
    shown = card_of(moderator.get("/pending").text, 4)
    assert "Ressemble à" in shown
    assert 'href="/items/i1"' in shown
    assert "rejeté" in shown


def test_no_more_than_three_are_named(queue: Queue) -> None:
    for number in range(5):
        take_in(queue, number, TITLE, f"https://autre.example/{number}")
    assert looks_like(queue, 1) == [8, 7, 6]


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_both_languages_stand_side_by_side_or_one_after_the_other(browser: Path, queue: Queue) -> None:
    async with phone(browser, queue, script=True) as page:
        await page.goto("/pending")
        boxes = [await each.bounding_box() for each in await page.locator("#i1 .tongue").all()]
        french, english = [box for box in boxes if box]
        assert english["y"] >= french["y"] + french["height"]
        await page.set_viewport_size({"width": 1280, "height": 800})
        boxes = [await each.bounding_box() for each in await page.locator("#i1 .tongue").all()]
        french, english = [box for box in boxes if box]
        assert english["x"] >= french["x"] + french["width"]
        assert abs(english["y"] - french["y"]) < 1
        await page.locator("#i3 summary", has_text="Écrire l’anglais").click()
        await page.locator("#i3-title").fill("Behind the scenes in Laval")
        await page.get_by_role("button", name="Voir ce que cela donne").click()
        await page.locator("#i3 .tongue", has_text="Behind the scenes in Laval").wait_for()


@pytest.mark.browser
async def test_every_button_of_the_missing_side_meets_the_finger(browser: Path, queue: Queue) -> None:
    async with phone(browser, queue) as page:
        await page.goto("/items/i3")
        await page.get_by_role("button", name="Approuver sans l’anglais").click()
        await expect(page.get_by_role("status")).to_contain_text("i3 est approuvé")
