"""Accounts, invites, sessions, tokens and pins."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

revision: Final = "0001"
down_revision: Final = None

TIME: Final[sa.types.TypeEngine[float]] = sa.Double().with_variant(REAL(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _make_people()
    _make_credentials()
    op.create_table(
        "pins",
        sa.Column("remote", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("pinned_at", TIME, nullable=False),
        sqlite_strict=True,
    )
    changes = op.create_table(
        "changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
        sqlite_strict=True,
    )
    op.bulk_insert(changes, [{"id": 1, "number": 0}])


def _make_people() -> None:
    op.create_table(
        "accounts",
        sa.Column("member", sa.Text, primary_key=True),
        sa.Column("password", sa.Text),
        sa.Column("disabled_at", TIME),
        sa.Column("last_login_at", TIME),
        sqlite_strict=True,
    )
    op.create_table(
        "invites",
        sa.Column("member", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("expires_at", TIME, nullable=False),
        sqlite_strict=True,
    )


def _make_credentials() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("parent", sa.Text, sa.ForeignKey("sessions.id", ondelete="CASCADE")),
        sa.Column("audience", sa.Text),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_sessions_parent", "sessions", ["parent"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("used_at", TIME),
        sqlite_strict=True,
    )
