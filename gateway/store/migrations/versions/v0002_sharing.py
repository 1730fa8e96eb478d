"""Shares, links that give them, and wishes for them."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

revision: Final = "0002"
down_revision: Final = "0001"

TIME: Final[sa.types.TypeEngine[float]] = sa.Double().with_variant(REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "share_links",
        *_what_is_given(),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sqlite_strict=True,
    )
    op.create_table(
        "shares",
        *_what_is_given(),
        sa.Column("member", sa.Text),
        sa.Column("grouped", sa.Text),
        sa.Column("link", sa.Text, sa.ForeignKey("share_links.id", ondelete="CASCADE")),
        sa.CheckConstraint("(member IS NULL) <> (grouped IS NULL)", name="ck_shares_one_grantee"),
        sqlite_strict=True,
    )
    op.create_index("ix_shares_link", "shares", ["link"])
    op.create_table(
        "asks",
        sa.Column("notebook", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, primary_key=True),
        sa.Column("asked_at", TIME, nullable=False),
        sqlite_strict=True,
    )
    op.create_table("askable", sa.Column("notebook", sa.Text, primary_key=True), sqlite_strict=True)


def _what_is_given() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("notebook", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
    ]
