"""An outage, as members may know it: which hop is down, since when, and when to ask again.

Door, pages and their scripts tell the same. Names of hosts and accounts stay with the administrators.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from gateway.core.backoff import wait_before_probing
from gateway.core.hop import Hop, hop_of
from gateway.core.notebook_state import STATES
from gateway.core.sayings import because
from gateway.core.status import NotebookState, NotebookStatus
from gateway.errors import Reason

SOON_SECONDS: Final = 2
"""While something is under way that takes about so long: a dial, a probe."""
PATIENT_SECONDS: Final = 15
AGE_SHARE: Final = 20
"""After five minutes nobody needs to ask more often than every quarter of one."""
DIAL_SECONDS: Final = 1
"""A try must also succeed before asking again does."""
LONGEST_SECONDS: Final = 60

COMING_BACK: Final = frozenset({Reason.LOST, Reason.SILENT, Reason.UNREACHABLE, Reason.STOPPING})
"""What is seen of a tunnel that was there a moment ago."""

ADVICE: Final[Mapping[NotebookState, str]] = {
    NotebookState.READY: "It may be gone already; try again.",
    NotebookState.STARTING: "The gateway keeps trying by itself.",
    NotebookState.RECONNECTING: "The gateway keeps trying by itself; what runs in the notebook goes on running.",
    NotebookState.STOPPED: "Somebody has to start it there.",
    NotebookState.REFUSED: "Waiting alone won't mend this; tell your administrator.",
    NotebookState.UNKNOWN: "It may be busy; the gateway keeps asking.",
}


@dataclass(frozen=True, slots=True)
class Outage:
    """Why a notebook can't be used now."""

    state: NotebookState
    reason: Reason | None
    """None while the first try, or the first look, is under way."""
    since: float
    """Seconds since the epoch."""
    retry_after_seconds: int

    @property
    def hop(self) -> Hop | None:
        """The step on the way that is down, as far as is known."""
        return None if self.reason is None else hop_of(self.reason)

    @property
    def words(self) -> str:
        """Why, what becomes of it, and who has to do something about it."""
        return f"{because(self.reason)} {ADVICE[self.state]}".strip()


def outage_of(status: NotebookStatus, now: float, *, seen: Reason | None = None) -> Outage:
    """Return what to tell of a notebook that stands so.

    ``seen`` is what a request has just met; it counts where the prober does not know of it yet.
    """
    state, reason, since = status.state, status.reason, status.since
    if state is NotebookState.READY and seen is not None:
        state, reason, since = _state_by(seen), seen, now
    elif seen is Reason.STOPPING:
        reason = seen
    return Outage(state, reason, since, retry_after(status, now))


def retry_after(status: NotebookStatus, now: float) -> int:
    """Return the seconds after which asking again makes sense."""
    if status.state is NotebookState.READY:
        return SOON_SECONDS
    age = max(0.0, now - status.since)
    patience = ceil(min(max(SOON_SECONDS, age / AGE_SHARE), PATIENT_SECONDS))
    if status.retry_at is not None:
        next_try = max(ceil(status.retry_at - now), 0) + DIAL_SECONDS
        return min(max(next_try, patience), LONGEST_SECONDS)
    return ceil(wait_before_probing(status.state, 1.0, age_seconds=age) or patience)


def _state_by(seen: Reason) -> NotebookState:
    if seen in COMING_BACK:
        return NotebookState.RECONNECTING
    return STATES.get(seen, NotebookState.UNKNOWN)
