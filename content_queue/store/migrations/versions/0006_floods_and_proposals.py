"""Floods that wait for a person, proposals for what a source changed, and how a source was last read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables and columns."""
    op.create_table(
        "flood",
        sa.Column("entry", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("item", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("fk_flood_entry")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_flood")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("item", _NUMBER, nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("what", sa.Text(), server_default="", nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_proposal_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index("ix_proposal_item", "proposal", ["item", "answered_at"])
    for name in ("last_good", "last_item_at"):
        op.add_column("source", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("shown", "notes"):
        op.add_column("source", sa.Column(name, sa.JSON(), nullable=True))
