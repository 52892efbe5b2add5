"""Parts fit into limits by graceful steps, and nothing is cut badly."""

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.fit import DoesNotFit, Parts, fit
from bot.compose.link import find
from bot.compose.measure import graphemes, html_text
from bot.compose.typography import clean
from tests.bot.compose.samples import HTML, MARKUP, PLAIN, SENTENCES, SHORT, TITLE, URL

FULL = Parts(TITLE, " ".join(SENTENCES), URL, hashtags=("#Phare", "#Mer", "#Baleines", "#Côte", "#Nuit"))
LONG_WORDS = "Un titre qui compte ses mots un par un "


def within(maximum: int, parts: Parts = FULL) -> list[str]:
    return fit(parts, PLAIN, replace(SHORT, maximum=maximum)).split("\n\n")


def test_what_fits_stays_as_it_is() -> None:
    assert within(280) == [TITLE, " ".join(SENTENCES), URL, "#Phare #Mer #Baleines #Côte #Nuit"]


def test_hashtags_give_way_first_down_to_two() -> None:
    assert within(200)[3] == "#Phare #Mer #Baleines"
    assert within(190) == [TITLE, " ".join(SENTENCES), URL, "#Phare #Mer"]


def test_then_the_summary_ends_at_a_sentence() -> None:
    assert within(180) == [TITLE, SENTENCES[0], URL, "#Phare #Mer"]


def test_then_the_summary_ends_at_a_word() -> None:
    summary = within(155)[1]
    assert summary == "Au large de Tadoussac, un phare écoute les baleines et prévient…"


def test_then_the_summary_goes_rather_than_leave_a_stump() -> None:
    assert within(120) == [TITLE, URL, "#Phare #Mer"]


def test_then_one_hashtag_goes() -> None:
    assert within(75) == [TITLE, URL, "#Phare"]


def test_then_the_title_ends_at_a_word_and_the_link_stays_whole() -> None:
    assert within(60) == ["Portrait\u00a0: le phare qui…", URL, "#Phare"]


def test_the_last_hashtag_goes_before_the_last_word() -> None:
    assert within(36) == ["Portrait…", URL]


def test_what_cannot_fit_is_said_in_one_line() -> None:
    with pytest.raises(
        DoesNotFit, match=r"^the shortest text is 67 long, the limit is 30; shorten the title$"
    ):
        within(30)


def test_a_long_title_on_a_short_network_keeps_title_link_and_one_hashtag() -> None:
    title = clean(LONG_WORDS * 7)[:240].strip()
    parts = replace(FULL, title=title, summary="Une phrase assez longue pour la mesure. " * 15)
    text, *rest = within(280, parts)
    assert text == title
    assert rest == [URL, "#Phare #Mer"]
    text, *rest = within(280, replace(parts, title=LONG_WORDS * 10))
    assert re.fullmatch(r"Un titre .*\w…", text)
    assert rest == [URL, "#Phare"]


def test_the_credit_never_gives_way() -> None:
    parts = replace(FULL, credit="Source\u00a0: Institut de la mer, 2018")
    assert parts.credit in within(110, parts)
    with pytest.raises(DoesNotFit):
        within(60, replace(parts, credit="Source\u00a0: " + "très " * 20))


def test_a_template_may_ask_for_the_first_sentence_alone() -> None:
    assert fit(FULL, "{title}\n\n{lead}", SHORT) == f"{TITLE}\n\n{SENTENCES[0]}"
    assert fit(replace(FULL, summary=""), "{title}\n\n{lead}", SHORT) == TITLE


def test_a_template_that_leaves_nothing_is_said() -> None:
    with pytest.raises(DoesNotFit, match="nothing to say"):
        fit(Parts(""), PLAIN, SHORT)


def test_markup_in_words_is_shown_not_obeyed() -> None:
    parts = Parts('<b>"Gras" & fort</b>', "1 < 2", "https://example.org/?a=1&b=2")
    assert fit(parts, MARKUP, HTML) == (
        '<b><a href="https://example.org/?a=1&amp;b=2">&lt;b&gt;&quot;Gras&quot; &amp; fort&lt;/b&gt;</a></b>'
        "\n\n1 &lt; 2"
    )


