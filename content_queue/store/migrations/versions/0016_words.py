"""An index by which the same words are found whatever source said them: without it every entry was read."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Let the index begin with what is looked for."""
    op.drop_index("ix_entry_fingerprint", "entry")
    op.create_index("ix_entry_fingerprint", "entry", ["fingerprint", "source"])
