"""What a pack says beside its words, which of its rows are missing or mistaken, and a video's form."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns; what is known already says nothing there until it is read again."""
    for name in ("missing", "mistakes"):
        op.add_column("source", sa.Column(name, sa.JSON(), nullable=True))
    for table in ("entry", "proposal"):
        op.add_column(table, sa.Column("terms", sa.JSON(), nullable=True))
    op.add_column("entry", sa.Column("form", sa.Text(), server_default="", nullable=False))
