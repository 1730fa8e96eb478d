"""Passkeys, who wants one asked for beside the password, and what each session was logged in with."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

revision: Final = "0005"
down_revision: Final = "0004"

TIME: Final[sa.types.TypeEngine[float]] = sa.Double().with_variant(REAL(), "sqlite")
COUNT: Final[sa.types.TypeEngine[int]] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and add the column."""
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", COUNT, nullable=False),
        sa.Column("handle", sa.LargeBinary, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sqlite_strict=True,
    )
    op.create_index("ix_passkeys_member", "passkeys", ["member"])
    op.create_table(
        "second_factors", sa.Column("member", sa.Text, primary_key=True), sqlite_strict=True
    )
    op.add_column("sessions", sa.Column("means", sa.Text))
