"""Which entries a source lets in."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sources.sift import Sift
from content_queue.item import Entry, Kind, Reason, Version

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)


def refusal(sift: Sift, one: Entry) -> Reason | None:
    return sift.refusals([one], NOW)[0]


def entry(title: str, summary: str = "", author: str = "", *topics: str) -> Entry:
    return Entry("g", Kind.ARTICLE, (Version("fr", title, summary),), author=author, topics=topics)


@pytest.mark.parametrize(
    "text", ["Prix STARTECH remis", "Les jeunes pousses à Montréal", "une\njeunes  pousses\u00a0", "été 2018"]
)
def test_words_match_in_any_case_with_or_without_accents(text: str) -> None:
    sift = Sift.from_settings(["StarTech", "jeunes pousses", "ete 2018"], [])
    assert refusal(sift, entry(text)) is None


def test_a_word_is_a_whole_word() -> None:
    assert refusal(Sift.from_settings(["art"], []), entry("StarTech")) is not None
    assert refusal(Sift.from_settings(["C++"], []), entry("Le langage C++ a 40 ans")) is None


def test_title_summary_topics_and_author_are_looked_at() -> None:
    for found in (entry("IA"), entry("t", "l'IA d'ici"), entry("t", "", "Éva IA"), entry("t", "", "", "ia")):
        assert refusal(Sift.from_settings(["ia"], []), found) is None


def test_exclude_beats_include_and_both_say_why() -> None:
    sift = Sift.from_settings(["IA", "/robots?/"], ["commandité"])
    assert str(refusal(sift, entry("L'IA, article COMMANDITE"))) == "excluded by commandité"
    assert str(refusal(sift, entry("Météo"))) == "holds none of IA, /robots?/"
    assert refusal(sift, entry("Un robot")) is None
    assert refusal(Sift(), entry("Tout")) is None


def test_patterns_ignore_case_and_keep_accents() -> None:
    assert refusal(Sift.from_settings([], [r"/\bpromo\b.*%/"]), entry("PROMO : 20 %")) is not None


@pytest.mark.parametrize("pattern", ["/(/", "/a{2,1}/", "/[z-a]/"])
def test_a_bad_pattern_is_named(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no regular expression: ") as refusal:
        Sift.from_settings([pattern], [])
    assert str(refusal.value).startswith(pattern)


def test_an_empty_word_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="would match everything"):
        Sift.from_settings([" "], [])


@pytest.mark.parametrize("pattern", ["/(a+)+$/", "/(a|aa)+$/"])
@pytest.mark.parametrize("list_", ["include", "exclude"])
def test_a_pattern_that_runs_away_is_stopped_named_and_lets_nothing_in(pattern: str, list_: str) -> None:
    include, exclude = ([pattern], []) if list_ == "include" else ([], [pattern])
    hostile = [entry("a" * 5000 + "b")] * 400
    started = time.process_time()
    found = Sift.from_settings(include, exclude).refusals([*hostile, entry("bien")], NOW)
    assert time.process_time() - started < 3
    assert {str(why) for why in found[:400]} == {f"{pattern} took too long on it: write it more simply"}


def test_a_field_before_a_filter_says_where_it_looks() -> None:
    one = replace(entry("Titre", "le texte", "Ève", "Emploi"), versions=(Version("en", "Titre", "le texte"),))
    fits = ["title:titre", "text:TEXTE", "author:eve", "category:emploi", "language:en", "title:/^tit/"]
    fits_not = ["title:texte", "text:titre", "author:emploi", "category:eve", "language:fr", "text:/^tit/"]
    assert all(refusal(Sift.from_settings([], [rule]), one) is not None for rule in fits)
    assert not [rule for rule in fits_not if refusal(Sift.from_settings([], [rule]), one)]
    assert str(refusal(Sift.from_settings([], ["language:en"]), one)) == "excluded by language:en"


def test_a_colon_inside_a_word_is_its_own() -> None:
    assert refusal(Sift.from_settings(["Québec : la suite"], []), entry("Québec\u00a0: la suite")) is None


def test_what_is_too_old_is_passed_over_and_what_has_no_date_is_not() -> None:
    sift = Sift.from_settings([], [], timedelta(days=30))
    old, young = (replace(entry("t"), published_at=NOW - timedelta(days=days)) for days in (31, 30))
    assert str(refusal(sift, old)) == "older than 30 days"
    assert refusal(sift, young) is None
    assert refusal(sift, entry("t")) is None


def test_shorts_and_streams_are_left_out_or_let_in_by_their_form() -> None:
    without, alone = Sift.from_settings([], ["form:short"]), Sift.from_settings(["form:live"], [])
    for form, out, kept in (("", False, False), ("short", True, False), ("live", False, True)):
        one = replace(entry("Un short de 60 s, live"), form=form)
        assert (refusal(without, one) is not None) is out
        assert (refusal(alone, one) is None) is kept
