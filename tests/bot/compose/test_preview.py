"""What a door shows of a message."""

from decimal import Decimal

from bot.compose.preview import preview
from bot.compose.render import render
from content_queue.item import Picture, Version
from tests.bot.compose.samples import HTML, SHORT, URL, item, marked_up, short

VERSION = Version(
    "fr", "Phares & <baleines>", "À l’écoute.", URL, "https://example.org/phare.jpg", "Un phare."
)


def test_a_reader_sees_words_without_markup() -> None:
    (message,) = render(item(VERSION), marked_up())
    shown = preview(message, HTML)
    assert shown.text == "Phares & <baleines>\n\nÀ l’écoute."
    assert shown.length == len(shown.text)
    assert (shown.link, shown.host, shown.limit) == (URL, "example.org", 4096)


def test_words_without_markup_stay_to_the_letter() -> None:
    (message,) = render(item(VERSION), short(cost=lambda _linked: 215_000))
    shown = preview(message, SHORT)
    assert shown.text == message.text == preview(message).text
    assert "Phares & <baleines>" in shown.text
    assert shown.cost == Decimal("0.215")
    assert shown.pictures == (Picture("https://example.org/phare.jpg", "Un phare."),)


def test_a_message_without_a_link_has_no_host() -> None:
    (message,) = render(item(VERSION), short(links="never"))
    assert (preview(message).link, preview(message).host, preview(message).variant) == ("", "", "")
