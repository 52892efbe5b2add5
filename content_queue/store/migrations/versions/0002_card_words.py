"""The words of a link's card."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let a message keep its link's summary; those that are stored have none."""
    op.add_column("message", sa.Column("summary", sa.Text(), server_default="", nullable=False))
