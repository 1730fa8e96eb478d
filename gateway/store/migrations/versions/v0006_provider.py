"""Who at the identity provider is which member, and which sessions came from it."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

revision: Final = "0006"
down_revision: Final = "0005"

TIME: Final[sa.types.TypeEngine[float]] = sa.Double().with_variant(REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "provider_links",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, nullable=False, unique=True),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("claimed", sa.Text, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("linked_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sqlite_strict=True,
    )
    session = sa.ForeignKey("sessions.id", ondelete="CASCADE")
    op.create_table(
        "provider_sessions",
        sa.Column("session", sa.Text, session, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sid", sa.Text),
        sa.Column("id_token", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_provider_sessions_subject", "provider_sessions", ["subject"])
