"""Who is asking: a member, and the session or token that says so."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import NewType

from gateway.core.names import MemberName, NotebookName

CredentialId = NewType("CredentialId", str)
"""Names a session or a token in logs and lists; the secret can't be had from it."""


class CredentialKind(StrEnum):
    """How somebody proved who they are."""

    SESSION = auto()
    TOKEN = auto()


class Means(StrEnum):
    """What a session was logged in with; each reads as it is shown."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    PASSKEY = "passkey"
    BOTH = "password and passkey"
    INVITE = "invite"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Identity:
    """A member, as one live credential vouches for them."""

    member: MemberName
    credential: CredentialId
    kind: CredentialKind
    expires_at: float
    """Seconds since the epoch."""
    audience: NotebookName | None = None
    """The one notebook's host that a session of host routing is good for; None is the main host."""
