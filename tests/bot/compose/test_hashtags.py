"""Hashtags are made from topics."""

import pytest

from bot.compose.hashtags import hashtags


@pytest.mark.parametrize(
    ("topic", "tag"),
    [
        ("intelligence artificielle", "#IntelligenceArtificielle"),
        ("techno-québec", "#TechnoQuébec"),
        ("femmes d’ici", "#FemmesDIci"),
        ("StarTech", "#StarTech"),
        ("IA", "#IA"),
        ("5G", "#5G"),
        ("R&D", "#RD"),
        ("e\u0301tudes", "#Études"),
        ("web_2.0", "#Web20"),
    ],
)
def test_a_topic_becomes_one_word_in_camel_case(topic: str, tag: str) -> None:
    assert hashtags([topic], "", 4) == (tag,)


@pytest.mark.parametrize("topic", ["", "2018", "!?", "  "])
def test_a_topic_without_a_letter_makes_no_hashtag(topic: str) -> None:
    assert hashtags([topic], "", 4) == ()


def test_none_comes_twice_though_accents_and_capitals_differ() -> None:
    assert hashtags(["Québec", "quebec", "QUÉBEC", "Laval"], "", 4) == ("#Québec", "#Laval")


def test_none_repeats_what_the_text_already_tags() -> None:
    assert hashtags(["québec", "laval"], "On en parle avec #Quebec, à Laval.", 4) == ("#Laval",)


def test_there_are_never_more_than_asked_for() -> None:
    assert hashtags(["un", "deux", "trois"], "", 2) == ("#Un", "#Deux")
    assert hashtags(["un"], "", 0) == ()
