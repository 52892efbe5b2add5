"""What a channel spent on acts that are no post's: reading back its own posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for the charges."""
    op.create_table(
        "charge",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("month", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cost", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("channel", "month", name=op.f("pk_charge")),
    )
