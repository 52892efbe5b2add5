"""Lengths are what the networks count."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.measure import graphemes, html_text, utf16, weighted

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇨🇦"


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Québec", 6),
        ("Que\u0301bec", 6),
        ("…", 2),
        ("→ € №", 8),
        ("« l’été — déjà »", 16),
        ("7\u00a0530", 5),
        ("7\u202f530", 6),
        ("漢字", 4),
        (FAMILY, 2),
        (FLAG, 2),
        ("👩🏽\u200d🔬👍🏿", 4),
        ("👩🏽\u200d❤️\u200d💋\u200d👨🏻", 2),
        ("1️⃣", 2),
        ("©", 2),
        ("\u2066a\u2069", 5),
        ("Voir https://example.org/une/adresse/longue/comme/le/bras.", 29),
        ("README.md et example.com", 50),
        ("Node.js", 7),
        ("x@example.com", 13),
        ("http://localhost:8000/x", 23),
        ("http://localhost:8000/xyz", 25),
        ("(example.com)", 25),
    ],
)
def test_x_weighs(text: str, weight: int) -> None:
    assert weighted(text) == weight


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 3),
        ("Que\u0301bec", 6),
        (FAMILY, 1),
        (FLAG * 2, 2),
        ("👩🏽\u200d🔬é", 2),
    ],
)
def test_graphemes_are_what_a_reader_sees(text: str, count: int) -> None:
    assert graphemes(text) == count


@pytest.mark.parametrize(("text", "units"), [("", 0), ("été", 3), ("😀", 2), (FLAG, 4), ("\ud800", 1)])
def test_utf16_counts_code_units(text: str, units: int) -> None:
    assert utf16(text) == units


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("rien", "rien"),
        ('<b><a href="https://example.org/?a=1&amp;b=2">Titre</a></b>\n\nRésumé', "Titre\n\nRésumé"),
        ("a &lt; b &amp;amp; &quot;c&quot; &#39;d&#x27;", "a < b &amp; \"c\" 'd'"),
        ("&eacute; & R&D", "&eacute; & R&D"),
        ("1 < 2 et 3 > 2", "1 < 2 et 3 > 2"),
    ],
)
def test_of_html_the_words_remain(markup: str, words: str) -> None:
    assert html_text(markup) == words


@given(st.text())
def test_no_unit_counts_less_than_a_reader_sees(text: str) -> None:
    assert 0 <= graphemes(text) <= len(text) <= utf16(text) <= 2 * len(text)


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name", ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
)
def test_every_case_of_version_3_weighs_what_x_says(corpus: Path, name: str) -> None:
    cases = yaml.safe_load((corpus / "conformance" / "validate.yml").read_text("utf-8"))["tests"][name]
    assert cases
    for case in cases:
        assert weighted(case["text"]) == case["expected"]["weightedLength"], case["description"]
