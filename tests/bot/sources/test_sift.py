"""Which entries a source lets in."""

import time

import pytest

from bot.sources.sift import Sift
from content_queue.item import Entry, Kind, Version


def entry(title: str, summary: str = "", author: str = "", *topics: str) -> Entry:
    return Entry("g", Kind.ARTICLE, (Version("fr", title, summary),), author=author, topics=topics)


@pytest.mark.parametrize(
    "text", ["Prix STARTECH remis", "Les jeunes pousses à Montréal", "une\njeunes  pousses\u00a0", "été 2018"]
)
def test_words_match_in_any_case_with_or_without_accents(text: str) -> None:
    sift = Sift.from_settings(["StarTech", "jeunes pousses", "ete 2018"], [])
    assert sift.refusal(entry(text)) is None


def test_a_word_is_a_whole_word() -> None:
    assert Sift.from_settings(["art"], []).refusal(entry("StarTech")) is not None
    assert Sift.from_settings(["C++"], []).refusal(entry("Le langage C++ a 40 ans")) is None


def test_title_summary_topics_and_author_are_looked_at() -> None:
    for found in (entry("IA"), entry("t", "l'IA d'ici"), entry("t", "", "Éva IA"), entry("t", "", "", "ia")):
        assert Sift.from_settings(["ia"], []).refusal(found) is None


def test_exclude_beats_include_and_both_say_why() -> None:
    sift = Sift.from_settings(["IA", "/robots?/"], ["commandité"])
    assert str(sift.refusal(entry("L'IA, article COMMANDITE"))) == "excluded by commandité"
    assert str(sift.refusal(entry("Météo"))) == "holds none of IA, /robots?/"
    assert sift.refusal(entry("Un robot")) is None
    assert Sift().refusal(entry("Tout")) is None


def test_patterns_ignore_case_and_keep_accents() -> None:
    assert Sift.from_settings([], [r"/\bpromo\b.*%/"]).refusal(entry("PROMO : 20 %")) is not None


@pytest.mark.parametrize("pattern", ["/(/", "/a{2,1}/", "/[z-a]/"])
def test_a_bad_pattern_is_named(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no regular expression: ") as refusal:
        Sift.from_settings([pattern], [])
    assert str(refusal.value).startswith(pattern)


def test_an_empty_word_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="would match everything"):
        Sift.from_settings([" "], [])


def test_a_pattern_that_runs_away_is_stopped_and_does_not_match() -> None:
    started = time.process_time()
    sift = Sift.from_settings([], ["/(a+)+$/", "/(a|aa)+$/"])
    assert sift.refusal(entry("a" * 5000 + "b")) is None
    assert time.process_time() - started < 2
