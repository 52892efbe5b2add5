"""Where the desk can be reached: for the links that are sent to people."""

from __future__ import annotations

from content_queue.operations import meta
from content_queue.store.database import Transaction

PLACE = "desk address"
"""Under this name the queue remembers where the desk was last opened."""


def invitation_link(tx: Transaction, public_url: str, listen: str, key: str) -> str:
    """Return the link that lets somebody in: on the public address, else where the desk was last opened."""
    base = public_url or meta.read(tx, PLACE) or f"http://{listen}"
    return f"{base.rstrip('/')}/invitation/{key}"
