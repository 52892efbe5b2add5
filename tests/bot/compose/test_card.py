"""A fact becomes a picture: what stands on it, what its alt text says, and that it is drawn."""

import io
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from PIL import Image, ImageFont

from bot.compose.card import SIZES, SQUARE, WIDE, Card, Look, alt_of, card_at, card_of, in_shape, is_card
from bot.compose.card_drawing import draw
from bot.compose.card_press import CannotDrawError, drawn
from bot.sources.pack import load_pack
from content_queue.item import Version

LOOK = Look()
FRENCH = Version(
    "fr",
    "En 2018, le fleuve comptait 43 phares.",
    credit="Source : l'Institut de la mer, 2018",
    figure="43",
    label="phares sur le fleuve",
)


def test_figure_and_label_stand_on_the_card_with_source_and_year() -> None:
    card = card_of(FRENCH, LOOK)
    assert (card.figure, card.words, card.source) == (
        "43",
        "phares sur le fleuve",
        "l’Institut de la mer, 2018",
    )
    assert alt_of(card, "fr") == (
        "Carte\u00a0: 43 phares sur le fleuve. Source\u00a0: l’Institut de la mer, 2018."
    )


@pytest.mark.parametrize(
    ("language", "title", "figure"),
    [
        ("fr", "En 2018, 7 530 entreprises au Québec.", "7\u00a0530"),
        ("fr", "En 2018, des revenus de 31,8 milliards de dollars.", "31,8\u00a0G$"),
        ("fr", "65 % du capital en 2017.", "65\u00a0%"),
        ("fr", "De 1 800 à 2 600 jeunes pousses en 2016.", "1\u00a0800 à 2\u00a0600"),
        ("fr", "Trois fois plus vite en 2017.", ""),
        ("fr", "En 2018, 350 partenaires.", "350"),
        ("en", "In 2018, $31.8 billion in revenue.", "$31.8B"),
        ("en", "Between 1,800 to 2,600 start-ups in 2016.", "1,800 to 2,600"),
        ("en", "In 2017, 65% of it.", "65%"),
    ],
)
def test_without_them_the_sentence_stands_with_its_figure_that_is_no_year(
    language: str, title: str, figure: str
) -> None:
    card = card_of(Version(language, title), LOOK)
    assert card.figure == figure
    assert figure in card.words
    assert alt_of(card, language).count(figure or "Trois") == 1


def test_an_address_names_the_very_card() -> None:
    card = in_shape(card_of(FRENCH, Look(accent="#ff0000")), SQUARE)
    assert is_card(card.address)
    assert card_at(card.address) == card
    assert card.address != card_of(FRENCH, LOOK).address


@pytest.mark.parametrize(
    "address", ["", "https://example.org/a.png", "card:?figure=4", "card:?shape=wide&a=b"]
)
def test_an_address_that_names_no_card_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="names no card"):
        card_at(address)


@pytest.mark.parametrize("shape", [WIDE, SQUARE])
def test_a_card_is_drawn_in_its_shape_and_the_same_again(shape: str) -> None:
    card = in_shape(card_of(FRENCH, LOOK), shape)
    made = draw(card)
    picture = Image.open(io.BytesIO(made))
    assert (picture.format, picture.size) == ("PNG", SIZES[shape])
    assert made == draw(card)
    assert made != draw(replace(card, figure="44"))
    assert len(made) < 950_000


@pytest.mark.parametrize(
    "card",
    [
        Card("", "mot " * 80, "S" * 200),
        Card("123456789 milliards de dollars", "a" * 400, ""),
        Card("7\u00a0530", "", "x"),
        Card("", "", ""),
    ],
)
def test_whatever_stands_on_it_a_card_is_drawn(card: Card) -> None:
    assert Image.open(io.BytesIO(draw(card))).size == SIZES[WIDE]


def test_the_font_has_every_sign_that_the_pack_uses() -> None:
    face = ImageFont.truetype(
        str(Path(str(files("font_source_sans_pro"))) / "files" / "SourceSansPro-Black.ttf"), 40
    )
    missing = face.getmask("\U0010ffff").getbbox(), bytes(face.getmask("\U0010ffff"))
    words = [v for entry in load_pack("technopolys", Path()) for v in entry.versions]
    signs = {
        sign for v in words for sign in card_of(v, LOOK).figure + card_of(v, LOOK).words + v.credit + "«»’…$%"
    }
    shown = {sign for sign in signs if not sign.isspace()}
    assert shown
    assert [sign for sign in shown if bytes(face.getmask(sign)) == missing[1]] == []


def test_every_fact_of_the_pack_has_a_card_in_both_languages() -> None:
    for entry in load_pack("technopolys", Path()):
        for version in entry.versions:
            card = card_of(version, LOOK)
            assert card.words
            assert version.label, entry.guid
            assert alt_of(card, version.language).endswith(f"{card.source}.")


async def test_a_card_is_drawn_in_a_process_of_its_own() -> None:
    card = card_of(FRENCH, LOOK)
    assert await drawn(card.address) == draw(card)
    with pytest.raises(CannotDrawError, match="names no card"):
        await drawn("card:?figure=4")
