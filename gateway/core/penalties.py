"""What a remote's sshd may hold against our address, and how long that forbids another try.

OpenSSH 9.8 and later (PerSourcePenalties) fines a source address in seconds for each connection that comes to
nothing: 5 for a refused log-in, 1 for hanging up before any. Fines add up and are forgiven second by second;
whose fines come to 15 s is turned away until they are forgiven. All our members share one address, so
one bad key, or a remote that is out of processes, must not be tried so often that everybody is barred.

Fines are kept as the moment at which the last of them will be forgiven.
"""

from collections.abc import Mapping
from typing import Final

from gateway.errors import Reason

FINES: Final[Mapping[Reason, float]] = {
    Reason.LOGIN_REFUSED: 5.0,
    Reason.BUSY: 1.0,
    Reason.NOT_SSH: 1.0,
    Reason.TIMED_OUT: 1.0,
}
"""Any other end of a try is not seen by sshd, costs nothing, or comes once a minute for all logins together."""
HIGHEST_FINE: Final = 5.0
LOWEST_FINE: Final = 1.0
MOST_SECONDS: Final = 12.0
"""What we let it come to: others behind our address may be fined as well."""


def forgiven_at(forgiven: float, now: float, reason: Reason) -> float:
    """Return when all is forgiven after another try has come to nothing for ``reason``."""
    return max(forgiven, now) + FINES.get(reason, 0.0)


def wait_for_mercy(forgiven: float, now: float, fine: float) -> float:
    """Return the seconds until a try that may cost ``fine`` bars nobody."""
    return max(0.0, max(forgiven, now) + fine - MOST_SECONDS - now)
