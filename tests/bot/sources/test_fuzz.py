"""Whatever the bytes: entries or one line, never another error."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.feed import BadFeed, Parsed, parse
from content_queue.item import Kind
from tests.bot.sources.documents import atom, rss
from tests.bot.sources.test_details import YOUTUBE
from tests.bot.sources.test_jsonfeed import feed

SHAPES = (
    rss(
        "<title>A &amp; B</title><link>/1</link><guid>g</guid><pubDate>12 Mar 2018 09:00 EST</pubDate>"
        "<description><![CDATA[<p>Texte <img src='/a.png' alt='x'></p>]]></description>"
        '<enclosure url="/e.mp3" type="audio/mpeg"/><category>c</category>',
        "<description>Sans titre. Suite</description>",
    ),
    atom('<id>i</id><title type="html">T</title><link href="/1"/><content type="html">&lt;p&gt;C</content>'),
    YOUTUBE.encode(),
    feed(
        {
            "id": 1,
            "url": "/1",
            "title": "t",
            "content_html": "<p>x",
            "tags": ["a"],
            "authors": [{"name": "n"}],
        }
    ),
)
PIECES = (
    b"<", b">", b"&", b";", b"\x00", b"\xc3", b"\xff\xfe", b"]]>", b"<![CDATA[", b"&#xD800;",
    b"<!DOCTYPE a [",
    b"<item>", b"</item>", b"<entry>", b'="', b"'", b"<!--", b"<?", b"{", b"[", b"9" * 50, b"<svg><style>",
    b"xml:base='//'", b"%", b"http://[",
)  # fmt: skip
CHANGES = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.sampled_from(PIECES)), max_size=8)
CONTENT_TYPES = st.sampled_from(["", "text/xml; charset=utf-7", "x; charset=idna", "charset=\x00"])


def survives(document: bytes, content_type: str = "") -> None:
    try:
        found = parse(
            document, content_type=content_type, url="https://s.example/f", kind=Kind.PRESS, language=""
        )
    except BadFeed as refusal:
        lines = str(refusal).splitlines()
    else:
        lines = ["read"]
        holds(found)
    assert len(lines) == 1


def holds(found: Parsed) -> None:
    for entry in found.entries:
        version = entry.versions[0]
        assert version.title or version.url or version.image
        assert len(regex.findall(r"\X", version.summary)) <= 2000
        assert len(version.title) <= 8 * 300
        assert version.url == "" or version.url.startswith(("http://", "https://"))


@given(st.sampled_from(SHAPES), CHANGES)
def test_a_damaged_feed_is_read_or_refused(shape: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    for at, length, piece in changes:
        start = at % len(shape)
        shape = shape[:start] + piece + shape[start + length :]
    survives(shape)


@given(st.binary(max_size=300), CONTENT_TYPES)
def test_any_bytes_are_read_or_refused(document: bytes, content_type: str) -> None:
    survives(document, content_type)
    survives(b"<rss><item><title>" + document, content_type)
