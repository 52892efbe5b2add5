"""People: who may do what, how they come in, and what they say to each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of people, and let an item know who proposed it."""
    op.add_column("item", sa.Column("added_by", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "person",
        _id(),
        _text("name"),
        sa.Column("login", sa.Text(), nullable=True),
        _text("language"),
        _text("password"),
        sa.Column("grants", sa.JSON(), nullable=False),
        sa.Column("approves_own", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("telegram", _number(), nullable=True),
        _at("created_at", nullable=False),
        _at("joined_at"),
        _at("seen_at"),
        _at("removed_at"),
        _at("erased_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
        sa.UniqueConstraint("telegram", name=op.f("uq_person_telegram")),
    )
    _make_keys()
    op.create_table(
        "remark",
        _id(),
        sa.Column("item", _number(), nullable=False),
        _text("who"),
        _at("at", nullable=False),
        _text("text"),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_remark_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    op.create_index("ix_remark_item", "remark", ["item", "id"])
    op.create_index("ix_remark_who", "remark", ["who"])
    op.create_table(
        "answer",
        sa.Column("token", _number(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        _text("request"),
        sa.Column("status", sa.Integer(), server_default="0", nullable=False),
        _text("body"),
        _at("at", nullable=False),
        sa.ForeignKeyConstraint(["token"], ["token.id"], name=op.f("fk_answer_token")),
        sa.PrimaryKeyConstraint("token", "key", name=op.f("pk_answer")),
    )


def _make_keys() -> None:
    """Make the tables of what opens a door: each row a digest that belongs to a person."""
    seen, until = _at("seen_at", nullable=False), _at("until", nullable=False)
    _of_person("session", _id(), _text("agent"), _at("created_at", nullable=False), seen, until)
    op.create_table(
        "device",
        sa.Column("digest", sa.Text(), nullable=False),
        _person(),
        _at("until", nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_device_person")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_device")),
    )
    op.create_index("ix_device_person", "device", ["person"])
    _of_person(
        "token",
        _id(),
        _text("name"),
        _text("scope"),
        _at("created_at", nullable=False),
        _at("expires_at", nullable=False),
        _at("seen_at"),
        _at("revoked_at"),
    )
    _of_person(
        "invitation",
        _id(),
        _text("made_by"),
        _at("created_at", nullable=False),
        _at("expires_at", nullable=False),
        _at("used_at"),
    )


def _of_person(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        *columns,
        _text("digest"),
        _person(),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f(f"fk_{name}_person")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("digest", name=op.f(f"uq_{name}_digest")),
    )
    op.create_index(f"ix_{name}_person", name, ["person"])


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[object]:
    return sa.Column("id", _number(), autoincrement=True, nullable=False)


def _person() -> sa.Column[object]:
    return sa.Column("person", _number(), nullable=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
