"""Lists of feeds come in from other readers and go out to them."""

import pytest

from bot.sources.opml import BadOpml, Outline, read_opml, write_opml

LIST = """<?xml version="1.0"?><opml version="1.0"><body>
<outline text="Groupe">
<outline text="Blogue &amp; co" xmlUrl="https://a.example/feed" category="ia, /startech"/>
<outline title="Second" text="x" xmlUrl="https://b.example/feed?a=1&amp;b=2" language="fr-CA"/></outline>
<outline text="Encore" xmlUrl="https://a.example/feed"/><outline text="Rien" xmlUrl="javascript:alert(1)"/>
</body></opml>"""


def test_every_feed_is_read_once_with_its_title_topics_and_language() -> None:
    assert read_opml(LIST.encode()) == [
        Outline("https://a.example/feed", "Blogue & co", topics=("ia", "startech")),
        Outline("https://b.example/feed?a=1&b=2", "Second", "fr"),
    ]


def test_what_is_written_is_read_back() -> None:
    outlines = [
        Outline("https://a.example/?a=1&b=2", 'Été <b> & "co"', "fr", ("ia", "startech")),
        Outline("https://b.example/feed", "b"),
    ]
    assert read_opml(write_opml(outlines).encode()) == outlines


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (b"", "it is no OPML"),
        (b"<rss/>", "it is no OPML"),
        (b"<opml><body><outline text='x'/></body></opml>", "it names no feed"),
        (b"<opml><outline xmlUrl='file:///etc/passwd'/></opml>", "it names no feed"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused_with_a_line(document: bytes, line: str) -> None:
    with pytest.raises(BadOpml, match=line):
        read_opml(document)


def test_entities_of_its_own_bring_nothing() -> None:
    bomb = b'<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><outline text="&a;" xmlUrl="https://a.example/"/></opml>'
    assert read_opml(bomb) == [Outline("https://a.example/", "&a;")]
