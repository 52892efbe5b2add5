"""Hubs that tell of new entries: which one a source's feed names, and what it was asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_MOMENTS = ("ask_at", "asked_at", "until", "told_at", "heard_at")


def upgrade() -> None:
    """Make room for the subscriptions; a source's hub is known once it is read again."""
    for name in ("hub", "topic"):
        op.add_column("source", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_table(
        "subscription",
        sa.Column("digest", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), server_default="", nullable=False)
            for name in ("source", "hub", "topic", "home", "sealed", "error")
        ),
        sa.Column("leaving", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _MOMENTS),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_subscription")),
    )
    op.create_index("ix_subscription_source", "subscription", ["source"])
    op.create_index("ix_subscription_ask_at", "subscription", ["ask_at"])
