"""The room that is left for connections: as many file descriptors as there are, but for a reserve.

Who takes the last descriptor leaves none for a tunnel, the database or the next client, and the kernel's
answer to all of them is silence. So new connections stop short of that, and what is left in reserve serves to say so.
The kernel gives out the lowest number that is free: a high one means that nearly all below are taken.
"""

import logging
import resource
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

log = logging.getLogger(__name__)

RESERVE: Final = 64
SHARE: Final = 4
"""Of few descriptors a quarter is reserve enough."""
QUIET_SECONDS: Final = 60.0
"""At least so long between two lines of the log, while connections come and go at the edge."""


class Place(Enum):
    """What there is for a connection that has just come."""

    FREE = auto()
    NONE = auto()  # it can be told so
    LAST = auto()  # so many are being told that this one must leave at once


class Room:
    """Knows by its descriptor whether a connection may stay."""

    def __init__(self, clock: Callable[[], float], limit: Callable[[], int] | None = None) -> None:
        self._clock = clock
        self._limit = limit or _limit
        self._told_at: float | None = None

    def for_descriptor(self, number: int) -> Place:
        """Return what there is for a connection with this descriptor."""
        limit = self._limit()
        reserve = min(RESERVE, limit // SHARE)
        if number < limit - reserve:
            return Place.FREE
        self._tell(limit)
        return Place.NONE if number < limit - reserve // 2 else Place.LAST

    def _tell(self, limit: int) -> None:
        now = self._clock()
        if self._told_at is None or now - self._told_at >= QUIET_SECONDS:
            self._told_at = now
            log.warning(
                "new connections are told 503: nearly all of the %d files that may be open are; raise the limit"
                " (ulimit -n, LimitNOFILE=) or lower server.limits.connections",
                limit,
            )


def _limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft
