"""What several workers on one database need: their leases, and one post on the wire of a channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the leases and the index that holds the wire."""
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    wire = sa.text("state IN ('claimed', 'sending')")
    op.create_index(
        "uq_post_wire", "post", ["channel"], unique=True, sqlite_where=wire, postgresql_where=wire
    )
