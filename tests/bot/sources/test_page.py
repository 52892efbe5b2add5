"""A page says what it is: in which order it is believed, and what it may not claim."""

from datetime import UTC, datetime

import pytest

from bot.sources.page import FeedLink, Page, read_page

GRAPH = '{"@graph": [{"@type": "NewsArticle", "datePublished": "2026-03-10T14:00:00Z"}]}'
URL = "https://site.example/blog/story"


def read(head: str, body: str = "", *, url: str = URL, html: str = "<html>") -> Page:
    document = f"<!doctype html>{html}<head>{head}</head><body>{body}</body></html>"
    return read_page(document.encode(), content_type="text/html; charset=utf-8", url=url)


def meta(name: str, value: str) -> str:
    return f'<meta property="{name}" content="{value}">'


def test_opengraph_comes_before_the_window_s_title_and_the_first_of_a_name_counts() -> None:
    page = read(meta("og:title", "Un") + meta("og:title", "Deux") + "<title>Trois</title>")
    assert page.title == "Un"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Le titre | Le site</title>" + meta("og:site_name", "Le site"), "", "Le titre"),
        (meta("og:title", "Le titre - Le Site Info") + meta("og:site_name", "Le site"), "", "Le titre"),
        ("<title>Le site - Le titre</title>", "<h1>Le titre</h1>", "Le titre"),
        ("<title>Le titre - une suite</title>", "<h1>Autre</h1>", "Le titre - une suite"),
        ("", "<h1>Le <b>titre</b></h1>", "Le titre"),
        ("<title>{{ page.title }}</title>", "", ""),
        (meta("og:title", "{{ title }}") + "<title>Le titre</title>", "", "Le titre"),
        (meta("og:title", "&lt;script&gt;alert(1)&lt;/script&gt;Le titre"), "", "Le titre"),
    ],
)
def test_a_title_is_the_page_s_own_in_plain_words(head: str, body: str, title: str) -> None:
    assert read(head, body).title == title


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("/blog/story?utm_source=x", "https://site.example/blog/story?utm_source=x"),
        ("https://www.site.example/blog/other", "https://www.site.example/blog/other"),
        ("https://evil.example/blog/story", ""),
        ("https://site.example/", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_page_names_itself_but_no_other_host_and_not_its_root(said: str, canonical: str) -> None:
    assert read(f'<link rel="canonical" href="{said}">').canonical == canonical
    assert read(meta("og:url", said)).canonical == canonical


def test_a_front_page_is_its_site_s_root() -> None:
    front = "https://site.example/"
    assert read(f'<link rel="canonical" href="{front}">', url=front).canonical == front


def test_a_picture_has_the_alt_text_that_its_page_gives_it() -> None:
    head = meta("og:image", "/a-1024x512.jpg")
    body = '<article><img src="/b.jpg" alt="Autre"><img src="/a.jpg" alt="Une scène"></article>'
    page = read(head, body)
    assert (page.image, page.alt) == ("https://site.example/a-1024x512.jpg", "Une scène")
    assert read(head + meta("og:image:alt", "Dit"), body).alt == "Dit"
    assert read(meta("og:image", "/img_123.jpg") + meta("og:image:alt", "IMG 123")).alt == ""


def test_without_a_named_picture_the_text_s_first_one_counts() -> None:
    body = '<img src="/logo.png"><article><img src="/pixel.gif" width=1><img src="/c.jpg" alt="C"></article>'
    page = read("", body)
    assert (page.image, page.alt) == ("https://site.example/c.jpg", "C")


@pytest.mark.parametrize(
    ("html", "head", "body", "language"),
    [
        ('<html lang="fr-CA">', meta("og:locale", "en_US"), "", "fr"),
        ("<html>", meta("og:locale", "en_US"), "", "en"),
        ('<html lang="{{lang}}">', "", "<p>Les prix de la relève sont remis à la ville</p>", "fr"),
        ("<html>", "", "", ""),
    ],
)
def test_the_language_is_the_one_said_else_the_one_spoken(
    html: str, head: str, body: str, language: str
) -> None:
    assert read(head, body, html=html).language == language


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (meta("article:published_time", "2026-03-10T09:00:00-05:00"), ""),
        (f'<script type="application/ld+json">{GRAPH}</script>', ""),
        ("", '<time datetime="2026-03-10T14:00:00Z">10 mars</time>'),
        (meta("article:published_time", "03/10/2026") + meta("dc.date.issued", "2026-03-10T14:00Z"), ""),
    ],
)  # fmt: skip
def test_when_it_came_out(head: str, body: str) -> None:
    assert read(head, body).published_at == datetime(2026, 3, 10, 14, tzinfo=UTC)


def test_its_feeds_and_translations_are_told() -> None:
    alternate = '<link rel="alternate" type="application/{}" title="{}" href="{}">'
    head = (
        alternate.format("rss+xml", "Blogue", "/feed/")
        + alternate.format("rss+xml", "Commentaires", "/comments/feed/")
        + alternate.format("feed+json", "", "feed.json")
        + alternate.format("json+oembed", "", "/oembed")
        + '<link rel="alternate" hreflang="en-CA" href="/en/story">'
    )
    page = read(head)
    assert page.feeds == (
        FeedLink("https://site.example/feed/", "Blogue"),
        FeedLink("https://site.example/comments/feed/", "Commentaires", comments=True),
        FeedLink("https://site.example/blog/feed.json"),
    )
    assert page.translations == (("en-ca", "https://site.example/en/story"),)


def test_where_it_sends_its_readers_at_once() -> None:
    refresh = '<meta http-equiv="refresh" content="{}">'
    assert read(refresh.format("0; url=/new")).leads_to == "https://site.example/new"
    assert read(refresh.format("900; url=/new")).leads_to == ""
    assert read(refresh.format("0; url=file:///etc/passwd")).leads_to == ""


@pytest.mark.parametrize(
    "document",
    [
        b"", b"\x00" * 1000, b"<" * 200_000, b"<div>" * 100_000, b"<html lang=" + b"f" * 500_000,
        b"<script type='application/ld+json'>" + b"[" * 100_000 + b"</script>",
        b"<script type='application/ld+json'>{\"@graph\": {\"@graph\": 1}, \"@type\": [[]]}</script>",
        b"<meta property='og:image' content='https://[::1'><link rel=canonical href='http://[bad'>",
        b"<base href='javascript:x'><img src=a><meta http-equiv=refresh content='0;url=//'>",
        "<meta charset=utf-7><title>+ADw-script+AD4-</title>".encode("utf-16"),
    ],
)  # fmt: skip
def test_no_page_is_too_strange(document: bytes) -> None:
    page = read_page(document, content_type="", url=URL)
    assert "<" not in page.title


def test_a_page_names_its_charset_itself() -> None:
    document = '<meta charset="iso-8859-1"><title>Été à Québec</title>'.encode("latin-1")
    assert read_page(document, content_type="text/html", url=URL).title == "Été à Québec"
