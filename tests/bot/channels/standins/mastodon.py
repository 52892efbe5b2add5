"""What the contract suite must know of Mastodon."""

from __future__ import annotations

from bot.message import LockedOut
from tests.bot.channels.contract import NOW, StandIn

STAND_IN = StandIn(
    options={},
    good=lambda number: {
        "id": str(number) if number is not None else None,
        "created_at": "2026-11-22T12:00:00.000Z",
        "content": "<p>…</p>",
    },
    url="{api}/@lesvagues/7",
    secrets={"ACCESS_TOKEN": "lesvagues-canary"},
    differs={"status 403": LockedOut},  # one that says nothing of the post speaks of the account
    kept={
        "api": "{api}",
        "seen": NOW.isoformat(),
        "account": "42",
        "username": "lesvagues",
        "version": "4.5.2",
        "keyed": "True",
        "maximum": "500",
        "link": "23",
        "pictures": "4",
        "alt": "1500",
    },
)
