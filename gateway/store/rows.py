"""What the store hands out: credentials, accounts and lists of them, as frozen values."""

from dataclasses import dataclass, field
from typing import Final

from gateway.core.identity import CredentialId, Identity, Means
from gateway.core.names import MemberName, NotebookName

DAY: Final = 24 * 3600.0
LONGEST_ADDRESS: Final = 64
LONGEST_DEVICE: Final = 200
LONGEST_LABEL: Final = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the only time that its secret is seen."""

    secret: str = field(repr=False)
    identity: Identity


@dataclass(frozen=True, slots=True)
class Arrival:
    """From where somebody logs in, and with what."""

    address: str
    device: str
    means: Means | None


@dataclass(frozen=True, slots=True)
class Account:
    """How a member stands with the store."""

    member: MemberName
    has_password: bool
    disabled: bool
    last_login_at: float | None
    """Seconds since the epoch, as all times here."""
    invited_until: float | None
    """When the invite that waits for them ends; None if none does."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One browser's log-in."""

    credential: CredentialId
    member: MemberName
    created_at: float
    expires_at: float
    used_at: float
    address: str = ""
    device: str = ""
    parent: CredentialId | None = None
    """The session that it was opened from, and dies with."""
    audience: NotebookName | None = None
    """The one notebook whose host it is good for; None is the main host."""
    means: Means | None = None
    """What it was logged in with; None where that was not noted yet."""


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """What the identity provider said of a session that came from it."""

    credential: CredentialId
    member: MemberName
    issuer: str
    subject: str
    sid: str | None
    """The provider's own session."""
    id_token: str = field(repr=False)
    """Tells the provider at log-out whom it is about."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One API credential."""

    credential: CredentialId
    member: MemberName
    label: str
    created_at: float
    expires_at: float | None
    """None: it does not end by itself."""
    used_at: float | None


def printable(text: str, limit: int) -> str:
    """Return what may be kept and shown of a text that a client sent: printable, and not long."""
    return "".join(c for c in text[:limit] if c.isprintable())
