"""What the proxy talks to at the far end of a channel, as the probe found it."""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final

from gateway.core.inventory import Scheme
from gateway.core.listener import Verdict
from gateway.core.names import NotebookName

OUTLAST_SILENCE: Final = "outlast_silence"
"""What a transport is asked for, as extra information, by whoever would rather wait than be cut off when the far
end falls silent: a callable, where that can be had."""


class Kind(StrEnum):
    """What a notebook turned out to be."""

    JUPYTER = auto()
    OTHER = auto()


class TokenOrigin(StrEnum):
    """Where the token in use was found, or why there is none."""

    RUNTIME_FILE = auto()  # Jupyter's own jpserver-PID.json, read over SFTP
    TOKEN_FILE = auto()  # the administrator's file
    PASSTHROUGH = auto()  # none to be had: Jupyter's own log-in page passes through
    NOT_NEEDED = auto()  # the configuration says none, or it is no Jupyter


@dataclass(frozen=True, slots=True)
class Upstream:
    """How to speak to a notebook: all that the door needs to know of it."""

    notebook: NotebookName
    authority: bytes
    """What goes into Host: ``localhost:7001``; a loopback-bound Jupyter refuses any other name."""
    scheme: Scheme
    """HTTP or HTTPS, never AUTO."""
    base_path: bytes = b"/"
    """Where it thinks it lives: ``/`` or ``/alice/``."""
    token: str | None = field(default=None, repr=False)
    token_origin: TokenOrigin = TokenOrigin.NOT_NEEDED
    kind: Kind = Kind.OTHER
    version: str | None = None
    listener: Verdict = Verdict.UNCHECKED
    """What is thought of whoever listens there."""

    def __str__(self) -> str:
        """Say in a line what was found; the token itself is never in it."""
        what = f"{self.kind} {self.version}" if self.version else str(self.kind)
        origin = self.token_origin.replace("_", " ")
        base_path = self.base_path.decode()
        return f"{what}, {self.scheme}, base URL {base_path}, token: {origin}, listener: {self.listener}"

    @property
    def origin(self) -> bytes:
        """Its own origin, as it expects to read it in Origin and Referer."""
        return self.scheme.value.encode() + b"://" + self.authority
