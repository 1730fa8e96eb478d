"""The tables, as they are in the newest schema; the migrations lead there."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.types import TypeEngine

TIME: Final[TypeEngine[float]] = Double().with_variant(REAL(), "sqlite")
"""Seconds since the epoch."""
COUNT: Final[TypeEngine[int]] = BigInteger().with_variant(Integer(), "sqlite")
"""Passkeys count in 32 bits without a sign."""

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

accounts: Final = Table(
    "accounts",
    metadata,
    Column("member", Text, primary_key=True),
    Column("password", Text),  # argon2's own encoding; null until the invite is taken
    Column("disabled_at", TIME),
    Column("last_login_at", TIME),
    sqlite_strict=True,
)

invites: Final = Table(
    "invites",
    metadata,
    Column("member", Text, primary_key=True),  # a new invite replaces the old one
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("expires_at", TIME, nullable=False),
    sqlite_strict=True,
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("member", Text, nullable=False),
    Column("parent", Text, ForeignKey("sessions.id", ondelete="CASCADE")),
    Column("audience", Text),
    Column("address", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("used_at", TIME, nullable=False),
    Column("means", Text),
    Index(None, "parent"),
    sqlite_strict=True,
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("member", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME),
    Column("used_at", TIME),
    sqlite_strict=True,
)

passkeys: Final = Table(
    "passkeys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("member", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", COUNT, nullable=False),
    Column("handle", LargeBinary, nullable=False),  # the same for all of a member's
    Column("created_at", TIME, nullable=False),
    Column("used_at", TIME),
    Index(None, "member"),
    sqlite_strict=True,
)

second_factors: Final = Table(
    "second_factors",
    metadata,
    Column("member", Text, primary_key=True),  # wants to be asked for a passkey beside the password
    sqlite_strict=True,
)

pins: Final = Table(
    "pins",
    metadata,
    Column("remote", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("pinned_at", TIME, nullable=False),
    sqlite_strict=True,
)

share_links: Final = Table(
    "share_links",
    metadata,
    Column("id", Text, primary_key=True),
    Column("notebook", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    sqlite_strict=True,
)

shares: Final = Table(
    "shares",
    metadata,
    Column("id", Text, primary_key=True),
    Column("notebook", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("member", Text),
    Column("grouped", Text),  # a group's name; "group" is a word of SQL
    Column("link", Text, ForeignKey("share_links.id", ondelete="CASCADE")),
    CheckConstraint("(member IS NULL) <> (grouped IS NULL)", name="one_grantee"),
    Index(None, "link"),
    sqlite_strict=True,
)

asks: Final = Table(
    "asks",
    metadata,
    Column("notebook", Text, primary_key=True),
    Column("member", Text, primary_key=True),
    Column("asked_at", TIME, nullable=False),
    sqlite_strict=True,
)

askable: Final = Table(
    "askable",
    metadata,
    Column("notebook", Text, primary_key=True),  # its owner lets members ask for a share
    sqlite_strict=True,
)

provider_links: Final = Table(
    "provider_links",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("member", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("claimed", Text, nullable=False),  # groups, as JSON; "groups" is a word of SQL
    Column("full_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("linked_at", TIME, nullable=False),
    Column("seen_at", TIME, nullable=False),
    sqlite_strict=True,
)
"""Who at the identity provider is which member."""

provider_sessions: Final = Table(
    "provider_sessions",
    metadata,
    Column("session", Text, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sid", Text),
    Column("id_token", Text, nullable=False),
    Index(None, "subject"),
    sqlite_strict=True,
)
"""What the identity provider said of a session that came from it."""

audit: Final = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", TIME, nullable=False),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("notebook", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index(None, "notebook"),
    sqlite_strict=True,
)

audit_head: Final = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("pruned_number", Integer, nullable=False),
    Column("pruned_digest", Text, nullable=False),
    Column("told", Integer, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="single"),
    sqlite_strict=True,
)
"""One row: the audit log's last line, the last one pruned from its front, the last one told as JSON."""

changes: Final = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    CheckConstraint("id = 1", name="single"),
    sqlite_strict=True,
)
"""One row: how many changes there have been. Who knows the number knows if memory is up to date."""
