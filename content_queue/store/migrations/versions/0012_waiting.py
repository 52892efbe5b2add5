"""Indexes by which what waits for moderators is found without reading all of it."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_item_kind", "item", ["state", "kind", "id"])
    op.create_index("ix_proposal_answered", "proposal", ["answered_at", "id"])
