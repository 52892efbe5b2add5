"""Links that a network does not show: our own page in their place, or a wait; the other links stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.compose.blocked import hidden_on
from bot.compose.render import LinkBlocked, Style, render, style_digest
from bot.compose.spread import spread
from bot.message import Blocked, Message
from content_queue.item import Item, Kind, Picture
from tests.bot.compose.samples import ENGLISH, FRENCH, SENTENCES, SHORT, TITLE, item, short

SINCE = date(2026, 11, 27)
OUR_PAGE = "https://vagues.example/nouvelles"
BLOCKED = Blocked(frozenset({"example.org"}), SINCE, OUR_PAGE)
CARDS = replace(SHORT, beside_link=False, templates={**SHORT.templates, "default": "{title}\n\n{summary}"})
NEWS = "{title}\n\n{summary}\n\n{url}"


def style(blocked: Blocked | None = BLOCKED, **more: object) -> Style:
    limits = replace(CARDS, blocked=blocked, templates={**CARDS.templates, "news": NEWS})
    return replace(short(), limits=limits, **more)  # type: ignore[arg-type]  # any field


def only(given: Item, of: Style) -> Message:
    (message,) = render(given, of)
    return message


@pytest.mark.parametrize(
    ("link", "hidden"),
    [
        ("https://example.org/a", True),
        ("https://ICI.Example.org./a", True),
        ("https://anexample.org/a", False),
        ("https://example.org.vagues.example/", False),
        ("https://vagues.example/?example.org", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_a_site_is_known_by_its_domain_and_all_parts_of_it(link: str, hidden: bool) -> None:
    assert hidden_on(link, BLOCKED) is hidden
    assert not hidden_on(link, None)


def test_a_hidden_link_gives_way_to_our_page_with_the_picture_and_the_words() -> None:
    message = only(item(), style())
    assert (message.link, message.variant) == (OUR_PAGE, "news")
    assert message.text == f"{TITLE}\n\n{' '.join(SENTENCES)}\n\n{OUR_PAGE}"
    assert message.pictures == (Picture(FRENCH.image, FRENCH.alt),)


def test_a_link_that_is_shown_stays_and_its_card_stands_alone() -> None:
    shown = replace(FRENCH, url="https://vagues.example/phare")
    message = only(item(shown), style())
    assert (message.link, message.variant, message.pictures) == (shown.url, "", ())
    assert OUR_PAGE not in message.text


def test_without_a_link_the_picture_goes_out() -> None:
    message = only(item(replace(FRENCH, url="")), style())
    assert (message.link, message.variant, len(message.pictures)) == ("", "", 1)
    message = only(item(), style(links="never"))
    assert (message.link, message.variant, len(message.pictures)) == ("", "", 1)


def test_our_page_bears_the_campaign_too() -> None:
    message = only(item(), style(campaign="utm_source={network}"))
    assert message.link == f"{OUR_PAGE}?utm_source=x"


def test_each_wording_has_our_page() -> None:
    fact = item(replace(FRENCH, wordings=("Un", "Deux")), kind=Kind.FACT, evergreen=True)
    assert [one.variant for one in render(fact, style())] == ["news", "wording-1-news", "wording-2-news"]


def test_in_two_languages_only_the_hidden_link_gives_way() -> None:
    both = item(FRENCH, replace(ENGLISH, url="https://vagues.example/en"))
    message = only(both, style(languages=("fr", "en"), together=True))
    assert OUR_PAGE in message.text
    assert "https://vagues.example/en" in message.text


def test_with_nothing_in_its_place_the_item_waits_and_says_so() -> None:
    waiting = style(replace(BLOCKED, page=""))
    line = "i12 waits on x-fr: its network shows no link to example.org"
    with pytest.raises(LinkBlocked, match=line):
        render(item(), waiting)
    made = spread(item(), {"x-fr": waiting})
    assert (made.messages, made.refusals) == ((), {"x-fr": line})


def test_a_changed_list_or_page_is_another_style_and_other_networks_keep_theirs() -> None:
    digests = {
        style_digest(style(blocked), Kind.ARTICLE)
        for blocked in (
            None,
            BLOCKED,
            replace(BLOCKED, page=""),
            replace(BLOCKED, domains=frozenset({"example.com"})),
        )
    }
    assert len(digests) == 4
    again = replace(BLOCKED, since=date(2027, 1, 1))
    assert style_digest(style(again), Kind.ARTICLE) in digests
