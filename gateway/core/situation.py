"""What is known when something fails: whom it concerns, and what was seen on the way."""

from dataclasses import dataclass

from gateway.core.inventory import Notebook, Remote
from gateway.core.names import LoginName


@dataclass(frozen=True, slots=True)
class Seen:
    """What a dial saw of a remote; empty is not seen."""

    address: str = ""
    """Where the connection was made to."""
    version: str = ""
    """What the server calls itself."""
    host_key: str = ""
    """The fingerprint of the key that it showed."""
    host_key_kind: str = ""
    known_keys: tuple[str, ...] = ()
    """What is known of it instead, where it has changed: kinds and fingerprints."""
    shown_keys: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    """The ways to log in that it offers."""
    keys: tuple[str, ...] = ()
    """The fingerprints of the keys that were offered to it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A notebook, and the remote and login at which something fails."""

    notebook: Notebook
    remote: Remote
    login: LoginName
    detail: str = ""
    """What the gateway itself says of it."""
    seen: Seen = Seen()
