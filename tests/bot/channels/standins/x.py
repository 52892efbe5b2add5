"""What the contract suite must know of X."""

from __future__ import annotations

from bot.message import LockedOut
from tests.bot.channels.contract import StandIn

STAND_IN = StandIn(
    options={},
    good=lambda number: {"data": {"id": str(number) if number is not None else None, "text": "…"}},
    url="{api}/i/status/7",
    secrets={"ACCESS_TOKEN": "42-canary"},
    differs={"status 403": LockedOut},  # one that says nothing of the post speaks of the account
)
