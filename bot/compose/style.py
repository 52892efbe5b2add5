"""How a channel speaks: all that shapes its messages beside the item itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.compose.card import Look
from bot.message import Limits


def free(_with_link: bool) -> int:  # noqa: FBT001  the signature of every network's price
    """Cost nothing."""
    return 0


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's own hashtags by language, without the sign; ``everywhere`` asks for one on every network."""

    tags: Mapping[str, str] = field(default_factory=dict)
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How a channel speaks.

    ``templates`` are the operator's own, by kind, "plain" (for messages without a link) and "default";
    ``limits.templates`` has the network's under the same names. ``links`` is always, never or budget.
    ``together`` says that a message speaks all ``languages`` at once, in their order; else it speaks the
    first that the item has. ``hashtags`` is the most of them, None for what the network bears. ``topics``
    are those with a form of their own, ``partners`` the handles on this network, both by folded name.
    ``campaign`` is what is added to links, ``{channel}`` and the like still in it. ``card`` is how a fact's
    picture looks, None for none. ``cost`` gives the price
    of one post, with a link or without, in millionths of a US dollar.
    """

    channel: str
    network: str
    languages: tuple[str, ...]
    limits: Limits
    templates: Mapping[str, str] = field(default_factory=dict)
    links: str = "always"
    require_alt: bool = True
    cost: Callable[[bool], int] = free
    alt_cost: int = 0
    together: bool = False
    hashtags: int | None = None
    topics: Mapping[str, Topic] = field(default_factory=dict)
    partners: Mapping[str, str] = field(default_factory=dict)
    campaign: str = ""
    card: Look | None = None

    @property
    def most_hashtags(self) -> int:
        """How many hashtags a message bears."""
        return self.limits.hashtags if self.hashtags is None else self.hashtags
