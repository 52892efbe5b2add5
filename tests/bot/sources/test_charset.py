"""Bytes beat declarations."""

import codecs

import pytest

from bot.sources.charset import decode
from tests.bot.sources.documents import read, rss, words

TEXT = "Noël à Montréal : « cœur »"


def declared(name: str, encoding: str, mark: bytes = b"") -> bytes:
    """A feed whose bytes are in ``encoding`` and which says that they are in ``name``."""
    head = f'<?xml version="1.0" encoding="{name}"?>' if name else ""
    return mark + rss(f"<title>{TEXT}</title>", head=head).decode().encode(encoding)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("iso-8859-1", "utf-8"),
        ("windows-1252", "utf-8"),
        ("utf-16", "utf-8"),
        ("utf-7", "utf-8"),
        ("invalid", "utf-8"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("utf-8", "cp1252"),
        ("iso-8859-1", "cp1252"),
        ("utf-16", "cp1252"),
        ("invalid", "cp1252"),
        ("", "utf-16-le"),
        ("", "utf-16-be"),
        ("utf-8", "utf-16-le"),
        ("utf-16", "utf-16-be"),
    ],
)
def test_accents_survive_what_is_declared(name: str, encoding: str) -> None:
    assert words(declared(name, encoding)).title == TEXT


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_beats_a_wrong_declaration(mark: bytes, encoding: str) -> None:
    assert words(declared("iso-8859-1", encoding, mark)).title == TEXT


@pytest.mark.parametrize(
    ("charset", "text"), [("windows-1251", "Новости"), ("gb2312", "投资"), ("koi8-r", "Да")]
)
def test_other_charsets_are_believed_by_declaration_or_header(charset: str, text: str) -> None:
    head = f'<?xml version="1.0" encoding="{charset}"?>'
    by_head = rss(f"<title>{text}</title>", head=head).decode().encode(charset)
    assert words(by_head, content_type="text/xml; charset=iso-8859-1").title == text
    by_header = rss(f"<title>{text}</title>", head="").decode().encode(charset)
    assert words(by_header, content_type=f'text/xml; charset="{charset}"').title == text


def test_one_bad_byte_does_not_spoil_the_other_accents() -> None:
    document = rss(f"<title>{TEXT}</title>", "<title>Caf\x00 noir</title>").replace(b"\x00", b"\xc3")
    found = read(document)
    assert [one.versions[0].title for one in found.entries] == [TEXT, "Caf\ufffd noir"]
    assert found.notes == ("1 damaged characters were replaced",)


def test_half_a_letter_where_a_text_was_cut_goes_without_trace() -> None:
    document = rss("<title>é</title><description>Il avait contact\x00…</description>").replace(
        b"\x00", b"\xc3"
    )
    assert words(document).summary == "Il avait contact…"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_accents_encoded_twice_are_mended(encoding: str) -> None:
    text = "L’été à Montréal, déjà"
    text = text if encoding == "cp1252" else text.replace("’", "'")
    twice = rss(f"<title>{text}</title>").decode().encode().decode(encoding, "replace").encode()
    found = read(twice)
    assert found.entries[0].versions[0].title == text
    assert found.notes == ("its accents were encoded twice, which was mended",)


def test_an_article_about_broken_accents_stays_as_it_is() -> None:
    text = "« Ã© », « Ã¨ », « Ã§ » : d'où vient ce charabia? À l'été, déjà réglé, répète-t-on à Québec"
    assert words(rss(f"<title>{text}</title>")).title == text


def test_utf_7_never_becomes_markup() -> None:
    text, _ = decode(b"+ADw-script+AD4-alert(1)", "text/xml; charset=utf-7")
    assert "<" not in text
