"""The facts: what each says, where it was and goes; those to confirm first; found by words and topic."""

from datetime import date, timedelta
from html import unescape

import pytest

from content_queue.item import Item, Kind, Reason, Version
from content_queue.lifecycle import PENDING_ITEM
from content_queue.operations import facts, judgement
from content_queue.operations.rows import item_by_id
from tests.bot.desk.conftest import Moderator
from tests.bot.desk.samples import HOSTILE, NOW, Queue


def known(queue: Queue, french: str, english: str = "", **more: object) -> int:
    """Put a fact before the moderators and return its number."""
    versions = [
        Version("fr", french, credit="Institut des Vagues, 2025", figure="41\u00a0%", wordings=("Autrement",))
    ]
    versions += [Version("en", english)] if english else []
    item = Item(0, Kind.FACT, PENDING_ITEM, "", 1, tuple(versions), NOW, evergreen=True, rounds=2, **more)  # type: ignore[arg-type]  # fields by name
    with queue.store.write() as tx:
        return judgement.insert_item(tx, NOW, item, "ana")


def listed(queue: Queue, **asked: str) -> list[str]:
    with queue.store.read() as tx:
        return [fact.item.title for fact in facts.facts(tx, **asked)]


def test_a_fact_says_where_it_was_and_goes_next(queue: Queue, moderator: Moderator) -> None:
    number = known(queue, "Le quart des emplois est à Québec", "A quarter of the jobs")
    posts = {post.channel: post for post in queue.approve(number)}
    first, second, *_ = posts
    queue.publish(posts[first])
    page = unescape(moderator.get("/facts").text)
    for words in ("41\u00a0%", "Le quart des emplois", "A quarter of the jobs", "Institut des Vagues, 2025"):
        assert words in page
    assert f"{first} sorti" in page
    assert f"{second} prochain" in page
    assert "2 formulations, une utilisée" in page


def test_what_is_to_be_confirmed_comes_first(queue: Queue, moderator: Moderator) -> None:
    known(queue, "Toujours vrai")
    known(queue, "Bientôt à revoir", review_by=NOW.date() + timedelta(days=30))
    late = known(queue, "Plus vrai peut-être", review_by=date(2026, 1, 31))
    with queue.store.write() as tx:
        (over,) = [item for item in judgement.overdue(tx, NOW) if item.id == late]
        judgement.expire(tx, NOW, over, Reason("its review date has passed"))
    assert listed(queue) == ["Plus vrai peut-être", "Bientôt à revoir", "Toujours vrai"]
    assert 'class="tag failed">à confirmer<' in moderator.get("/facts").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"words": "QUEBEC emplois"}, ["Le quart des emplois est à Québec"]),
        ({"words": "autrement"}, ["Les vagues montent", "Le quart des emplois est à Québec"]),
        ({"words": "vagues, 2024"}, []),
        ({"topic": "mer"}, ["Les vagues montent"]),
        ({"topic": "mer", "words": "quart"}, []),
    ],
)
def test_facts_are_found_by_words_and_topic(queue: Queue, asked: dict[str, str], found: list[str]) -> None:
    known(queue, "Le quart des emplois est à Québec")
    known(queue, "Les vagues montent", topics=("mer",))
    assert listed(queue, **asked) == found


def test_rejected_facts_and_other_kinds_are_not_listed(queue: Queue) -> None:
    number = known(queue, "Faux")
    with queue.store.write() as tx:
        judgement.reject(tx, NOW, "ana", item_by_id(tx, number), "faux")
    assert listed(queue) == []


def test_an_empty_page_says_what_to_do(moderator: Moderator) -> None:
    assert "ajoutez-en un" in unescape(moderator.get("/facts").text)
    moderator.speaks("en")
    page = moderator.get(f"/facts?words={HOSTILE}").text
    assert "No such fact." in page
    assert HOSTILE not in page
