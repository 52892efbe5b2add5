"""What a source asks of us: how often to be read, when not at all, and where it has moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let sources remember it; those that are known ask for nothing until they are read again."""
    op.add_column("source", sa.Column("hints", sa.JSON(), nullable=True))
    op.add_column("source", sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True))
    for name in ("address", "moved_to"):
        op.add_column("source", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("source", sa.Column("moved_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("source", sa.Column("moved_since", sa.DateTime(timezone=True), nullable=True))
