"""gateway.core.penalties: never so many fines that sshd bars our address."""

import pytest

from gateway.core.penalties import (
    FINES,
    HIGHEST_FINE,
    LOWEST_FINE,
    MOST_SECONDS,
    forgiven_at,
    wait_for_mercy,
)
from gateway.errors import Reason

BARRED_SECONDS = 15.0
"""OpenSSH's PerSourcePenalties, "min"."""


@pytest.mark.parametrize(
    ("forgiven", "reason", "then"),
    [
        (0.0, Reason.LOGIN_REFUSED, 105.0),
        (103.0, Reason.LOGIN_REFUSED, 108.0),
        (103.0, Reason.BUSY, 104.0),
        (0.0, Reason.UNREACHABLE, 100.0),
        (103.0, Reason.NAME_NOT_FOUND, 103.0),
    ],
)
def test_fines_add_up_and_are_forgiven(forgiven: float, reason: Reason, then: float) -> None:
    """What was forgiven long ago counts no more; what sshd does not see costs nothing."""
    assert forgiven_at(forgiven, 100.0, reason) == then


@pytest.mark.parametrize(
    ("owed", "fine", "wait"),
    [(-50, 5.0, 0.0), (7, 5.0, 0.0), (10, 5.0, 3.0), (10, 1.0, 0.0), (12, 1.0, 1.0)],
)
def test_a_try_waits_until_it_bars_nobody(owed: float, fine: float, wait: float) -> None:
    assert wait_for_mercy(100.0 + owed, 100.0, fine) == pytest.approx(wait)


@pytest.mark.parametrize("reason", list(FINES))
def test_whoever_waits_is_never_barred(reason: Reason) -> None:
    """A hundred tries, each as early as may be, all of them in vain."""
    now, forgiven, highest = 0.0, 0.0, 0.0
    for _ in range(100):
        now += wait_for_mercy(forgiven, now, FINES[reason])
        forgiven = forgiven_at(forgiven, now, reason)
        highest = max(highest, forgiven - now)

    assert highest <= MOST_SECONDS < BARRED_SECONDS


def test_fines_lie_between_the_highest_and_the_lowest() -> None:
    assert (min(FINES.values()), max(FINES.values())) == (LOWEST_FINE, HIGHEST_FINE)
