"""The tables of the moderators' chat: whose account is whose, what buttons do, what was heard."""

from __future__ import annotations

import sqlalchemy as sa

from content_queue.store import columns

_at, _count, _text = columns.at, columns.count, columns.text
Number, metadata = columns.Number, columns.metadata

link_code = sa.Table(
    "link_code",  # what makes a Telegram account a person's, once
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("person", Number, sa.ForeignKey("person.id"), nullable=False),
    _at("expires_at", nullable=False),
    _at("used_at"),
    sa.Index("ix_link_code_person", "person"),
)

handle = sa.Table(
    "handle",  # what stands behind a button of the moderators' chat, or behind a question to be answered
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    _text("action"),
    _text("about"),  # the item, post or hold that it acts on
    _text("detail"),
    _count("revision"),
    _text("shown"),  # digest of what the card showed
    sa.Column("chat", Number, nullable=False),
    sa.Column("message", Number, nullable=True),  # null until the message is sent
    _at("expires_at", nullable=False),
    _text("used_by"),
    sa.Index("ix_handle_message", "chat", "message"),
    sa.Index("ix_handle_expires_at", "expires_at"),
)

chat_update = sa.Table(
    "chat_update",  # what was heard in the chat, so that nothing is acted on twice
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=False),
    _at("at", nullable=False),
    sa.Index("ix_chat_update_at", "at"),
)
