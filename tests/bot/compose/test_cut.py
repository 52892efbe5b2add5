"""Where a text may end early."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.cut import at_sentence, at_word, first_sentence, sentence_ends
from bot.compose.measure import graphemes


def within(most: int) -> Callable[[str], bool]:
    return lambda text: graphemes(text) <= most


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Un phare parle. Il écoute aussi.", "Un phare parle."),
        ("Un phare parle\u00a0! Il écoute.", "Un phare parle\u00a0!"),
        ("«\u00a0Ici.\u00a0» Deux phares.", "«\u00a0Ici.\u00a0»"),
        ("M. Roy, Mme. Ba et J. Doe ont parlé. Fin.", "M. Roy, Mme. Ba et J. Doe ont parlé."),
        ("Le long du St. Laurent. Fin.", "Le long du St. Laurent."),
        ("Une hausse de 3.5 points. Fin.", "Une hausse de 3.5 points."),
        ("Voir example.com pour la suite. Fin.", "Voir example.com pour la suite."),
        ("Pas de fin", "Pas de fin"),
        ("", ""),
    ],
)
def test_a_sentence_ends_where_a_reader_says_so(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_as_many_sentences_stay_as_fit() -> None:
    text = "Un phare. Deux phares. Trois phares."
    assert at_sentence(text, within(25)) == "Un phare. Deux phares."
    assert at_sentence(text, within(3)) == "Un phare."


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("Le phare qui parle", 14, "Le phare qui…"),
        ("Le phare, qui parle", 11, "Le phare…"),
        ("Le phare — qui parle", 11, "Le phare…"),
        ("Le phare et les baleines", 18, "Le phare…"),
        ("Le cri d’ une baleine", 15, "Le cri…"),
        ("Le phare (qui parle)", 11, "Le phare…"),
        ("210\u00a0000 personnes", 12, "210\u00a0000…"),
        ("210\u00a0000 personnes", 6, "210…"),
        ("Voir https://example.org/a-b-c-d. Fin", 34, "Voir https://example.org/a-b-c-d…"),
        ("https://example.org/a-b-c-d vaut le détour", 12, ""),
        ("漢字漢字漢字", 5, "漢字漢字…"),
        ("👨‍👩‍👧‍👦" * 5, 3, "👨‍👩‍👧‍👦" * 2 + "…"),
        ("🇨🇦" * 5, 3, "🇨🇦🇨🇦…"),
        ("anticonstitutionnellement", 10, ""),
        ("", 10, ""),
    ],
)
def test_a_text_is_cut_at_a_word(text: str, most: int, cut: str) -> None:
    assert at_word(text, within(most)) == cut


@given(st.lists(st.text(alphabet="aé\u0301👨‍👩🇨🇦漢.:/ر ", min_size=1, max_size=9)), st.integers(1, 60))
def test_what_is_cut_is_a_beginning_and_fits(words: list[str], most: int) -> None:
    text = " ".join(words)
    cut = at_word(text, within(most))
    if cut:
        assert within(most)(cut)
        assert text.startswith(cut[:-1])
        assert graphemes(text) == graphemes(cut[:-1]) + graphemes(text[len(cut) - 1 :])


@given(st.text(alphabet="Aa .!?»\u00a0é", max_size=60))
def test_sentences_add_up_to_the_text(text: str) -> None:
    ends = sentence_ends(text)
    assert ends == sorted(ends)
    assert ends[-1] == len(text)
