"""An item's messages on every channel, and why a channel gets none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.compose.fit import DoesNotFit
from bot.compose.render import LinkBlocked, NoVersion, Style, render
from bot.message import Message
from content_queue.item import Item


@dataclass(frozen=True, slots=True)
class Spread:
    """What an item says on each channel; ``refusals`` has one line for each channel that cannot take it."""

    messages: tuple[Message, ...]
    refusals: Mapping[str, str]


def spread(item: Item, styles: Mapping[str, Style], only: Collection[str] = ()) -> Spread:
    """Render an item for the channels it may go to: ``only`` these, else its own choice, else all."""
    wanted = only or item.only_channels or tuple(styles)
    messages: list[Message] = []
    refusals: dict[str, str] = {}
    for name in wanted:
        if name not in styles:
            refusals[name] = f"there is no channel {name}; the channels are {', '.join(styles) or 'none'}"
            continue
        try:
            messages += render(item, styles[name])
        except (NoVersion, DoesNotFit, LinkBlocked) as error:
            refusals[name] = str(error)
    return Spread(tuple(messages), refusals)
