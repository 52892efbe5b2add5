"""Which hub a feed names, and under which topic: in headers, in documents, in JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.cage import Cage
from bot.sources.feed import BadFeed, parse
from bot.sources.hub import NO_HUB, Hub, in_header, in_links
from bot.sources.links import is_web
from content_queue.item import Kind

URL = "https://example.org/feed/"
HUB, SELF = "https://hub.example/", "https://example.org/feed/"
BOTH = Hub(HUB, SELF)
ITEM = "<item><title>Un</title><link>https://example.org/1</link></item>"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f'<{HUB}>; rel="hub", <{SELF}>; rel="self"', BOTH),
        (f"<{HUB}>;rel=hub,<{SELF}>;rel=self", BOTH),
        (f'<{SELF}>; title="rel=hub"; REL="Self canonical", <{HUB}>; rel="HUB"', BOTH),
        ('</hub>; rel="hub", <../feed/>; rel="self"', Hub("https://example.org/hub", SELF)),
        (f'<{HUB}>; rel="hub", <https://other.example/>; rel="hub"', Hub(HUB)),
        (f'<javascript:alert(1)>; rel="hub", <{HUB}>; rel="hub"', Hub(HUB)),
        (f'<https://u:p@hub.example/>; rel="hub", <{SELF}>; rel="self"', Hub("", SELF)),
        ('<https://example.org/page>; rel="next"', Hub()),
        ("https://hub.example/; rel=hub", Hub()),
        (f"<{HUB}", Hub()),
        ("", Hub()),
    ],
)
def test_a_header_names_them(header: str, found: Hub) -> None:
    assert in_header(header, URL) == found


@given(st.text(alphabet="<>;,=\"' relhubsfhttps:/.x\t", max_size=300))
def test_whatever_a_header_says_only_web_addresses_come_of_it(header: str) -> None:
    found = in_header(header, URL)
    assert all(not one or is_web(one) for one in (found.address, found.topic))


def test_a_header_of_any_length_is_read_quickly() -> None:
    assert in_header("<" * 500_000, URL) == Hub()
    assert in_header('<a>; rel="' * 100_000, URL) == Hub()


def rss(links: str) -> str:
    atom = 'xmlns:atom="http://www.w3.org/2005/Atom"'
    return f'<rss version="2.0" {atom}><channel><title>T</title>{links}{ITEM}</channel></rss>'


JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "feed_url": SELF,
        "hubs": [7, {"type": "rssCloud", "url": "https://x.example/"}, {"type": "WebSub", "url": HUB}],
        "items": [],
    }
)
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><link rel="hub" href="{HUB}"/>
    <link rel="self" href="{SELF}"/><entry><id>1</id><title>Un</title></entry></feed>"""
DOCUMENTS = [
    (rss(f'<atom:link rel="hub" href="{HUB}"/><atom:link rel="self" href="{SELF}"/>'), BOTH),
    (
        ATOM,
        BOTH,
    ),
    (rss(f'<atom:link rel="self" href="{SELF}"/>'), Hub("", SELF)),
    (rss('<atom:link rel="hub" href="file:///etc/passwd"/>'), Hub()),
    (rss(""), Hub()),
    (
        JSON,
        BOTH,
    ),
    ('{"items": [], "hubs": {"type": "WebSub"}, "feed_url": [7]}', Hub()),
]


@pytest.mark.parametrize(("document", "found"), DOCUMENTS)
def test_a_document_names_them(document: str, found: Hub) -> None:
    parsed = parse(document.encode(), content_type="", url=URL, kind=Kind.ARTICLE, language="fr")
    assert parsed.hub == found


def test_an_entry_names_no_hub() -> None:
    inside = ITEM.replace("<title>", f'<atom:link rel="hub" href="{HUB}"/><title>')
    document = rss("").replace(ITEM, inside)
    parsed = parse(document.encode(), content_type="", url=URL, kind=Kind.ARTICLE, language="fr")
    assert parsed.hub == Hub()


async def test_it_comes_out_of_the_cage() -> None:
    cage = Cage(workers=1)
    document, found = DOCUMENTS[0]
    parsed = await cage.parse(document.encode(), content_type="", url=URL, kind=Kind.ARTICLE, language="fr")
    await cage.close()
    assert parsed.hub == found


def test_the_header_holds_before_the_document() -> None:
    assert Hub(HUB).or_else(Hub("https://other.example/", SELF)) == BOTH


def test_the_hubs_of_real_feeds_are_found(corpus: Path) -> None:
    with_hub, found = [], []
    for path in sorted((corpus / "feeds").rglob("*")):
        document = path.read_bytes() if path.is_file() else b""
        if b'rel="hub"' not in document and b"rel='hub'" not in document:
            continue
        with_hub.append(path.name)
        try:
            parsed = parse(document, content_type="", url=URL, kind=Kind.ARTICLE, language="fr")
        except BadFeed:
            continue
        if parsed.hub.address:
            found.append(path.name)
    assert with_hub
    assert found == with_hub


@pytest.mark.parametrize("damaged", ["links", ["a word", 7, None], [{"rel": ["hub"], "href": 3}]])
def test_what_is_no_link_names_no_hub(damaged: Iterable[object]) -> None:
    assert in_links(damaged, "https://example.org/feed") == NO_HUB
