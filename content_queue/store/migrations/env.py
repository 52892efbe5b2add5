"""How Alembic runs our migrations: on the connection and in the transaction that are handed in."""

from __future__ import annotations

from typing import Literal

from alembic import context

from content_queue.store.tables import Moment, metadata


def as_plain(kind: str, value: object, _imports: object) -> str | Literal[False]:
    """Write a moment as what the database keeps, so that migrations import none of our code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, Moment) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_item=as_plain)
context.run_migrations()
