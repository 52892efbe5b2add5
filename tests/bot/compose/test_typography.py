"""Words are left as they were written; ours are set by the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.typography import clean, our_own, our_template


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
    ("text", "printed"),
    [
        ("Source : l'Institut, « 2018 »", "Source·: l’Institut, «·2018·»"),
        ("Source: l'Institut, «2018»", "Source·: l’Institut, «·2018·»"),
        ("41 % des gens ! Vraiment ? Oui ; non", "41·% des gens! Vraiment? Oui; non"),
        ("41% et 7 530 ou 1 234 567", "41·% et 7·530 ou 1·234·567"),
        ("7\u202f530\u202f%", "7·530·%"),
        ("en 2018 7530 places, 12 34", "en 2018 7530 places, 12 34"),
        ("le 514 555-0000", "le 514 555-0000"),
        ('Il dit "oui"', "Il dit «·oui·»"),
        ("dès 8h30, 8 h 30 ou 17 h", "dès 8·h·30, 8·h·30 ou 17·h"),
        ("à 8:30 : café", "à 8:30·: café"),
        ("https://example.org/a: 8:30", "https://example.org/a: 8:30"),
        ("voir https://example.org/?a=l'été%20 ; puis", "voir https://example.org/?a=l'été%20; puis"),
        ("README.md : à lire", "README.md·: à lire"),
        ("écrire à l'équipe: a.b@example.org", "écrire à l’équipe·: a.b@example.org"),
        ("avec @nom_d'ici et #7 530", "avec @nom_d'ici et #7 530"),
        ("31,8 milliards $ et 860 M$", "31,8 milliards·$ et 860·M$"),
        ("aujourd'hui, l'« été »", "aujourd’hui, l’«·été·»"),
        ("rien à changer", "rien à changer"),
        ("\ue000 : reste", "\ue000·: reste"),
    ],
)
def test_french_words_of_our_own_follow_the_oqlf(text: str, printed: str) -> None:
    assert our_own(text, "fr") == printed.replace("·", "\u00a0")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Source: O'Reilly", "Source: O’Reilly"),
        ('They said "yes" !', "They said “yes”!"),
        ("41 % of it : no", "41% of it: no"),
        ("at 8:30 a.m.: coffee", "at 8:30 a.m.: coffee"),
        ("https://example.org/it's", "https://example.org/it's"),
        ("$31.8 billion", "$31.8 billion"),
    ],
)
def test_english_words_of_our_own_follow_their_own_rules(text: str, printed: str) -> None:
    assert our_own(text, "en") == printed


PIECES = ["Source", " : ", "7 530", "41 %", '"', "l'an", "« ", " »", " !", "8h30", "@a.b", "#tag", "\u202f"]
KEPT = ["https://example.org/l'été?a=1 ", "x.y@example.org ", "8:30 ", "#7 ", "@l_a "]


@given(
    st.lists(st.sampled_from([*PIECES, *KEPT]), max_size=12).map("".join), st.sampled_from(["fr", "en", "es"])
)
def test_setting_words_twice_changes_nothing_more_and_nothing_is_lost(text: str, language: str) -> None:
    once = our_own(text, language)
    assert our_own(once, language) == once
    assert "\u202f" not in once
    assert [sign for sign in once if sign.isalnum()] == [sign for sign in text if sign.isalnum()]


@pytest.mark.parametrize("kept", [piece.strip() for piece in KEPT])
def test_what_is_an_address_a_name_or_an_hour_is_never_touched(kept: str) -> None:
    for language in ("fr", "en"):
        assert kept in our_own(f"L'an : {kept} ; 7 530 %", language)


def test_a_template_is_set_around_its_names_and_tags() -> None:
    template = '<a href="{url}">{title}</a> : l\'article\n{if credit}« {credit} » !{end}'
    assert our_template(template, "fr") == (
        '<a href="{url}">{title}</a>\u00a0: l’article\n{if credit}«\u00a0{credit}\u00a0»!{end}'
    )
    assert our_template("{title}\n\n{url}", "fr") == "{title}\n\n{url}"
