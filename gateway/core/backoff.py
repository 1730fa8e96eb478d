"""How long to wait before trying again; the entropy is an argument.

A remote that comes back should be found within seconds, and one that is away for days should hardly
notice us: so the wait doubles up to a ceiling, stays there for some minutes, and only then grows. The ceiling
is a second where nobody answers, as such a try costs the remote nothing; where sshd answers, and nothing comes
of it, it is higher.
A rejection is different: only a person can help, and each try counts against all who share our address (see
penalties.py).
"""

from typing import Final

from gateway.core.status import NotebookState, TunnelState
from gateway.core.tunnel import Tunnel
from gateway.errors import Reason

FIRST_SECONDS: Final = 0.3
UNHEARD_SECONDS: Final = 1.0
CEILING_SECONDS: Final = 4.0
PATIENT_SECONDS: Final = 15.0
LONG_AWAY_SECONDS: Final = 300.0
"""After which a remote counts as away for long."""
UNHEARD: Final = frozenset({Reason.NAME_NOT_FOUND, Reason.UNREACHABLE, Reason.JUMP_DOWN})
"""The remote itself knows nothing of a try that ends so."""

PARKED_SECONDS: Final = 60.0

PACE_SECONDS: Final = 0.5
"""Between dials to a remote that is away, by whichever login: many of them make no storm, and it is found soon
after it comes back."""

PROBE_SECONDS: Final = {
    NotebookState.READY: 20.0,
    NotebookState.STOPPED: 2.0,
    NotebookState.UNKNOWN: 5.0,
    NotebookState.REFUSED: 30.0,
}
"""How long a notebook in a state is left alone. In the others its tunnel decides when to ask."""
LONG_STOPPED_SECONDS: Final = 15.0
"""Each question to a stopped notebook is a line in its remote's log; so they become fewer."""
AGE_SHARE: Final = 60


DOUBTED_KNOCK_SECONDS: Final = 5.0
"""A single knock that fails says little: sshd may be restarting."""
FAILED_KNOCK_SECONDS: Final = 15.0


def wait_before_knocking(usual_seconds: float, failures: int, entropy: float) -> float:
    """Return the seconds until the next knock at a remote whose tunnels are up, after so many failures in a row.

    Some count connections that don't log in against their address (fail2ban's aggressive mode: five in ten
    minutes). Knocks that fail are not among those, so these may come more often.
    """
    if failures:
        failed = DOUBTED_KNOCK_SECONDS if failures == 1 else FAILED_KNOCK_SECONDS
        usual_seconds = min(usual_seconds, failed)
    return usual_seconds * (3 + entropy) / 4


def wait_before_dialing(
    tunnel: Tunnel, entropy: float, *, reason: Reason | None, outage_seconds: float
) -> float:
    """Return the seconds until the next try, after one that failed for ``reason``.

    ``entropy`` is in [0, 1); ``outage_seconds`` says for how long there has been no connection.
    """
    if tunnel.state is TunnelState.PARKED:
        return PARKED_SECONDS * (1 + entropy / 4)
    doublings = min(max(tunnel.failures - 1, 0), 16)
    ceiling = _ceiling(reason, outage_seconds)
    return min(FIRST_SECONDS * 2.0**doublings, ceiling) * (1 + entropy) / 2


def pace_of_dials(failures: int) -> float:
    """Return the seconds between dials to a remote that as many in a row have not reached.

    They are never more than a lone login waits by itself.
    """
    doublings = min(max(failures - 1, 0), 16)
    return min(FIRST_SECONDS / 2 * 2.0**doublings, PACE_SECONDS)


def wait_before_probing(
    state: NotebookState, entropy: float, *, age_seconds: float, reason: Reason | None = None
) -> float | None:
    """Return the seconds until the next probe, or None when only an event calls for one.

    ``age_seconds`` says for how long it has stood so. A notebook whose place somebody else has taken
    is a stopped one that may be started again as soon as they leave.
    """
    if reason is Reason.FOREIGN_LISTENER:
        state = NotebookState.STOPPED
    seconds = PROBE_SECONDS.get(state)
    if seconds is None:
        return None
    if state is NotebookState.STOPPED:
        seconds = min(max(seconds, age_seconds / AGE_SHARE), LONG_STOPPED_SECONDS)
    return seconds * (3 + entropy) / 4


def _ceiling(reason: Reason | None, outage_seconds: float) -> float:
    if outage_seconds > LONG_AWAY_SECONDS:
        return PATIENT_SECONDS
    return UNHEARD_SECONDS if reason in UNHEARD else CEILING_SECONDS
