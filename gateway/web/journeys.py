"""Browsers on their way to the provider and back; each comes back once, in time, and as the browser that left.

What a browser may bring back is only the state: all else about the journey is kept here. A restart forgets all
journeys, and their browsers are asked to begin again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Final

from gateway.core.identity import CredentialId
from gateway.core.provider_answer import Asked
from gateway.core.throttle import Pace, Throttle, address_key
from gateway.errors import CredentialRefused, CredentialThrottled

LIFETIME_SECONDS: Final = 900.0
"""Time to find one's second factor."""
MOST_JOURNEYS: Final = 10_000
"""Beyond, the oldest is void: a flood takes a bounded amount of memory."""
MOST_FROM_ADDRESS: Final = 300
"""Beyond, the oldest from there is void: who floods us voids journeys of their own first."""
PACE: Final = Pace(free=20, longest_seconds=30.0)
"""What one address may bring back that comes to nothing; as kind as for passwords."""


class Purpose(StrEnum):
    """What somebody went to the provider for."""

    LOG_IN = auto()
    LINK = auto()
    INVITE = auto()
    LOG_OUT = auto()


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody goes to the provider for, and what it needs to be finished."""

    purpose: Purpose
    wanted: str = "/"
    """Where to go afterwards."""
    session: CredentialId | None = None
    """Whose session it was begun in, where something is to be linked."""
    invite: str = field(default="", repr=False)
    """The secret of the invite that is to be taken."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A browser's way to the provider and back."""

    asked: Asked
    errand: Errand


@dataclass(frozen=True, slots=True)
class _Kept:
    journey: Journey
    proof: str
    address: str
    expires_at: float


class Journeys:
    """The journeys that are under way."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}  # oldest first
        self._throttle = Throttle(PACE)

    def begin(self, errand: Errand, browser: str, redirect_uri: str, *, address: str) -> Asked:
        """Return what a new journey begins with; ``browser`` is the secret in the browser's cookie."""
        asked = Asked(token_urlsafe(32), token_urlsafe(32), token_urlsafe(48), redirect_uri)
        key = address_key(address)
        self._make_room(key)
        expires_at = self._clock() + LIFETIME_SECONDS
        kept = _Kept(Journey(asked, errand), _proof(browser), key, expires_at)
        self._kept[asked.state] = kept
        return asked

    def end(self, state: str, browser: str) -> Journey:
        """Return the journey that comes back with ``state``, which is then over; or raise CredentialRefused."""
        kept = self._kept.get(state)
        if kept is None or kept.expires_at <= self._clock():
            raise CredentialRefused("nobody is expected back with this state")
        if not compare_digest(kept.proof, _proof(browser)):
            raise CredentialRefused("this state is of another browser")  # which may still come back
        del self._kept[state]
        return kept.journey

    def admit(self, address: str) -> None:
        """Count a return from an address, or raise CredentialThrottled."""
        now, key = self._clock(), address_key(address)
        if (seconds := self._throttle.wait(key, now)) > 0:
            raise CredentialThrottled(seconds)
        self._throttle.begin(key, now)

    def succeeded(self, address: str) -> None:
        """Take a return back that came to something."""
        self._throttle.give_back(address_key(address))

    def _make_room(self, address: str) -> None:
        now = self._clock()
        self._kept = {key: kept for key, kept in self._kept.items() if kept.expires_at > now}
        theirs = [key for key, kept in self._kept.items() if kept.address == address]
        if len(theirs) >= MOST_FROM_ADDRESS:
            del self._kept[theirs[0]]
        elif len(self._kept) >= MOST_JOURNEYS:
            del self._kept[next(iter(self._kept))]


def new_browser() -> str:
    """Return a secret that tells a browser from all others."""
    return token_urlsafe(32)


def _proof(browser: str) -> str:
    return sha256(browser.encode()).hexdigest()
