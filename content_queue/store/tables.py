"""Every table. Neutral: the same on SQLite and PostgreSQL.

Times are stored in UTC, money in millionths of a US dollar. States come from ``lifecycle`` as text.
"""

from __future__ import annotations

import sqlalchemy as sa

from content_queue.lifecycle import ON_THE_WIRE
from content_queue.store import chat_tables, columns, picture_tables, source_tables

picture, picture_source = picture_tables.picture, picture_tables.picture_source
WIRE = sa.text(f"state IN ({', '.join(repr(state.value) for state in ON_THE_WIRE)})")
PARTIAL = {"uq_post_round": sa.text("holds_round"), "uq_post_wire": WIRE}
"""Where an index holds on PostgreSQL. Said in the index itself it loads that dialect everywhere, 2 MB."""
Moment, Number, metadata = columns.Moment, columns.Number, columns.metadata
_at, _count, _flag, _id, _text = columns.at, columns.count, columns.flag, columns.identity, columns.text

source, entry, subscription = source_tables.source, source_tables.entry, source_tables.subscription
flood, proposal = source_tables.flood, source_tables.proposal
completion = source_tables.completion
link_code, handle, chat_update = chat_tables.link_code, chat_tables.handle, chat_tables.chat_update

item = sa.Table(
    "item",
    metadata,
    _id(),
    _text("kind"),
    _text("state"),
    _text("source"),
    _text("partner"),
    sa.Column("topics", sa.JSON, nullable=False, default=list),
    _count("revision", 1),
    _count("rounds", 1),
    _flag("evergreen"),
    _flag("by_rule"),  # every word comes from a source's own entry; no person has touched it
    _text("added_by"),  # the person who proposed it, as the history names people; "" from a source
    sa.Column("only_channels", sa.JSON, nullable=False, default=list),
    _at("published_at"),
    _at("created_at", nullable=False),
    _at("judged_at"),
    _at("not_before"),
    _at("pinned_at"),
    _at("expires_at"),
    sa.Column("review_by", sa.Date, nullable=True),
    sa.Column("confirmed", sa.Date, nullable=True),
    sa.Column("merged_into", Number, nullable=True),
    sa.Index("ix_item_state", "state", "id"),
    sa.Index("ix_item_kind", "state", "kind", "id"),
    sa.Index("ix_item_source", "source"),
    sa.Index("ix_item_expires", "state", "expires_at"),
    sa.Index("ix_item_review", "state", "review_by"),
)

