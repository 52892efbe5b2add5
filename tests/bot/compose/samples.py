"""Two networks and a few items, made up for these tests."""

import html
from datetime import UTC, datetime

from bot.compose.measure import html_text, utf16, weighted
from bot.compose.render import Style
from bot.message import Limits
from content_queue.item import Item, Kind, Version
from content_queue.lifecycle import ItemState

PLAIN = "{title}\n\n{summary}\n\n{url}\n\n{credit}\n\n{hashtags}"
MARKUP = '<b><a href="{url}">{title}</a></b>\n\n{summary}\n\n{credit}'
MARKUP_PLAIN = "<b>{title}</b>\n\n{summary}\n\n{credit}"

SHORT = Limits(
    maximum=280,
    measure=weighted,
    escape=str,
    templates={"default": PLAIN, "fact": "{wording}\n\n{credit}\n\n{hashtags}"},
    hashtags=2,
)
HTML = Limits(
    maximum=4096,
    measure=lambda markup: utf16(html_text(markup)),
    escape=html.escape,
    templates={"default": MARKUP, "plain": MARKUP_PLAIN},
    hashtags=0,
    pictures=0,
)

URL = "https://example.org/portraits/phare"
TITLE = "Portrait\u00a0: le phare qui parle aux baleines"
SENTENCES = (
    "Au large de Tadoussac, un phare écoute les baleines et prévient les bateaux.",
    "Trois villages l’ont adopté.",
)
FRENCH = Version("fr", TITLE, " ".join(SENTENCES), URL, "https://example.org/phare.jpg", "Un phare, la nuit.")
ENGLISH = Version(
    "en", "Portrait: the lighthouse that talks to whales", "", "https://example.org/en/lighthouse"
)


def item(
    *versions: Version, kind: Kind = Kind.ARTICLE, topics: tuple[str, ...] = (), evergreen: bool = False
) -> Item:
    return Item(
        id=12,
        kind=kind,
        state=ItemState.PENDING,
        source="portraits",
        revision=1,
        versions=versions or (FRENCH,),
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        topics=topics,
        evergreen=evergreen,
    )


def short(**more: object) -> Style:
    return _style("x-fr", "x", SHORT, more)


def marked_up(**more: object) -> Style:
    return _style("telegram-fr", "telegram", HTML, more)


def _style(channel: str, network: str, limits: Limits, more: dict[str, object]) -> Style:
    given: dict[str, object] = {"languages": ("fr",), "limits": limits, **more}
    return Style(channel, network, **given)  # type: ignore[arg-type]  # tests name the options they change
