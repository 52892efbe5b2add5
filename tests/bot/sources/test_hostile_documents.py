"""Whoever writes a feed writes what reaches the parser: hostile cases P01 to P32 that a document can be."""

import base64
import time

import pytest

from bot.sources.feed import BadFeed
from bot.sources.links import is_web, web_address
from content_queue.item import Entry
from tests.bot.sources.documents import atom, entry, read, rss, words

LAUGHS = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
FEED = "<rss><channel><item><title>{}</title></item></channel></rss>"


@pytest.mark.parametrize(
    "head",
    [
        f"<!DOCTYPE rss [{LAUGHS}]>",
        f"<?xml version='1.0'?>\n<!DOCTYPE\n rss\n [\n{LAUGHS}\n]>",
        f"<!doctype rss [{LAUGHS}]>",
        f"<!-- <rss> --><!DOCTYPE rss [{LAUGHS}]>",
        f"<?x <rss> ?><!DOCTYPE rss SYSTEM 'a>b' [{LAUGHS}]>",
        f"\ufeff \n{LAUGHS}",
        '<!DOCTYPE rss [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY b SYSTEM "http://127.0.0.1/">]>',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]>',
        "<!DOCTYPE rss",
    ],
)
def test_a_document_that_defines_entities_is_refused_before_parsing(head: str) -> None:
    with pytest.raises(BadFeed, match="entities of its own"):
        read((head + FEED.format("&b;")).encode())
    with pytest.raises(BadFeed, match="entities of its own"):
        read((head + FEED.format("&b;")).encode("utf-16"))


def test_one_big_entity_used_often_is_refused() -> None:
    started = time.process_time()
    document = f'<!DOCTYPE rss [<!ENTITY b "{"x" * 60_000}">]>' + FEED.format("&b;" * 20_000)
    with pytest.raises(BadFeed):
        read(document.encode())
    assert time.process_time() - started < 1


def test_a_document_type_after_the_root_defines_nothing() -> None:
    document = f"<rss><!DOCTYPE rss [{LAUGHS}]><channel><item><title>a &b;</title></item></channel></rss>"
    assert "haha" not in str(read(document.encode()).entries)


@pytest.mark.parametrize(
    "document",
    [
        FEED.format("x" * 10_000_000),
        f'<rss><channel a="{"x" * 10_000_000}"><item><title>t</title></item></channel></rss>',
        f"<rss><channel><!-- {'x' * 10_000_000} --><item><title>t</title></item></channel></rss>",
        f"<rss><channel><item><title><![CDATA[{'<b>x' * 2_000_000}]]></title></item></channel></rss>",
        FEED.format(f"t</title><description>{'&lt;' * 200_000}</description><title>"),
        FEED.format(f"t</title><description>{'&lt;![' * 100_000}</description><title>"),
        FEED.format(f"t</title><description><![CDATA[{'<div>' * 100_000}]]></description><title>"),
        "<rss><channel><item><title>t</title>" + "<a>" * 50_000 + "</a>" * 50_000 + "</item></channel></rss>",
        FEED.format("👩🏽‍💻" * 60_000),
        FEED.format("a" + "\u0301" * 500_000),
    ],
    ids=["text", "attribute", "comment", "cdata", "lts", "marked", "divs", "nested", "emoji", "marks"],
)
def test_huge_things_are_read_quickly_and_cut(document: str) -> None:
    started = time.process_time()
    found = words(document.encode())
    assert time.process_time() - started < 5
    assert len(found.title) <= 300 * 8  # graphemes have several characters
    assert len(found.summary) <= 2000


def test_a_hundred_thousand_items_cost_no_more_than_five_hundred() -> None:
    started = time.process_time()
    found = read(rss(*["<title>t</title><description>d</description>"] * 100_000))
    assert time.process_time() - started < 5
    assert (len(found.entries), found.notes) == (500, ("99500 entries beyond the first 500 were not read",))


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#xFFFFFFFF;", "&#99999999999;", "&#0;", "&#x1F;", "&#55357;"]
)
def test_a_reference_to_no_character_harms_nothing(reference: str) -> None:
    assert words(rss(f"<title>a{reference}b</title>")).title == "ab"
    assert words(rss(f"<title><![CDATA[a{reference}b]]></title>")).title == "ab"