def test_an_escaped_sign_is_never_cut() -> None:
    text = fit(Parts("& " * 200, url=URL), MARKUP, replace(HTML, maximum=50))
    assert "&amp;…" in text
    assert html_text(text) == "& " * 24 + "&…"


LETTERS = ["a", "Z", "é", "e\u0301", "م", "ر\u0651", "漢", "ส", "👨‍👩‍👧‍👦", "👍🏿", "🇨🇦", "1️⃣", "©", "mot "]
SIGNS = [" ", " ", ". ", "…", "!", "\u00a0", "\n", "\u2028", "\u202e", "\u200f", "\ufeff", "\ud800", '"']
CODE = ["<b>", "&amp;", "{url}", "{{", "}", "#a", "example.com", "https://example.org/a_(b)", "README.md"]
NAUGHTY = st.lists(st.sampled_from(LETTERS + SIGNS + CODE), max_size=60).map("".join)


@st.composite
def naughty_parts(draw: st.DrawFn) -> Parts:
    title, summary = (clean(draw(NAUGHTY) * draw(st.sampled_from([1, 1, 1, 40]))) for _ in range(2))
    count = draw(st.integers(0, 5))
    return Parts(title, summary, draw(st.sampled_from(["", URL])), "", FULL.hashtags[:count])


@given(naughty_parts(), st.integers(20, 400))
def test_plain_text_is_never_over_and_nothing_is_cut_badly(parts: Parts, maximum: int) -> None:
    limits = replace(SHORT, maximum=maximum)
    try:
        text = fit(parts, PLAIN, limits)
    except DoesNotFit:
        return
    assert 0 < limits.measure(text) <= maximum
    paragraphs = text.split("\n\n")
    if parts.url:
        assert parts.url in paragraphs
        assert parts.url in {text[start:end] for start, end in find(text)}
    tags = paragraphs[-1].split(" ")
    assert (
        not parts.hashtags or tags == list(parts.hashtags[: len(tags)]) or not set(tags) & set(parts.hashtags)
    )
    if parts.title:
        assert_not_cut_badly(paragraphs[0], parts.title)


def assert_not_cut_badly(shown: str, whole: str) -> None:
    if shown == whole:
        return
    beginning = shown.removesuffix("…")
    assert whole.startswith(beginning)
    assert graphemes(whole) == graphemes(beginning) + graphemes(whole[len(beginning) :])
    assert not any(start < len(beginning) < end for start, end in find(whole))


@given(naughty_parts(), st.integers(20, 400))
def test_markup_is_never_over_and_always_balanced(parts: Parts, maximum: int) -> None:
    limits = replace(HTML, maximum=maximum)
    try:
        text = fit(parts, MARKUP, limits)
    except DoesNotFit:
        return
    assert limits.measure(text) <= maximum
    assert [tag for tag in re.findall(r"<[^>]*>", text) if "href" not in tag] in ([], ["<b>", "</a>", "</b>"])
    assert f'href="{html.escape(parts.url)}"' in text or not parts.title
    assert not re.search(r"&(?!(?:amp|lt|gt|quot|#x27);)", text)


@given(st.sampled_from(["mot ", "漢", "👨‍👩‍👧‍👦", "ر\u0651 ", "e\u0301 ", "Fin. "]))
def test_ten_thousand_characters_are_fitted(piece: str) -> None:
    parts = Parts(clean(piece * (10_000 // len(piece))), clean(piece * 10_000), URL, hashtags=FULL.hashtags)
    title, url, tag = fit(parts, PLAIN, SHORT).split("\n\n")
    assert title.endswith("…")
    assert (url, tag) == (URL, "#Phare")


def test_a_word_of_ten_thousand_letters_is_not_cut() -> None:
    with pytest.raises(DoesNotFit):
        fit(Parts("a" * 10_000), PLAIN, SHORT)
