"""What pages say: the states of tunnels and notebooks and the times, in plain words for members."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from gateway.core.status import NotebookState, TunnelState

SUMMARIES: Final[Mapping[NotebookState, str]] = {
    NotebookState.READY: "Ready",
    NotebookState.STARTING: "Connecting",
    NotebookState.RECONNECTING: "Reconnecting",
    NotebookState.STOPPED: "Not running",
    NotebookState.REFUSED: "Needs help",
    NotebookState.UNKNOWN: "Not answering",
}

ASLEEP: Final = "Asleep"
"""Instead of the state's summary, for a notebook whose tunnel sleeps."""

TUNNEL_SUMMARIES: Final[Mapping[TunnelState, str]] = {
    TunnelState.DIALING: "Connecting",
    TunnelState.UP: "Up",
    TunnelState.WAITING: "Trying again soon",
    TunnelState.PARKED: "Needs help",
    TunnelState.ASLEEP: ASLEEP,
}

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_WHOLE: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def summary(state: NotebookState) -> str:
    """Return the state in a word or two."""
    return SUMMARIES[state]


def duration(seconds: float) -> str:
    """Return a time span in its largest unit: ``4 s``, ``3 min``, ``2 h``."""
    whole = max(0, int(seconds))
    size, unit = next((u for u in _UNITS if whole >= u[0]), _UNITS[-1])
    return f"{whole // size} {unit}"


def wait(seconds: float) -> str:
    """Return a time to wait, rounded up, in whole words: ``1 minute``, ``30 seconds``."""
    whole = max(1, -int(-seconds // 1))
    size, unit = next(u for u in _WHOLE if whole >= u[0])
    count = -(-whole // size)
    return f"{count} {unit}{'' if count == 1 else 's'}"


def ending(seconds: float, now: float) -> str:
    """Return when something ends: how long from now, and the moment: ``in 3 h (24 Nov 2026, 20:15 UTC)``."""
    return f"in {duration(seconds - now)} ({at(seconds)})"


def at(seconds: float) -> str:
    """Return a time since the epoch: ``24 Nov 2026, 20:15 UTC``."""
    return f"{day(seconds)}, {datetime.fromtimestamp(seconds, UTC):%H:%M} UTC"


def day(seconds: float) -> str:
    """Return the day of a time since the epoch: ``3 Nov 2026``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%b %Y}"
