"""A message as the public would see it, in values that every door can show."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from bot.compose.measure import html_text
from bot.message import Limits, Message, Picture
from content_queue.item import MICROS_PER_DOLLAR


@dataclass(frozen=True, slots=True)
class Preview:
    """What a door shows of a message.

    ``text`` is what a reader sees, without markup; ``length`` and ``limit`` are in the network's own unit;
    ``host`` is whose page the link opens; ``cost`` is in US dollars.
    """

    channel: str
    network: str
    language: str
    variant: str
    text: str
    length: int
    limit: int
    link: str
    host: str
    pictures: tuple[Picture, ...]
    cost: Decimal


def preview(message: Message, limits: Limits | None = None) -> Preview:
    """Return ``message`` as readers see it; ``limits`` are its network's, and tell whether it has markup."""
    return Preview(
        channel=message.channel,
        network=message.network,
        language=message.language,
        variant=message.variant,
        text=html_text(message.text) if limits and _is_html(limits) else message.text,
        length=message.length,
        limit=message.limit,
        link=message.link,
        host=urlsplit(message.link).hostname or "",
        pictures=message.pictures,
        cost=Decimal(message.cost) / MICROS_PER_DOLLAR,
    )


def _is_html(limits: Limits) -> bool:
    return limits.escape("&") == "&amp;"
