"""What the contract suite must know of Telegram."""

from __future__ import annotations

from bot.message import LockedOut
from tests.bot.channels.contract import StandIn

STAND_IN = StandIn(
    options={"chat": "@lesvagues"},
    good=lambda number: {
        "ok": True,
        "result": {
            "message_id": number,
            "date": 1_763_812_800,
            "chat": {"id": -1001234567890, "type": "channel", "title": "Les vagues"},
        },
    },
    url="https://t.me/lesvagues/7",
    secrets={"TOKEN": "123456789:canary-canary-canary-canary-canary"},
    differs={"status 403": LockedOut},  # a bot that was kicked, blocked, or never let in
)
