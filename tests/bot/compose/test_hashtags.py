"""Hashtags are made from topics."""

import pytest

from bot.compose.hashtags import folded, hashtags
from bot.compose.style import Topic


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


KNOWN = {
    folded("Techno-Québec"): Topic({"fr": "TechnoQuébec", "en": "QuebecTech"}),
    "ici": Topic({}, everywhere=True),
}


def test_a_topic_may_have_a_form_of_its_own_in_each_language() -> None:
    assert hashtags(["techno québec"], "", 2, "fr", KNOWN) == ("#TechnoQuébec",)
    assert hashtags(["TECHNO-QUEBEC"], "", 2, "en", KNOWN) == ("#QuebecTech",)
    assert hashtags(["techno québec", "QuebecTech"], "", 2, "en", KNOWN) == ("#QuebecTech",)


def test_a_topic_may_ask_for_its_hashtag_everywhere() -> None:
    assert hashtags(["un", "ici"], "", 0, "fr", KNOWN) == ("#Ici",)
    assert hashtags(["un", "ici", "deux"], "", 1, "fr", KNOWN) == ("#Un", "#Ici")
