"""What the contract suite must know of LinkedIn: the id of a new post stands in a header, above no body."""

from __future__ import annotations

from bot.message import LockedOut
from tests.bot.channels.contract import StandIn

STAND_IN = StandIn(
    options={"author": "urn:li:organization:42"},
    good=lambda _number: {},
    headers=lambda number: {} if number is None else {"x-restli-id": f"urn:li:share:{number}"},
    url="{api}/feed/update/urn:li:share:7",
    differs={"status 403": LockedOut},  # of the token or the role, never of the post
    receipt="urn:li:share:7",
)
