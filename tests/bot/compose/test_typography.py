"""Words are left as they were written; ours are set by the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.typography import clean, our_own


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  deux\n\tlignes  ", "deux lignes"),
        ("\ufeffTitre\uffff", "Titre"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("7\u202f530", "7\u00a0530"),
        ("Titre\u00a0: suite", "Titre\u00a0: suite"),
        ("Que\u0301bec", "Québec"),
        ("\u202edrow\u202c", "drow"),
        ("moitié d’emoji \ud83d", "moitié d’emoji"),
        ("Titre !  L'été : 50 %", "Titre ! L'été : 50 %"),
    ],
)
def test_cleaning_takes_only_what_networks_refuse(text: str, kept: str) -> None:
    assert clean(text) == kept


@given(st.text())
def test_clean_text_is_one_line_that_cleaning_leaves_alone(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert len(once.splitlines()) <= 1
    assert once.encode().decode() == once


@pytest.mark.parametrize(
    ("language", "text", "printed"),
    [
        ("fr", "Source : l'Institut, « 2018 »", "Source\u00a0: l’Institut, «\u00a02018\u00a0»"),
        ("fr", "41 % des gens !", "41\u00a0% des gens!"),
        ("fr", "https://example.org/a: 8:30", "https://example.org/a: 8:30"),
        ("en", "Source: O'Reilly, 41 % : no", "Source: O’Reilly, 41 % : no"),
    ],
)
def test_our_own_words_are_set_as_the_language_wants(language: str, text: str, printed: str) -> None:
    assert our_own(text, language) == printed
