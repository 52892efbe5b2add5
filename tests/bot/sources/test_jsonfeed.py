"""JSON Feed, and JSON that only looks like one: hostile case P29."""

import json
from datetime import UTC, datetime

import pytest

from bot.sources.feed import BadFeed
from content_queue.item import Entry, Kind, Version
from tests.bot.sources.documents import entry, read, words


def feed(*items: object, **more: object) -> bytes:
    """A JSON Feed 1.1 document."""
    whole = {"version": "https://jsonfeed.org/version/1.1", "title": "Le site", "items": items, **more}
    return json.dumps(whole).encode()


def test_an_item_with_everything_becomes_an_entry() -> None:
    item = {
        "id": "https://site.example/?p=1",
        "url": "/1",
        "title": "Un &#8216;plan&#8217;",
        "summary": "Court.",
        "content_html": "<p>Long.</p>",
        "image": "/1.jpg",
        "date_published": "2018-02-14T15:00:00-05:00",
        "tags": ["IA", 7],
        "authors": [{"name": "Ève"}, {"name": "Max"}],
    }
    assert entry(feed(item)) == Entry(
        guid="https://site.example/?p=1",
        kind=Kind.ARTICLE,
        versions=(
            Version("fr", "Un ‘plan’", "Court.", "https://site.example/1", "https://site.example/1.jpg"),
        ),
        published_at=datetime(2018, 2, 14, 20, tzinfo=UTC),
        topics=("ia",),
        author="Ève, Max",
    )


def test_numbers_and_nulls_are_taken_as_they_come() -> None:
    found = read(
        feed(
            {
                "id": 405,
                "title": None,
                "content_text": "Sans titre. Suite.\nLigne",
                "external_url": "https://o.example/",
            },
            {"id": "", "content_html": "<p>Vide</p>"},
            "no item",
            {"id": True, "title": "x"},
            language="fr-CA",
            author={"name": "Équipe"},
        ),
        language="",
    )
    first, second, third = found.entries
    assert (first.guid, first.author, found.language) == ("405", "Équipe", "fr")
    assert first.versions[0] == Version("fr", "Sans titre.", "Suite.\nLigne", "https://o.example/")
    assert (second.guid, second.versions[0].title) == ("", "Vide")
    assert third.guid == ""


def test_a_picture_is_found_in_the_text() -> None:
    item = {
        "id": "1",
        "url": "https://site.example/a/1",
        "title": "t",
        "content_html": '<img src="i.png" alt="Un quai">',
    }
    found = words(feed(item))
    assert (found.image, found.alt) == ("https://site.example/a/i.png", "Un quai")


def test_more_than_500_items_are_counted_not_read() -> None:
    found = read(feed(*({"id": str(n), "title": "t"} for n in range(510))))
    assert (len(found.entries), found.notes) == (500, ("10 entries beyond the first 500 were not read",))


@pytest.mark.parametrize(
    "document",
    [
        b'{"items":' + b"[" * 100_000,
        b'{"items":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"items": [{"id": 1' + b"0" * 10_000 + b"}]}",
        b'{"items": [{"id": NaN}]}',
        b'{"items": [{"id": 1e999999}]}',
        b'{"items": [',
        b'{"items": {}}',
        b"[1, 2]",
        b"{}",
    ],
)
def test_json_that_is_no_feed_says_so(document: bytes) -> None:
    try:
        found = read(document)
    except BadFeed:
        return
    assert found.entries == ()


def test_of_two_keys_the_last_counts() -> None:
    assert words(b'{"items": [{"id": "1", "title": "a", "title": "b"}]}').title == "b"


def test_terminal_escapes_in_json_are_gone() -> None:
    assert words(feed({"id": "1", "title": "a \x1b[31mrouge\x1b[0m \u0000b"})).title == "a rouge b"
