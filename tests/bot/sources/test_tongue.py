"""In which language a text is, where its feed does not say or says it wrongly."""

import pytest

from bot.sources.tongue import UNKNOWN, believed, tell, tell_each


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Une jeune pousse de Sherbrooke lève deux millions pour ses capteurs", "fr"),
        ("L’IA au service de la santé et des régions", "fr"),
        ("Quebec City start-up raises two million for its sensors", "en"),
        ("How we built the first quantum computer of Sherbrooke", "en"),
        ("Das Unternehmen sammelt zwei Millionen für seine Sensoren ein", "de"),
        ("El valle recibe una visita y se prepara para la fiesta más larga", "es"),
        ("Сегодня в Монреале открылась выставка", UNKNOWN),
        ("モントリオールで展示会が開幕", UNKNOWN),
        ("v4.0.0", ""),
        ("StarTech 2018", ""),
        ("", ""),
        ("https://example.org/the-of-and-the @the #and", ""),
    ],
)
def test_small_words_tell(text: str, language: str) -> None:
    assert tell(text) == language


def test_what_does_not_say_by_itself_is_as_the_others_are() -> None:
    texts = ["v4.0.0", "Les prix de la relève", "The prize of the year and more", "Le prix de la relève"]
    assert tell_each(texts) == ["fr", "fr", "en", "fr"]
    assert tell_each(["v4.0.0"]) == [""]


FRENCH = ["Les prix de la relève", "Une usine pour la région", "Le pont et la rivière"]


def test_a_document_is_believed_unless_most_of_its_texts_say_otherwise() -> None:
    assert believed("en", FRENCH) == "fr"
    assert believed("en", FRENCH[:2]) == "en"
    assert believed("en", [*FRENCH, "The bridge and the river", "The end of the day"]) == "en"
    assert believed("fr", FRENCH) == "fr"
    assert believed("", FRENCH) == ""
    assert believed("eo", FRENCH) == "eo"
