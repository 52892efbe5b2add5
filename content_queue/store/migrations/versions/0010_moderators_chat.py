"""The moderators' chat: codes that link an account, what stands behind buttons, what was heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for the chat."""
    op.create_table(
        "link_code",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("person", _NUMBER, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_link_code_person")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_link_code")),
    )
    op.create_index("ix_link_code_person", "link_code", ["person"], unique=False)
    op.create_table(
        "handle",
        sa.Column("digest", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), server_default="", nullable=False)
            for name in ("action", "about", "detail")
        ),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown", sa.Text(), server_default="", nullable=False),
        sa.Column("chat", _NUMBER, nullable=False),
        sa.Column("message", _NUMBER, nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_handle")),
    )
    op.create_index("ix_handle_message", "handle", ["chat", "message"], unique=False)
    op.create_index("ix_handle_expires_at", "handle", ["expires_at"], unique=False)
    op.create_table(
        "chat_update",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_update")),
    )
    op.create_index("ix_chat_update_at", "chat_update", ["at"], unique=False)
