"""Many at once with a way back, a chosen time, words between moderators, sources, and the public's pages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from content_queue.lifecycle import ItemState
from content_queue.operations import remarks
from content_queue.operations.rows import item_by_id
from tests.bot.desk.conftest import Moderator
from tests.bot.desk.samples import HOSTILE, NOW, Queue

if TYPE_CHECKING:
    from content_queue.item import Item

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def item(queue: Queue, number: int) -> Item:
    with queue.store.read() as tx:
        return item_by_id(tx, number)


def states(queue: Queue) -> list[ItemState]:
    return [item(queue, number).state for number in (1, 2, 3)]


def test_many_are_approved_in_one_go_and_taken_back_within_the_grace(
    moderator: Moderator, queue: Queue
) -> None:
    page = moderator.post("/pending/approve", item=["i1.1", "i3.1"])
    assert "2 contenus sont approuvés." in page.text
    assert states(queue) == ["approved", "pending", "approved"]
    assert re.findall(r'name="item" value="(i\d)"', page.text) == ["i1", "i3"]
    page = moderator.post("/pending/undo", item=["i1", "i3"])
    assert "2 contenus attendent de nouveau." in page.text
    assert states(queue) == ["pending"] * 3
    assert "Revenir sur cette approbation" not in moderator.get("/pending").text


def test_one_that_changed_meanwhile_stays_and_is_named(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post("/pending/approve", item=["i1.7", "i3.1"])
    assert "Un contenu est approuvé." in page.text
    assert "i1" in page.text
    assert states(queue) == ["pending", "pending", "approved"]


def test_nothing_ticked_is_said_on_the_same_page(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post("/pending/approve")
    assert "Choisissez au moins un contenu." in page.text
    assert 'action="/items/i1/approve"' in page.text
    assert states(queue) == ["pending"] * 3


@pytest.mark.parametrize("ticked", [["i1"], ["i1.x"], ["p1.1"], ["i1.99999999999"]])
def test_a_form_that_ticks_nothing_sensible_approves_nothing(
    moderator: Moderator, queue: Queue, ticked: list[str]
) -> None:
    assert moderator.post("/pending/approve", item=ticked).status_code in {404, 422}
    assert states(queue) == ["pending"] * 3


def test_after_the_grace_there_is_no_way_back_by_this(moderator: Moderator, queue: Queue) -> None:
    moderator.post("/items/i1/approve", revision="1")
    queue.time.now += timedelta(minutes=10)
    answer = moderator.post("/pending/undo", item="i1")
    assert (answer.status_code, item(queue, 1).state) == (422, "approved")
    assert moderator.post("/pending/undo", item="i3").status_code == 422


def test_a_waiting_item_gets_its_time(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post("/items/i1/pin", when="2026-11-24T09:15")
    assert "i1 sortira le" in page.text
    pinned = item(queue, 1).pinned_at
    assert pinned is not None
    assert pinned.isoformat() == "2026-11-24T14:15:00+00:00"
    assert moderator.post("/items/i1/pin", when="2020-01-01T09:15").status_code == 422
    moderator.post("/items/i1/pin", when="")
    assert item(queue, 1).pinned_at is None
    moderator.post("/items/i1/approve", revision="1")
    assert moderator.post("/items/i1/pin", when="2026-11-24T09:15").status_code == 409


def test_words_between_moderators_stay_between_them(moderator: Moderator, queue: Queue) -> None:
    page = moderator.post("/items/i1/remark", text="On attend l’accord du partenaire.")
    assert "On attend l’accord du partenaire." in page.text
    assert "partenaire" not in moderator.get("/pending").text
    with queue.store.read() as tx:
        assert [(each.who, each.at) for each in remarks.of_item(tx, 1)] == [("desk", NOW)]
    assert moderator.post("/items/i1/remark", text=" ").status_code == 422


def test_an_item_is_held_from_its_card(moderator: Moderator) -> None:
    page = moderator.post("/pause", scope="item", target="1", why="un doute")
    assert ("i1" in page.text, "un doute" in page.text) == (True, True)


def test_a_source_s_page_says_what_became_of_its_entries(moderator: Moderator, queue: Queue) -> None:
    with queue.store.write() as tx:
        tx.exec_driver_sql("INSERT INTO source (name, owner, kind, url, settings) VALUES ('startech', 'file', 'article', 'https://technopolys.ca/feed/', '{}')")  # fmt: skip  # noqa: E501
    assert "startech" in moderator.get("/sources").text
    page = moderator.get("/sources/startech").text
    assert ("lire les vagues" in page, HOSTILE in page) == (True, False)
    moderator.post("/pause", scope="source", target="startech", why="trop de bruit")
    page = moderator.get("/sources/startech").text
    assert ("trop de bruit" in page, "suspendu" in page) == (True, True)
    assert moderator.get("/sources/none").status_code == 404


def test_the_public_sees_what_is_out_and_nothing_else(stranger: TestClient, queue: Queue) -> None:
    empty = stranger.get("/fr/")
    assert (empty.status_code, "Rien n’est encore sorti." in empty.text) == (200, True)
    for post in queue.approve():
        queue.publish(post)
    page = stranger.get("/fr/")
    assert "lire les vagues depuis Rimouski" in page.text
    assert page.text.count("<article>") == 1  # one story, though it stands on two channels
    assert "laboratoire de Laval" not in page.text  # waits to be judged
    assert "reading the waves" in stranger.get("/en/").text
    assert 'href="https://x.example/status/77"' in page.text
    assert {"set-cookie", "location"}.isdisjoint(page.headers)
    assert page.headers["cache-control"] == "public, max-age=60"
    assert "<script" not in page.text
    assert "<form" not in page.text


def test_the_public_s_feed_can_be_read(stranger: TestClient, queue: Queue) -> None:
    for post in queue.approve():
        queue.publish(post)
    answer = stranger.get("/fr/feed.xml")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)  # noqa: S314  our own
    (entry,) = feed.findall("a:entry", ATOM)
    link = entry.find("a:link", ATOM)
    assert link is not None
    assert link.get("href") == "https://example.org/startech/vagues"
    assert stranger.get("/feed.xml").headers["location"] == "/fr/feed.xml"


def test_what_was_taken_back_vanishes_with_a_note(stranger: TestClient, queue: Queue) -> None:
    for post in queue.approve():
        queue.publish(post)
    with queue.store.write() as tx:
        tx.exec_driver_sql("UPDATE post SET state = 'recalled'")
    page = stranger.get("/fr/").text
    assert ("vagues" in page, "publications ont été retirées." in page) == (False, True)
    assert b"entry" not in stranger.get("/fr/feed.xml").content


def test_what_a_feed_wrote_is_text_for_the_public_too(stranger: TestClient, queue: Queue) -> None:
    for post in queue.approve(2):
        queue.publish(post)
    page = stranger.get("/fr/").text
    assert (HOSTILE in page, "javascript:" in page) == (False, False)
    assert ET.fromstring(stranger.get("/fr/feed.xml").content).tag.endswith("feed")  # noqa: S314  our own
