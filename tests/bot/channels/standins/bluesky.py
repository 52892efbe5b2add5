"""What the contract suite must know of Bluesky."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from tests.bot.channels.contract import NOW, StandIn

_DID = "did:plc:abcdefghijklmnopqrstuvwx"
_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"


def _record_key() -> str:
    """The key of the post "k1", by the rule in words: 53 bits of microseconds, 10 of a clock, 5 a sign."""
    chance = int.from_bytes(sha256(b"k1").digest()[:8])
    milliseconds = round((NOW - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    bits = (milliseconds * 1000 + chance % 1000) * 1024 + chance // 1000 % 1024
    return "".join(_SIGNS[bits >> 5 * place & 31] for place in range(12, -1, -1))


RECORD_KEY = _record_key()


def _good(number: object) -> object:
    key = RECORD_KEY if number == 7 else number
    return {"uri": f"at://{_DID}/app.bsky.feed.post/{key}", "cid": "bafyreid"}


STAND_IN = StandIn(
    options={"handle": "lesvagues.example"},
    good=_good,
    url=f"{{api}}/profile/lesvagues.example/post/{RECORD_KEY}",
    kept={
        "did": _DID,
        "handle": "lesvagues.example",
        "server": "{api}",
        "access": "canary-access",
        "refresh": "canary-refresh",
    },
    receipt=RECORD_KEY,
)
