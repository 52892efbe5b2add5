"""The tables of sources: how each fares, what became of its entries, and what waits for a person."""

from __future__ import annotations

import sqlalchemy as sa

from content_queue.store import columns

Number, metadata = columns.Number, columns.metadata
_at, _count, _flag, _id, _text = columns.at, columns.count, columns.flag, columns.identity, columns.text

source = sa.Table(
    "source",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _text("owner"),  # "file": the operator's TOML; "database": desk or command line
    _text("kind"),
    _text("url"),
    sa.Column("settings", sa.JSON, nullable=False, default=dict),
    _text("etag"),
    _text("last_modified"),
    _at("baseline_at"),
    _at("last_polled"),
    _at("last_good"),  # when it was last read without an error, changed or not
    _at("next_poll"),
    _count("last_new"),
    _count("failures"),
    _at("failing_since"),
    _text("error"),
    _flag("gone"),
    sa.Column("hints", sa.JSON, nullable=True),  # how often its last document asks to be read
    _at("wait_until"),  # its host asked not to be asked before
    _text("address"),  # where it is read since it moved for good; "" where its url still holds
    _text("moved_to"),  # where it says that it moved, and how often in a row it has said so, since when
    _count("moved_count"),
    _at("moved_since"),
    _at("last_item_at"),  # when it last brought something new
    sa.Column("shown", sa.JSON, nullable=True),  # the numbers of its last document's entries, in its order
    sa.Column("notes", sa.JSON, nullable=True),  # what reading its last document had to mend or leave out
    sa.Column("missing", sa.JSON, nullable=True),  # of a pack: what it showed before, and not the last time
    sa.Column("mistakes", sa.JSON, nullable=True),  # of a pack: the rows that people have to mend
    _text("looked"),  # what a reading looked for when its last document was read
    _text("hub"),  # who tells of its new entries, as its last document says, and under which topic
    _text("topic"),
)

subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),  # of the token in the address that the hub calls
    _text("source"),
    _text("hub"),
    _text("topic"),
    _text("home"),  # the address under which the hub calls, without the token
    _text("sealed"),  # the token and the secret that signs, for whoever has our key
    _flag("leaving"),  # the hub is to stop
    _at("ask_at"),  # when the hub is asked next
    _at("asked_at"),
    _count("tries"),  # how often it was asked since it last confirmed
    _at("until"),  # how long it will tell, as it confirmed; none before, and once it has refused
    _at("told_at"),  # it has told of something that nobody has looked at yet
    _at("heard_at"),  # when it last told
    _text("error"),
    sa.Index("ix_subscription_source", "source"),
    sa.Index("ix_subscription_ask_at", "ask_at"),
)

entry = sa.Table(
    "entry",
    metadata,
    _id(),
    _text("source"),
    _text("key"),
    _text("address"),
    _text("fingerprint"),
    _text("words"),  # digest of its words, to notice a change upstream
    sa.Column("terms", sa.JSON(none_as_null=True), nullable=True),  # what a pack says beside its words
    _text("form"),  # of a video: a short, a live stream, not seen yet, a premiere
    _text("title"),
    sa.Column("verdict", sa.JSON, nullable=False),
    sa.Column("item", Number, sa.ForeignKey("item.id"), nullable=True),
    _at("first_seen", nullable=False),
    _at("last_seen", nullable=False),
    sa.UniqueConstraint("source", "key"),
    sa.Index("ix_entry_address", "address"),
    sa.Index("ix_entry_fingerprint", "fingerprint", "source"),
    sa.Index("ix_entry_item", "item"),
)

completion = sa.Table(
    "completion",  # items whose own page was asked for what their feed does not tell
    metadata,
    sa.Column("item", Number, sa.ForeignKey("item.id"), primary_key=True, autoincrement=False),
    _count("tries"),
    _at("again_at"),  # when the page is asked again, where it could not be read
    _text("words"),  # digest of the words that came of it, "" where nothing was added
    sa.Index("ix_completion_again_at", "again_at"),
)

flood = sa.Table(
    "flood",
    metadata,
    sa.Column("entry", Number, sa.ForeignKey("entry.id"), primary_key=True, autoincrement=False),
    sa.Column("item", sa.JSON, nullable=False),  # what it would have become, kept until a person decides
)

proposal = sa.Table(
    "proposal",
    metadata,
    _id(),
    sa.Column("item", Number, sa.ForeignKey("item.id"), nullable=False),
    _text("source"),
    _text("what"),  # "changed" or "withdrawn" at the source
    sa.Column("versions", sa.JSON, nullable=False, default=list),  # the words that the source has now
    sa.Column("terms", sa.JSON(none_as_null=True), nullable=True),  # of a pack: its days and topics now
    _at("made_at", nullable=False),
    _at("answered_at"),
    _text("answer"),
    _text("who"),
    sa.Index("ix_proposal_item", "item", "answered_at"),
    sa.Index("ix_proposal_answered", "answered_at", "id"),
)
