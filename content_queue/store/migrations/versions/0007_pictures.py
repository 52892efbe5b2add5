"""Pictures by their digest, which messages wait for one, and what stands on a fact's card."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables; what was approved before has no picture to wait for."""
    for name in ("figure", "label"):
        op.add_column("version", _text(name))
    op.add_column("message", sa.Column("unfetched", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_message_unfetched", "message", ["unfetched", "id"])
    op.create_table(
        "picture",
        sa.Column("digest", sa.Text(), nullable=False),
        _text("kind"),
        _count("width"),
        _count("height"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_picture")),
    )
    op.create_table(
        "picture_source",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("made_for", sa.Text(), nullable=False),
        _text("digest"),
        _text("error"),
        _count("tries"),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source", "made_for", name=op.f("pk_picture_source")),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)
