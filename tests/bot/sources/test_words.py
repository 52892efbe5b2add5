"""Texts are tidy whatever they were, and two are the same where they say the same."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.sources.words import bare, plain, same_words, tidy, tidy_lines

MESSY = st.text(st.sampled_from(" \t\n\r\u00a0\u202f\u2009\u200b\x1b\x85aé.<p>&;[]İ\u0345…"))
WORDS = st.text(st.sampled_from("abB1 -.…éİ\u0345ß\u0301"), max_size=30)


@given(MESSY)
def test_a_line_is_one_line_with_single_blanks(text: str) -> None:
    line = tidy(text)
    assert not re.search(r"[\n\t\r\x1b\u200b]|  ", line)
    assert line == tidy(line)


@given(MESSY)
def test_lines_have_no_blank_at_their_ends_and_one_empty_line_between_them_at_most(text: str) -> None:
    lines = tidy_lines(text)
    assert not re.search(r"[\t\r\x1b\u200b]|  |\n\n\n|[ \u00a0\u202f\u2009]\n|\n[ \u00a0\u202f\u2009]", lines)
    assert lines == lines.strip()
    assert lines == tidy_lines(lines)


@given(MESSY)
def test_markup_leaves_tidy_lines(text: str) -> None:
    assert plain(text) == tidy_lines(plain(text))


@given(WORDS, WORDS)
def test_two_texts_are_the_same_where_their_letters_are_or_one_is_the_other_cut(one: str, other: str) -> None:
    shorter, longer = sorted((one, other), key=lambda text: len(bare(text)))
    same = bare(one) == bare(other)
    begins = bare(shorter) != "" and bare(longer).startswith(bare(shorter))
    assert same_words(one, other) == (same or (begins and shorter.rstrip().endswith("…")))
