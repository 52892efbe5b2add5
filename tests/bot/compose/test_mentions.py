"""Nobody is addressed by accident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.mentions import defused


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Selon @untel, oui", "Selon @|untel, oui"),
        ("@a @b", "@|a @|b"),
        ("@nom@mastodon.quebec", "@|nom@mastodon.quebec"),
        ("＠untel", "＠|untel"),
        ("écrire à x@example.org", "écrire à x@example.org"),
        ("https://example.org/@untel", "https://example.org/@untel"),
        ("un @ seul", "un @ seul"),
        ("$TSLA et $BRK.A montent", "$|TSLA et $|BRK.A montent"),
        ("31,8 G$ et $860 M", "31,8 G$ et $860 M"),
        ("avec @Partenaire.", "avec @Partenaire."),
    ],
)
def test_strangers_are_shown_but_not_called(text: str, shown: str) -> None:
    assert defused(text, ["@partenaire"]) == shown.replace("|", "\u200c")


@given(st.text(alphabet="@＠$aZé_. \u200c/9", max_size=40))
def test_it_is_done_once_and_nothing_shows(text: str) -> None:
    once = defused(text)
    assert defused(once) == once
    assert once.replace("\u200c", "") == text.replace("\u200c", "")
