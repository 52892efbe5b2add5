"""A post may pass the pauses that were on when an admin let it: one announcement during a pause."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Let a post say up to which hold on everything it passes; those that are there pass none."""
    op.add_column("post", sa.Column("passes", sa.Integer(), server_default="0", nullable=False))
