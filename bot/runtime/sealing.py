"""Sealing values with our key: whoever has the database alone can read none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from bot.secret import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Seal:
    """Seals values, and opens what it has sealed; what another key sealed counts as lost."""

    def __init__(self, key: Secret) -> None:
        """Take the key that ``init`` made; any other secret will do as well."""
        self._key = key

    def close(self, values: Mapping[str, str]) -> str:
        """Return these values as they are kept."""
        return self._box.encrypt(json.dumps(dict(values)).encode()).decode("ascii")

    def open(self, sealed: str) -> Mapping[str, str]:
        """Return what was sealed; nothing where another key sealed it, or nothing did."""
        from cryptography.fernet import InvalidToken

        try:
            values: dict[str, str] = json.loads(self._box.decrypt(sealed))
        except (InvalidToken, ValueError):
            return {}
        return values

    @cached_property
    def _box(self) -> Fernet:
        """Return what seals; its library loads with the first who keeps something."""
        import base64
        from hashlib import sha256

        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(sha256(self._key.reveal().encode()).digest()))
