"""What the contract suite must know of Facebook."""

from __future__ import annotations

from tests.bot.channels.contract import StandIn

STAND_IN = StandIn(
    options={"page": "42"},
    good=lambda number: {"id": f"42_{number}" if number is not None else None},
    url="{api}/42/posts/7",
    secrets={"PAGE_TOKEN": "42-canary"},
    receipt="42_7",
)
