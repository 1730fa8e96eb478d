"""How a tunnel and a notebook stand, in the words that pages, API, log and tests share."""

from dataclasses import dataclass
from enum import StrEnum, auto

from gateway.core.names import NotebookName, TunnelId
from gateway.core.upstream import Upstream
from gateway.errors import Reason


class TunnelState(StrEnum):
    """Where a tunnel stands, and so what its keeper is doing."""

    DIALING = auto()
    UP = auto()
    WAITING = auto()  # until the next try, which comes by itself
    PARKED = auto()  # rejected: a person must help; looks again once a minute at most
    ASLEEP = auto()  # closed, since nobody used it; whoever wants a notebook wakes it


class NotebookState(StrEnum):
    """Where a notebook stands, as members see it."""

    READY = auto()
    STARTING = auto()  # the gateway has not got there yet
    RECONNECTING = auto()  # it was there, and will be again by itself
    STOPPED = auto()  # the remote is there; nothing listens at the port
    REFUSED = auto()  # a person must help: log-in, host key, forwarding, certificate
    UNKNOWN = auto()  # something is there and does not answer as it should


@dataclass(frozen=True, slots=True)
class CredentialStatus:
    """What a tunnel proves its login with, for administrators."""

    kind: str
    """In words: ``certificate``."""
    name: str
    """A key's fingerprint, a certificate's identity, a ticket's principal."""
    starts_at: float | None = None
    """Seconds since the epoch; None is unknown."""
    expires_at: float | None = None
    """Seconds since the epoch; None is never."""


@dataclass(frozen=True, slots=True)
class Degraded:
    """Why a tunnel that is up could not be dialled again, were it lost now."""

    since: float
    """Seconds since the epoch."""
    reason: Reason
    detail: str
    """A sentence for the administrator."""


@dataclass(frozen=True, slots=True)
class TunnelStatus:
    """How a tunnel stands."""

    id: TunnelId
    state: TunnelState
    since: float
    """Seconds since the epoch."""
    reason: Reason | None = None
    detail: str = ""
    """A sentence for the administrator; empty when all is well."""
    credential: CredentialStatus | None = None
    """None until somebody has looked."""
    retry_at: float | None = None
    """When the next try comes, in seconds since the epoch; set while it is waited for."""
    degraded: Degraded | None = None
    """Set while it is up, and is known to be the last of its kind."""


@dataclass(frozen=True, slots=True)
class NotebookStatus:
    """How a notebook stands."""

    name: NotebookName
    state: NotebookState
    since: float
    """Seconds since the epoch."""
    reason: Reason | None = None
    detail: str = ""
    upstream: Upstream | None = None
    """How to speak to it; set whenever it is READY."""
    retry_at: float | None = None
    """When its tunnel is tried again, in seconds since the epoch; set while that is waited for."""
