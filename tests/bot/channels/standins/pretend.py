"""What the contract suite must know of the pretend network."""

from __future__ import annotations

from tests.bot.channels.contract import StandIn

STAND_IN = StandIn(options={}, good=lambda number: {"id": number}, url="{api}/7")