version = sa.Table(
    "version",
    metadata,
    sa.Column("item", Number, sa.ForeignKey("item.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    _count("position"),
    _text("title"),
    _text("summary"),
    _text("url"),
    _text("image"),
    _text("alt"),
    _text("credit"),
    sa.Column("wordings", sa.JSON, nullable=False, default=list),
    _text("figure"),
    _text("label"),
)

message = sa.Table(
    "message",
    metadata,
    _id(),
    sa.Column("item", Number, sa.ForeignKey("item.id"), nullable=False),
    _count("revision"),
    _text("channel"),
    _text("variant"),
    _text("network"),
    _text("language"),
    _text("text"),
    _text("link"),
    _text("title"),
    _text("summary"),  # with the title, the words of the link's card
    sa.Column("pictures", sa.JSON, nullable=False, default=list),
    _text("digest"),
    _text("style"),
    _count("length"),
    _count("limit"),
    _count("cost"),
    _flag("unfetched"),  # a picture of it has not been made yet: it does not leave
    sa.UniqueConstraint("item", "revision", "channel", "variant"),
    sa.Index("ix_message_unfetched", "unfetched", "id"),
)

post = sa.Table(
    "post",
    metadata,
    _id(),
    sa.Column("item", Number, sa.ForeignKey("item.id"), nullable=False),
    _count("revision"),
    _text("channel"),
    _text("network"),
    _count("round", 1),
    _text("state"),
    _flag("holds_round"),
    _flag("pinned"),
    _flag("urgent"),  # a person asked for now: gap and daily limit do not apply
    _count("passes"),  # the last hold on everything that it passes: an announcement during a pause
    sa.Column("message", Number, sa.ForeignKey("message.id"), nullable=False),
    _at("due_at", nullable=False),
    _at("not_before", nullable=False),
    _at("late_at"),
    sa.Column("reason", sa.JSON, nullable=False),
    _text("key"),
    _count("fence"),
    _text("owner"),
    _at("lease_until"),
    _count("lease_losses"),
    sa.Column("frozen", sa.LargeBinary, nullable=False, default=b""),
    _text("frozen_digest"),
    sa.Column("progress", sa.JSON, nullable=False, default=dict),
    _count("requests"),  # create requests under the current key
    _count("attempts"),  # create requests in all
    _count("unproven"),  # of these, the ones that nothing proved absent
    _at("first_sent_at"),
    _at("out_at"),  # since when a request is out that nothing proved absent
    _count("looks"),
    _at("look_at"),
    _count("cost"),
    _at("published_at"),
    _text("remote_id"),
    _text("remote_url"),
    _text("error"),
    _at("created_at", nullable=False),
    sa.Index(
        "uq_post_round",
        "item",
        "channel",
        "round",
        unique=True,
        sqlite_where=sa.text("holds_round = 1"),
    ),
    sa.Index(  # the database itself holds it: one post on the wire of a channel, over all workers
        "uq_post_wire",
        "channel",
        unique=True,
        sqlite_where=WIRE,
    ),
    sa.Index("ix_post_due", "channel", "state", "urgent", "due_at"),
    sa.Index("ix_post_state", "state", "due_at"),
    sa.Index("ix_post_out", "channel", "out_at", "cost"),
    sa.Index("ix_post_item", "item"),
)

attempt = sa.Table(
    "attempt",
    metadata,
    _id(),
    sa.Column("post", Number, sa.ForeignKey("post.id"), nullable=False),
    _count("fence"),
    _text("key"),
    _at("at", nullable=False),
    _text("step"),  # "intent", "create" or "look"
    _text("outcome"),
    _text("remote_id"),
    _text("remote_url"),
    _text("note"),
    sa.Index("ix_attempt_post", "post"),
    sa.Index("ix_attempt_key", "key"),
)

hold = sa.Table(
    "hold",
    metadata,
    _id(),
    _text("scope"),
    _text("target"),
    _text("reason"),
    _text("who"),
    _at("since", nullable=False),
    _at("until"),
    _at("lifted_at"),
    _text("lifted_by"),
    sa.Index("ix_hold_lifted_at", "lifted_at"),
)

history = sa.Table(
    "history",
    metadata,
    _id(),
    _at("at", nullable=False),
    _text("who"),
    _text("what"),
    sa.Column("why", sa.JSON, nullable=False),
    sa.Column("item", Number, nullable=True),
    sa.Column("post", Number, nullable=True),
    sa.Index("ix_history_item", "item", "id"),
    sa.Index("ix_history_post", "post", "id"),
)

person = sa.Table(
    "person",
    metadata,
    _id(),
    _text("name"),  # the one place where a name stands: erasing empties it
    sa.Column("login", sa.Text, nullable=True, unique=True),
    _text("language"),
    _text("password"),  # argon2id, with its salt and costs
    sa.Column("grants", sa.JSON, nullable=False, default=list),
    sa.Column("approves_own", sa.Boolean, nullable=False, default=True, server_default=sa.true()),
    sa.Column("telegram", Number, nullable=True, unique=True),  # the numeric id of a linked account
    _at("created_at", nullable=False),
    _at("joined_at"),
    _at("seen_at"),
    _at("removed_at"),
    _at("erased_at"),
)

session = sa.Table(
    "session",
    metadata,
    _id(),
    _text("digest"),  # of the cookie's value, which is kept nowhere
    sa.Column("person", Number, sa.ForeignKey("person.id"), nullable=False),
    _text("agent"),
    _at("created_at", nullable=False),
    _at("seen_at", nullable=False),
    _at("until", nullable=False),
    sa.UniqueConstraint("digest"),
    sa.Index("ix_session_person", "person"),
)

device = sa.Table(
    "device",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),  # a browser that has signed in before
    sa.Column("person", Number, sa.ForeignKey("person.id"), nullable=False),
    _at("until", nullable=False),
    sa.Index("ix_device_person", "person"),
)

token = sa.Table(
    "token",
    metadata,
    _id(),
    _text("digest"),
    sa.Column("person", Number, sa.ForeignKey("person.id"), nullable=False),
    _text("name"),
    _text("scope"),
    _at("created_at", nullable=False),
    _at("expires_at", nullable=False),
    _at("seen_at"),
    _at("revoked_at"),
    sa.UniqueConstraint("digest"),
    sa.Index("ix_token_person", "person"),
)

invitation = sa.Table(
    "invitation",
    metadata,
    _id(),
    _text("digest"),
    sa.Column("person", Number, sa.ForeignKey("person.id"), nullable=False),
    _text("made_by"),
    _at("created_at", nullable=False),
    _at("expires_at", nullable=False),
    _at("used_at"),
    sa.UniqueConstraint("digest"),
    sa.Index("ix_invitation_person", "person"),
)

remark = sa.Table(
    "remark",
    metadata,
    _id(),
    sa.Column("item", Number, sa.ForeignKey("item.id"), nullable=False),
    _text("who"),
    _at("at", nullable=False),
    _text("text"),  # between moderators: never published
    sa.Index("ix_remark_item", "item", "id"),
    sa.Index("ix_remark_who", "who"),
)

answer = sa.Table(
    "answer",  # what the API said to a key that a client may repeat
    metadata,
    sa.Column("token", Number, sa.ForeignKey("token.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    _text("request"),  # digest of what was asked
    _count("status"),
    _text("body"),
    _at("at", nullable=False),
)

channel = sa.Table(
    "channel",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _at("wait_until"),
    _count("troubles"),  # refusals to serve in a row, for our own back-off
    _text("trouble"),
    _at("trouble_since"),
    _text("account"),  # the same text on all channels of one account, "" for one alone
    _count("unknowns"),  # requests in a row whose outcome nobody can tell, for the circuit breaker
)

notice = sa.Table(
    "notice",
    metadata,
    _id(),
    _text("kind"),
    _text("about"),  # the post, channel or source that it is about, "" for everything
    sa.Column("what", sa.JSON, nullable=False),
    sa.Column("why", sa.JSON, nullable=False),
    _at("since", nullable=False),
    _at("noted_at", nullable=False),
    _at("told_at"),
    _at("ended_at"),
    sa.Column("told", sa.JSON, nullable=False, default=dict),  # teller -> how many times it has told
    _flag("closed"),  # nothing of it is left to tell
    sa.Index("ix_notice_closed", "closed", "kind", "about"),
    sa.Index("ix_notice_noted_at", "noted_at"),
)

sighting = sa.Table(
    "sighting",
    metadata,
    _id(),
    _text("channel"),
    _text("remote_id"),
    _text("remote_url"),
    _text("text"),
    _text("likeness"),  # its words as they are compared, see operations/sightings.py
    sa.Column("addresses", sa.JSON, nullable=False, default=list),
    _at("at", nullable=False),
    _at("seen_at", nullable=False),
    sa.Column("post", Number, sa.ForeignKey("post.id"), nullable=True),  # the post that it turned out to be
    sa.UniqueConstraint("channel", "remote_id"),
    sa.Index("ix_sighting_post", "channel", "post"),
)

charge = sa.Table(  # what a channel spent on acts that are no post's, by month
    "charge",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("month", Moment, primary_key=True),
    sa.Column("cost", Number, nullable=False),
)

lease = sa.Table(  # where several workers share the database; empty on SQLite
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # a worker's own name, or what one of them does for all
    _text("owner"),
    _text("holder"),  # a worker as people know it
    _at("until"),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _text("value"),
)
