"""Which channels share an account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Let a channel name its account; none is shared until a configuration says so."""
    op.add_column("channel", sa.Column("account", sa.Text(), server_default="", nullable=False))
