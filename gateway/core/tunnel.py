"""The life of a tunnel: one kept SSH connection, as a table.

    dialing ──connected──> up ──lost──> dialing          (at once: a loss is seldom the remote's wish)
       │                    ├──fell──> waiting           (lost as soon as it was up: do not beat on it)
       │                    └──idled──> asleep ──woken──> dialing
       ├──failed────> waiting ──elapsed──> dialing
       └──rejected──> parked ───elapsed──> dialing

The table says where an event leads; the state says what the keeper does next. Nothing here waits,
dials or reads a clock. Stopping is no event: the keeper's task is cancelled. Only a tunnel that is up falls
asleep: one that can't be had goes on trying, so that its trouble is seen before somebody needs it.
"""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from gateway.core.status import TunnelState

YOUNG_SECONDS: Final = 3.0
"""A connection that ends before this age has not proved that the remote wants us."""


class TunnelEvent(StrEnum):
    """What can befall a tunnel."""

    CONNECTED = auto()
    FAILED = auto()  # no connection; another try may help
    REJECTED = auto()  # no connection; only a person can help
    LOST = auto()
    FELL = auto()  # lost while young
    ELAPSED = auto()
    IDLED = auto()  # up, and used by nobody for as long as its remote lets it
    WOKEN = auto()  # somebody wants what it leads to


TRANSITIONS: Final = {
    (TunnelState.DIALING, TunnelEvent.CONNECTED): TunnelState.UP,
    (TunnelState.DIALING, TunnelEvent.FAILED): TunnelState.WAITING,
    (TunnelState.DIALING, TunnelEvent.REJECTED): TunnelState.PARKED,
    (TunnelState.UP, TunnelEvent.LOST): TunnelState.DIALING,
    (TunnelState.UP, TunnelEvent.FELL): TunnelState.WAITING,
    (TunnelState.UP, TunnelEvent.IDLED): TunnelState.ASLEEP,
    (TunnelState.ASLEEP, TunnelEvent.WOKEN): TunnelState.DIALING,
    (TunnelState.WAITING, TunnelEvent.ELAPSED): TunnelState.DIALING,
    (TunnelState.PARKED, TunnelEvent.ELAPSED): TunnelState.DIALING,
}


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A tunnel's state, and how many tries in a row have come to nothing."""

    state: TunnelState = TunnelState.DIALING
    failures: int = 0

    def after(self, event: TunnelEvent) -> "Tunnel":
        """Return the tunnel as ``event`` leaves it; an impossible event is a bug."""
        state = TRANSITIONS[self.state, event]
        if event in {TunnelEvent.LOST, TunnelEvent.IDLED}:
            return Tunnel(state)
        return Tunnel(state, self.failures + (state in {TunnelState.WAITING, TunnelState.PARKED}))


def loss(age_seconds: float) -> TunnelEvent:
    """Say which event the end of a connection of this age is."""
    return TunnelEvent.FELL if age_seconds < YOUNG_SECONDS else TunnelEvent.LOST
