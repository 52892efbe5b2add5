"""The tables of pictures: their bytes by digest, and what each was made of."""

from __future__ import annotations

import sqlalchemy as sa

from content_queue.store import columns

_at, _count, _text, metadata = columns.at, columns.count, columns.text, columns.metadata

picture = sa.Table(
    "picture",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),  # of its bytes
    _text("kind"),
    _count("width"),
    _count("height"),
    sa.Column("content", sa.LargeBinary, nullable=False),
    _at("created_at", nullable=False),
)

picture_source = sa.Table(
    "picture_source",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),  # an address, a file, or a card's own
    sa.Column("made_for", sa.Text, primary_key=True),  # the limits of a network
    _text("digest"),
    _text("error"),
    _count("tries"),
    _at("again_at"),
)
