"""Sums are written in three widths."""

import pytest

from bot.compose.fit import Parts, fit
from bot.compose.money import shorter, shortest
from tests.bot.compose.samples import SHORT


@pytest.mark.parametrize(
    ("language", "sentence", "short", "picture"),
    [
        ("fr", "31,8 milliards de dollars", "31,8 milliards·$", "31,8·G$"),
        ("fr", "860 millions de dollars", "860 millions·$", "860·M$"),
        ("fr", "1 milliard de dollars", "1 milliard·$", "1·G$"),
        ("fr", "1·200,5 millions $", "1·200,5 millions·$", "1·200,5·M$"),
        ("fr", "860 millions de personnes", "860 millions de personnes", "860 millions de personnes"),
        ("en", "$31.8 billion", "$31.8B", "$31.8B"),
        ("en", "$860 million", "$860M", "$860M"),
        ("en", "860 million people", "860 million people", "860 million people"),
        ("es", "$860 million", "$860 million", "$860 million"),
    ],
)
def test_a_sum_has_three_widths(language: str, sentence: str, short: str, picture: str) -> None:
    sentence, short, picture = (text.replace("·", "\u00a0") for text in (sentence, short, picture))
    assert shorter(sentence, language) == short
    assert shortest(sentence, language) == picture
    assert shortest(short, language) == picture


def test_a_sum_of_our_own_is_shortened_before_any_word_is_lost() -> None:
    title = "Des revenus de 31,8 milliards de dollars" + " et des idées" * 17
    ours = Parts(title, language="fr", ours=True)
    assert SHORT.maximum < SHORT.measure(title + "x" * 20)
    text = fit(ours, "{title} (TECHNOCompétences)", SHORT)
    assert text == title.replace("milliards de dollars", "milliards\u00a0$") + " (TECHNOCompétences)"


def test_what_others_wrote_is_quoted_as_written() -> None:
    title = "Des revenus de 31,8 milliards de dollars" + " et des idées" * 20
    assert "31,8 milliards de dollars" in fit(Parts(title, language="fr"), "{title}", SHORT)
