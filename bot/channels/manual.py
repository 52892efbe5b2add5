"""Posting by hand: at its slot people get the text, the link and the picture, and say when it is out.

For what no program may post to, for what has no permission yet, and in the place of a channel that is locked
out (``on_locked``). Nothing leaves this machine: each request ends at once in a question to a person, whose
three answers are posted, later and not at all.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bot.channels.network import Network, Recovery, Wiring
from bot.message import (
    Account,
    ByHand,
    Channel,
    Frozen,
    Limits,
    Message,
    Progress,
    Receipt,
)

REASON = "it is posted by hand: copy it from the desk, then say that it is out"


class Options(BaseModel):
    """What is known of the place: its ``account`` as people call it, and how long a text it takes.

    ``limit`` counts characters as a reader sees them, 0 pictures is for a place that shows none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(default="", max_length=100)
    limit: int = Field(default=2200, ge=40, le=100_000)
    pictures: int = Field(default=1, ge=0, le=20)


def _measure(text: str) -> int:
    """Return a text's length in characters as a reader sees them."""
    from bot.compose.measure import graphemes

    return graphemes(text)


def _limits(options: Options) -> Limits:
    return Limits(
        maximum=options.limit,
        measure=_measure,
        escape=str,
        templates={
            "default": "{title}\n\n{summary}\n\n{url}\n\n{hashtags}",
            "plain": "{title}\n\n{summary}\n\n{hashtags}",
            "fact": "{title}\n\n{credit}\n\n{hashtags}",
            "quote": "{title}\n\n{credit}\n\n{hashtags}",
            "video": "{title}\n\n{url}\n\n{hashtags}",
            "press": "{title}\n\n{url}",
        },
        pictures=options.pictures,
        by_hand=True,
    )


class ManualChannel:
    """One account that people post to themselves."""

    def __init__(self, name: str, options: Options | None = None) -> None:
        """Take the channel's name; there is nothing to ask."""
        self._name, self._options = name, options or Options()

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._name

    @property
    def limits(self) -> Limits:
        """What the place takes."""
        return _limits(self._options)

    async def check(self) -> Account:
        """Say whom people post as."""
        return Account(self.name, self._options.account or self.name)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen:
        """Freeze the words."""
        return Frozen(json.dumps({"text": message.text, "link": message.link}).encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Ask a person."""
        raise ByHand(REASON)

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Know nothing: only people can look."""
        return None

    async def close(self) -> None:
        """Hold nothing open."""


def _connect(wiring: Wiring[Options]) -> Channel:
    return ManualChannel(wiring.name, wiring.options)


NETWORK: Network[Options] = Network(
    name="manual",
    options=Options,
    secrets=(),
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(looks=0),
    connect=_connect,
)
