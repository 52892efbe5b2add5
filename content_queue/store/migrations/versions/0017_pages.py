"""What items' own pages added to what their feeds told, and what a source's last reading looked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make room; each source is read whole once more, since an older release looked for less."""
    op.add_column("source", sa.Column("looked", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "completion",
        sa.Column("item", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_completion_item_item")),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_completion")),
    )
    op.create_index("ix_completion_again_at", "completion", ["again_at"])
