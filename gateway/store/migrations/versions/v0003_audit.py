"""The audit log, and the two ends of it."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

from gateway.core.audit import FIRST_DIGEST

revision: Final = "0003"
down_revision: Final = "0002"

TIME: Final[sa.types.TypeEngine[float]] = sa.Double().with_variant(REAL(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", TIME, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_notebook", "audit", ["notebook"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("pruned_number", sa.Integer, nullable=False),
        sa.Column("pruned_digest", sa.Text, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_audit_head_single"),
        sqlite_strict=True,
    )
    start = {"number": 0, "digest": FIRST_DIGEST, "pruned_number": 0, "pruned_digest": FIRST_DIGEST}
    op.bulk_insert(head, [{"id": 1, **start}])


_TEXTS: Final = ("act", "actor", "notebook", "subject", "address", "detail", "digest")
