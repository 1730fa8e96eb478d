"""When a credential ends: how near that is, when to say so, and when to look again.

Two warnings, each at a share of its whole life, so that whoever renews it has time: a fifth before the end, and a
twentieth. A 30-day certificate is warned of 6 days and 36 hours before, one of 8 hours 96 and 24 minutes before,
a 10-hour ticket 2 hours and half an hour before. No warning comes earlier than two weeks before the end.
"""

from enum import IntEnum, auto
from typing import Final

from gateway.core.status import CredentialStatus

SOON_SHARE: Final = 1 / 5
NEAR_SHARE: Final = 1 / 20
SOON_AT_MOST_SECONDS: Final = 14 * 86_400.0
NEAR_AT_MOST_SECONDS: Final = 2 * 86_400.0
LOOK_SECONDS: Final = 60.0
"""How old what we know of a file may be."""
LOOKS_IN_WHAT_IS_LEFT: Final = 10

_UNITS: Final = ((172_800, 86_400, "days"), (7_200, 3_600, "h"), (120, 60, "min"), (0, 1, "s"))


class Stage(IntEnum):
    """How near the end is."""

    FINE = auto()
    SOON = auto()
    NEAR = auto()
    OVER = auto()


def thresholds(lifetime_seconds: float | None) -> tuple[float, float]:
    """Return how long before the end to warn first, and again; None is a life of unknown length."""
    if lifetime_seconds is None:
        return SOON_AT_MOST_SECONDS, NEAR_AT_MOST_SECONDS
    return (
        min(lifetime_seconds * SOON_SHARE, SOON_AT_MOST_SECONDS),
        min(lifetime_seconds * NEAR_SHARE, NEAR_AT_MOST_SECONDS),
    )


def stage(credential: CredentialStatus, now: float) -> Stage:
    """Say how near the end of ``credential`` is."""
    if credential.expires_at is None:
        return Stage.FINE
    starts, left = credential.starts_at, credential.expires_at - now
    soon, near = thresholds(None if starts is None else credential.expires_at - starts)
    if left <= 0:
        return Stage.OVER
    return Stage.NEAR if left <= near else Stage.SOON if left <= soon else Stage.FINE


def wait_before_looking(credential: CredentialStatus, now: float) -> float | None:
    """Return the seconds until it is to be looked at again; None where nothing can change by time alone."""
    if credential.expires_at is None:
        return None
    left = credential.expires_at - now
    return min(max(left / LOOKS_IN_WHAT_IS_LEFT, 1.0), LOOK_SECONDS) if left > 0 else LOOK_SECONDS


def told(credential: CredentialStatus, now: float) -> str:
    """Return what it is and when it ends: ``certificate alice, ends in 3 h``."""
    end = ending(credential, now)
    return f"{credential.kind} {credential.name}{', ' if end else ''}{end}"


def ending(credential: CredentialStatus, now: float) -> str:
    """Return when it ends, in words: ``ends in 3 h``, ``ended 2 days ago``; empty if it never does."""
    if credential.expires_at is None:
        return ""
    left = credential.expires_at - now
    return f"ends in {_span(left)}" if left > 0 else f"ended {_span(-left)} ago"


def _span(seconds: float) -> str:
    _, size, unit = next(each for each in _UNITS if seconds >= each[0])
    return f"{int(seconds // size)} {unit}"
