"""One terminal that asks to be logged in, from the question to the answer (RFC 8628).

    asked ──approved──> approved ──fetched──> gone
      └────refused────> refused ───told────> gone

A member decides once; the terminal fetches the outcome once. Time ends it in any state. Until it is decided the
terminal may ask no more often than its interval, which grows each time that it does (section 3.5).
"""

from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import Final

from gateway.core.names import MemberName

LIFETIME_SECONDS: Final = 600.0
INTERVAL_SECONDS: Final = 5.0
SLOWER_SECONDS: Final = 5.0
_JITTER_SECONDS: Final = 0.5
"""A terminal that waited as it was told may still seem this early: clocks and lines are not even."""


class State(StrEnum):
    """What has been decided."""

    ASKED = auto()
    APPROVED = auto()
    REFUSED = auto()


class Outcome(StrEnum):
    """What the terminal is told; the words are those of the RFC."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"
    GRANTED = auto()

    @property
    def final(self) -> bool:
        """Whether there is nothing more to ask about."""
        return self not in {Outcome.PENDING, Outcome.SLOW_DOWN}


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """A terminal that waits for its member."""

    user_code: str
    terminal: str
    """What it calls itself."""
    address: str
    asked_at: float
    """Seconds since the epoch, as all times here."""
    state: State = State.ASKED
    member: MemberName | None = None
    """Who approved it."""
    interval_seconds: float = INTERVAL_SECONDS
    polled_at: float | None = None

    @property
    def expires_at(self) -> float:
        """When it is over, whatever was decided."""
        return self.asked_at + LIFETIME_SECONDS

    def undecided(self, now: float) -> bool:
        """Say whether a member may still decide."""
        return self.state is State.ASKED and now < self.expires_at

    def approved(self, member: MemberName) -> "DeviceLogin":
        """Return it with the member's yes."""
        return replace(self, state=State.APPROVED, member=member)

    def refused(self) -> "DeviceLogin":
        """Return it with a member's no."""
        return replace(self, state=State.REFUSED)

    def polled(self, now: float) -> tuple["DeviceLogin", Outcome]:
        """Return what the terminal is told when it asks now, and the log-in as that leaves it."""
        if now >= self.expires_at:
            return self, Outcome.EXPIRED
        match self.state:
            case State.APPROVED:
                return self, Outcome.GRANTED
            case State.REFUSED:
                return self, Outcome.DENIED
            case State.ASKED:
                return self._waiting(now)

    def _waiting(self, now: float) -> tuple["DeviceLogin", Outcome]:
        early = (
            self.polled_at is not None
            and now - self.polled_at < self.interval_seconds - _JITTER_SECONDS
        )
        slower = self.interval_seconds + SLOWER_SECONDS if early else self.interval_seconds
        after = replace(self, polled_at=now, interval_seconds=slower)
        return after, Outcome.SLOW_DOWN if early else Outcome.PENDING
