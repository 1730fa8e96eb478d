"""How far the audit log's lines have been told as JSON."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    """Add the column."""
    told = sa.Column("told", sa.Integer, nullable=False, server_default="0")
    op.add_column("audit_head", told)