@pytest.mark.parametrize("pair", ["&#xD83D;&#xDE00;", "&#55357;&#56832;"])
def test_a_character_written_as_two_halves_is_joined(pair: str) -> None:
    assert words(rss(f"<title>a {pair}</title>")).title == "a 😀"


def every_text(found: Entry) -> str:
    """All that an entry says, in one string."""
    version = found.versions[0]
    return " ".join((found.guid, found.author, *found.topics, version.title, version.summary, version.alt))


def test_nul_controls_and_escapes_are_gone() -> None:
    hostile = "a\x00\x07\x1b[31mb\x9b\ufffe\u202e\r\nc"
    found = entry(
        rss(
            f"<title>{hostile}</title><guid>{hostile}</guid><author>{hostile}</author>"
            f"<category>{hostile}</category><description>{hostile}</description>"
        )
    )
    assert not any(
        ord(character) < 32 or character in "\x7f\x9b\u202e\ufffe" for character in every_text(found)
    )


def test_half_characters_in_the_bytes_are_fit_for_a_database() -> None:
    text = every_text(entry(rss("<title>a XX b</title>").replace(b"XX", b"\xed\xa0\x80\x00")))
    assert text.encode().decode() == text
    assert "\x00" not in text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
        "<![CDATA[<script>alert(1)</script>]]>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "<![CDATA[<svg><style><img src=x onerror=alert(1)></style></svg>]]>",
        "<![CDATA[<math><annotation-xml encoding='text/html'><style><img onerror=alert(1)></style>]]>",
        "<![CDATA[<noscript><p title='</noscript><img src=x onerror=alert(1)>'>]]>",
        "<![CDATA[<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>]]>",
    ],
)
def test_markup_ends_as_text_or_nothing(hostile: str) -> None:
    found = words(rss(f"<title>t {hostile}</title><description>d {hostile}</description>"))
    for text in (found.title, found.summary):
        assert "<img" not in text
        assert "onerror" not in text or text.startswith("t")  # as words, at worst
    assert isinstance(found.title, str)
    assert found.title.startswith("t")


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "http:// site.example/",
        "http:///x",
        "http://good.example@evil.example/",
        "https://site.example\\@evil.example/",
        "https://site.example/" + "x" * 10_000,
        "http://[::1",
        "",
    ],
)
def test_only_web_addresses_become_links(link: str) -> None:
    url = words(rss(f"<title>t</title><link>{link}</link>")).url
    assert url == "" or is_web(url)
    assert "evil" not in url
    assert not url.startswith(("javascript", "data", "file"))


def test_a_link_with_line_ends_cannot_carry_a_header() -> None:
    url = words(rss("<title>t</title><link>https://site.example/1&#13;&#10;Host: evil</link>")).url
    assert "\r" not in url
    assert "\n" not in url
    assert web_address("https://site.example/\u202egpj.exe") == ""


def test_an_item_with_nothing_but_text_is_one_item() -> None:
    found = entry(rss("<description>Rien que du texte</description>"))
    assert (found.guid, found.versions[0].title, found.published_at) == ("", "Rien que du texte", None)


def test_strange_guids_are_bounded_and_stable() -> None:
    huge = entry(rss(f"<title>t</title><guid>{'g' * 1_000_000}</guid>")).guid
    assert huge.startswith("sha256:")
    assert huge == entry(rss(f"<title>u</title><guid>{'g' * 1_000_000}</guid>")).guid
    assert entry(rss("<title>t</title><guid>a\x00b</guid>")).guid == "ab"
    assert entry(rss("<title>t</title><guid>42</guid>")).guid == "42"
    assert entry(rss("<title>t</title><guid></guid>")).guid == ""


@pytest.mark.parametrize("base", ["javascript:alert(1)//", "file:///etc/", "data:text/html,", "//"])
def test_a_hostile_base_is_no_base(base: str) -> None:
    found = words(
        atom(
            '<title>t</title><link href="p/1"/><content type="html">&lt;img src="i.png"&gt;</content>',
            attributes=f'xml:base="{base}"',
        )
    )
    assert found.url in {"", "https://site.example/p/1"}
    assert found.image in {"", "https://site.example/i.png", "https://site.example/p/i.png"}


def test_big_base64_content_is_read_in_time() -> None:
    started = time.process_time()
    body = base64.b64encode(b"\x00\xff" * 2_000_000).decode()
    assert words(atom(f'<title>t</title><content type="image/png">{body}</content>')).summary == ""
    assert time.process_time() - started < 5
