"""Telegram's HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.rich_text import Span, runs
from bot.sandbox.telegram_html import Formatted, NotTelegramHtmlError, parse_html


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("em", "italic"),
        ("ins", "underline"),
        ("strike", "strikethrough"),
        ("tg-spoiler", "spoiler"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
        ("B", "bold"),
    ],
)
def test_every_tag_of_telegram_marks_its_text(tag: str, kind: str) -> None:
    assert parse_html(f"a<{tag}>bc</{tag}>d") == Formatted("abcd", (Span(1, 3, kind),))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("&lt;&gt;&amp;&quot;", '<>&"'),
        ("&#233;&#xE9;", "éé"),
        ("R&D; a > b & c", None),
        ("R&D et a > b & c", "R&D et a > b & c"),
        ("&amp;lt;", "&lt;"),
        ('<span class="tg-spoiler">x</span>', "x"),
        ("<blockquote expandable>x</blockquote>", "x"),
        ('<pre><code class="language-python">x</code></pre>', "x"),
        ("<b></b>x", "x"),
    ],
)
def test_a_reader_sees_the_text_without_its_markup(source: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(NotTelegramHtmlError):
            parse_html(source)
    else:
        assert parse_html(source).text == text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<b>x</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("<br>", 'Unsupported start tag "br" at byte offset 0'),
        ("a < b > c", 'Unsupported start tag "" at byte offset 2'),
        ("a <", "Unclosed start tag at byte offset 2"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("&nbsp;", 'Unsupported entity "&nbsp;"'),
        ("&hellip;", 'Unsupported entity "&hellip;"'),
        ("&#xD800;", 'Unsupported entity "&#xD800;"'),
        ("&#0;", 'Unsupported entity "&#0;"'),
        ("&#x110000;", 'Unsupported entity "&#x110000;"'),
    ],
)
def test_what_telegram_cannot_parse_is_refused_with_its_reason(source: str, said: str) -> None:
    with pytest.raises(NotTelegramHtmlError) as refusal:
        parse_html(source)
    assert str(refusal.value) == said


@pytest.mark.parametrize(
    ("attribute", "address"),
    [
        ('href="https://example.org/?a=1&amp;b=&quot;2&quot;"', 'https://example.org/?a=1&b="2"'),
        ("href='http://example.org/>'", "http://example.org/>"),
        ("HREF=https://example.org", "https://example.org"),
        ('href="javascript:alert(1)"', None),
        ('href="https://[x"', None),
        ("", None),
    ],
)
def test_a_link_that_leads_nowhere_keeps_only_its_words(attribute: str, address: str | None) -> None:
    formatted = parse_html(f"<a {attribute}>mot</a>")
    assert formatted.text == "mot"
    assert [span.href for span in formatted.spans] == ([] if address is None else [address])


@given(st.text(alphabet="<>/&;#\"'= abicodehrf123é", max_size=40))
def test_any_text_is_either_read_or_refused(source: str) -> None:
    try:
        formatted = parse_html(source)
    except NotTelegramHtmlError:
        return
    assert all(0 <= span.start < span.end <= len(formatted.text) for span in formatted.spans)


def test_runs_put_the_text_together_again() -> None:
    pieces = runs("abcdef", [Span(0, 4, "bold"), Span(2, 4, "link", "https://example.org", "shown")])
    assert [(piece.text, sorted(piece.kinds), piece.href) for piece in pieces] == [
        ("ab", ["bold"], ""),
        ("shown", ["bold", "link"], "https://example.org"),
        ("ef", [], ""),
    ]
