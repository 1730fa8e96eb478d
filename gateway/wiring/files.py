"""File descriptors: as many as the connections need that the gateway lets in."""

import logging
import resource
from typing import Final

from gateway.core.inventory import Limits

log = logging.getLogger(__name__)

SPARE: Final = 512
"""For what is not a member's connection: tunnels, the database, the way to the control plane."""


def make_room(limits: Limits) -> None:
    """Raise this process's own limit as far as it is needed and allowed; say so if that is too little."""
    wanted = limits.connections + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    raised = wanted if unlimited else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    if raised < wanted:
        log.warning(
            "only %d files may be open, and %d connections need %d: raise the limit (ulimit -n,"
            " LimitNOFILE=) or lower server.limits.connections",
            raised, limits.connections, wanted,
        )  # fmt: skip
