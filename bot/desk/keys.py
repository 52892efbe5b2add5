"""Keys that open a door: made here, shown once, kept as digests.

A key is 256 random bits, so that one round of SHA-256 is enough at rest. A token of the API carries a prefix
and a checksum, by which scanners of leaked secrets know it, and a mistyped one is refused unasked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from zlib import crc32

PREFIX = "tpb_"
_TOKEN = re.compile(r"tpb_([A-Za-z0-9_-]{43})([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Key:
    """A fresh key: ``value`` is for its owner alone, ``digest`` is kept."""

    value: str = field(repr=False)
    digest: str


def fresh_key() -> Key:
    """Make a key for a session, a device or an invitation."""
    value = token_urlsafe(32)
    return Key(value, digest(value))


def fresh_token() -> Key:
    """Make a token of the API."""
    value = token_urlsafe(32)
    whole = f"{PREFIX}{value}{_checksum(value)}"
    return Key(whole, digest(whole))


def looks_like_token(text: str) -> bool:
    """Say whether this can be a token of ours."""
    match = _TOKEN.fullmatch(text)
    return match is not None and match[2] == _checksum(match[1])


def digest(value: str) -> str:
    """Return what is kept of a key."""
    return sha256(value.encode("utf-8", "replace")).hexdigest()


def _checksum(value: str) -> str:
    return f"{crc32(value.encode()):08x}"
