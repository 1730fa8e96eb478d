"""What pages say: the states and reasons of tunnels and notebooks, in plain words for members."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from gateway.core.status import NotebookState, TunnelState
from gateway.errors import Reason

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

REASONS: Final[Mapping[Reason, str]] = {
    Reason.NAME_NOT_FOUND: "The remote's name can't be found.",
    Reason.UNREACHABLE: "The remote can't be reached.",
    Reason.TIMED_OUT: "The remote takes too long to answer.",
    Reason.NOT_SSH: "Something answers in the remote's place that does not speak SSH.",
    Reason.BUSY: "The remote turns connections away just now.",
    Reason.LOST: "The connection to the remote was lost.",
    Reason.SILENT: "The remote has stopped answering.",
    Reason.LOGIN_REFUSED: "The remote does not let the gateway log in.",
    Reason.HOST_KEY_CHANGED: "The remote shows another host key than the one we know.",
    Reason.HOST_KEY_UNKNOWN: "The remote shows a host key that nobody has vouched for.",
    Reason.IDENTITY_UNUSABLE: "The gateway's own key or ticket for the remote can't be used.",
    Reason.CREDENTIAL_EXPIRED: "The time of the gateway's certificate or ticket for the remote is over.",
    Reason.KDC_UNREACHABLE: "No Kerberos server answers, so the gateway can't log in to the remote.",
    Reason.JUMP_DOWN: "The remote on the way there can't be reached.",
    Reason.FORWARDING_REFUSED: "The remote does not let the gateway through to the notebook.",
    Reason.NOT_RUNNING: "Nothing listens at the notebook's place on the remote.",
    Reason.FOREIGN_LISTENER: "Somebody else's program listens at the notebook's place on the remote.",
    Reason.UNSURE_LISTENER: "It can't be told whose program listens at the notebook's place on the remote.",
    Reason.SILENT_NOTEBOOK: "The notebook is there, but does not answer.",
    Reason.NOT_HTTP: "Something else than a notebook answers at its place.",
    Reason.CERTIFICATE_REFUSED: "The notebook's certificate is not one that we may trust.",
    Reason.ASLEEP: "Nobody has used it for a while; it opens when you open it.",
    Reason.STOPPING: "The gateway is being restarted.",
}

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_WHOLE: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def summary(state: NotebookState) -> str:
    """Return the state in a word or two."""
    return SUMMARIES[state]


def because(reason: Reason | None) -> str:
    """Return the reason in a sentence; empty where there is none."""
    return "" if reason is None else REASONS[reason]


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
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"in {duration(seconds - now)} ({day(seconds)}, {moment:%H:%M} UTC)"


def day(seconds: float) -> str:
    """Return the day of a time since the epoch: ``3 Nov 2026``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%b %Y}"
