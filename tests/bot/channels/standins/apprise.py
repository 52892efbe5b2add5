"""What the contract suite must know of Apprise: a JSON hook of our own, whose answers name no post."""

from __future__ import annotations

from tests.bot.channels.contract import StandIn

STAND_IN = StandIn(
    options={"account": "Les vagues"},
    good=lambda _number: {},
    url="",
    secrets={"URL": "json://vagues.example/apprise/canary-URL"},
    receipt="k1",
    names_posts=False,
)
