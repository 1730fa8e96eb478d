"""The hops on the way from the gateway to a notebook, in their order, and which one a failure is of.

    name -> tcp -> ssh -> host key -> login -> channel -> listener -> tls -> http -> kind -> base url -> token

Pages name the hop that is down; ``gateway doctor`` walks them one after the other and stops at the first
that fails, since nothing behind it can be tried.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gateway.errors import Reason


class Hop(StrEnum):
    """A step on the way to a notebook; the value is what people are told."""

    GATEWAY = "the gateway itself"
    JUMP = "the remote on the way"
    NAME = "name resolution"
    TCP = "TCP connection"
    SSH = "SSH"
    HOST_KEY = "host key"
    LOGIN = "log-in"
    CHANNEL = "channel to the notebook"
    LISTENER = "who listens there"
    TLS = "TLS"
    HTTP = "HTTP"
    KIND = "what answers"
    BASE_URL = "base URL"
    TOKEN = "token"  # noqa: S105  a hop, no secret


HOPS: Final[Mapping[Reason, Hop]] = {
    Reason.STOPPING: Hop.GATEWAY,
    Reason.ASLEEP: Hop.GATEWAY,
    Reason.JUMP_DOWN: Hop.JUMP,
    Reason.NAME_NOT_FOUND: Hop.NAME,
    Reason.UNREACHABLE: Hop.TCP,
    Reason.TIMED_OUT: Hop.SSH,
    Reason.NOT_SSH: Hop.SSH,
    Reason.BUSY: Hop.SSH,
    Reason.LOST: Hop.SSH,
    Reason.SILENT: Hop.SSH,
    Reason.HOST_KEY_CHANGED: Hop.HOST_KEY,
    Reason.HOST_KEY_UNKNOWN: Hop.HOST_KEY,
    Reason.IDENTITY_UNUSABLE: Hop.LOGIN,
    Reason.CREDENTIAL_EXPIRED: Hop.LOGIN,
    Reason.KDC_UNREACHABLE: Hop.LOGIN,
    Reason.LOGIN_REFUSED: Hop.LOGIN,
    Reason.FORWARDING_REFUSED: Hop.CHANNEL,
    Reason.NOT_RUNNING: Hop.CHANNEL,
    Reason.FOREIGN_LISTENER: Hop.LISTENER,
    Reason.UNSURE_LISTENER: Hop.LISTENER,
    Reason.CERTIFICATE_REFUSED: Hop.TLS,
    Reason.SILENT_NOTEBOOK: Hop.HTTP,
    Reason.HUNG_UP: Hop.HTTP,
    Reason.NOT_HTTP: Hop.HTTP,
}


def hop_of(reason: Reason) -> Hop:
    """Return the hop at which something fails for this reason."""
    return HOPS[reason]
