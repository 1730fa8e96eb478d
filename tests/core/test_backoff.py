"""gateway.core.backoff: the waits, and the entropy in them."""

import pytest

from gateway.core.backoff import (
    CEILING_SECONDS,
    FIRST_SECONDS,
    LONG_AWAY_SECONDS,
    LONG_STOPPED_SECONDS,
    PACE_SECONDS,
    PARKED_SECONDS,
    PATIENT_SECONDS,
    UNHEARD_SECONDS,
    pace_of_dials,
    wait_before_dialing,
    wait_before_knocking,
    wait_before_probing,
)
from gateway.core.status import NotebookState, TunnelState
from gateway.core.tunnel import Tunnel
from gateway.errors import Reason

ALMOST_ONE = 0.999_999


@pytest.mark.parametrize(
    ("failures", "reason", "outage_seconds", "longest"),
    [
        (0, None, 0.0, FIRST_SECONDS),
        (1, Reason.BUSY, 1.0, FIRST_SECONDS),
        (2, Reason.BUSY, 1.0, 2 * FIRST_SECONDS),
        (3, Reason.BUSY, 2.0, 4 * FIRST_SECONDS),
        (10, Reason.BUSY, 60.0, CEILING_SECONDS),
        (2, Reason.UNREACHABLE, 1.0, 2 * FIRST_SECONDS),
        (10, Reason.UNREACHABLE, 60.0, UNHEARD_SECONDS),
        (99, Reason.NAME_NOT_FOUND, LONG_AWAY_SECONDS, UNHEARD_SECONDS),
        (99, Reason.JUMP_DOWN, LONG_AWAY_SECONDS, UNHEARD_SECONDS),
        (99, Reason.UNREACHABLE, LONG_AWAY_SECONDS + 1, PATIENT_SECONDS),
        (10**9, Reason.TIMED_OUT, 1e9, PATIENT_SECONDS),
    ],
)
def test_wait_doubles_up_to_a_ceiling(
    failures: int, reason: Reason | None, outage_seconds: float, longest: float
) -> None:
    """The wait is between half of what the failures call for and all of it."""
    tunnel = Tunnel(TunnelState.WAITING, failures)

    waits = [
        wait_before_dialing(tunnel, entropy, reason=reason, outage_seconds=outage_seconds)
        for entropy in (0.0, 0.5, ALMOST_ONE)
    ]

    assert waits == pytest.approx([longest * share for share in (0.5, 0.75, 1.0)], rel=1e-3)


def test_line_that_is_back_is_found_within_two_seconds() -> None:
    """During the first minutes of an outage, no wait leaves less than a second to log in and probe."""
    waits = [
        wait_before_dialing(
            Tunnel(TunnelState.WAITING, failures),
            ALMOST_ONE,
            reason=Reason.UNREACHABLE,
            outage_seconds=LONG_AWAY_SECONDS,
        )
        for failures in range(1000)
    ]

    assert max(waits) + PACE_SECONDS <= 1.5


@pytest.mark.parametrize("failures", range(1, 100))
def test_a_lone_login_is_not_held_up_by_others(failures: int) -> None:
    """The pace of a remote is never slower than what one login waits anyway."""
    own = wait_before_dialing(
        Tunnel(TunnelState.WAITING, failures), 0.0, reason=Reason.UNREACHABLE, outage_seconds=0.0
    )

    assert 0 < pace_of_dials(failures) <= min(own, PACE_SECONDS)


@pytest.mark.parametrize("entropy", [0.0, 0.5, ALMOST_ONE])
@pytest.mark.parametrize("failures", [1, 2, 99])
def test_a_parked_tunnel_looks_once_a_minute_at_most(failures: int, entropy: float) -> None:
    """Threat F9: a refused key is tried at most once in 60 s."""
    tunnel = Tunnel(TunnelState.PARKED, failures)

    wait = wait_before_dialing(tunnel, entropy, reason=Reason.LOGIN_REFUSED, outage_seconds=0.0)

    assert PARKED_SECONDS <= wait < 1.5 * PARKED_SECONDS


@pytest.mark.parametrize("state", list(NotebookState))
def test_probes_are_spread(state: NotebookState) -> None:
    """A probe comes between three quarters of its time and all of it; or not by itself."""
    waits = [wait_before_probing(state, entropy, age_seconds=1.0) for entropy in (0.0, ALMOST_ONE)]

    if state in {NotebookState.STARTING, NotebookState.RECONNECTING}:
        assert waits == [None, None]
    else:
        shortest, longest = waits
        assert shortest is not None
        assert longest is not None
        assert shortest == pytest.approx(longest * 3 / 4, rel=1e-3)


@pytest.mark.parametrize(
    ("age_seconds", "wait"), [(0.0, 2.0), (120.0, 2.0), (600.0, 10.0), (1e9, LONG_STOPPED_SECONDS)]
)
def test_a_stopped_notebook_is_looked_after_often_at_first(age_seconds: float, wait: float) -> None:
    """Who has just stopped it may be starting it; what stopped long ago can wait."""
    seconds = wait_before_probing(NotebookState.STOPPED, ALMOST_ONE, age_seconds=age_seconds)

    assert seconds == pytest.approx(wait, rel=1e-3)


def test_a_notebook_whose_place_is_taken_is_looked_after_as_a_stopped_one() -> None:
    """Refused as it is, it needs no person's help once the other has left."""
    seconds = wait_before_probing(
        NotebookState.REFUSED, ALMOST_ONE, age_seconds=0.0, reason=Reason.FOREIGN_LISTENER
    )

    assert seconds == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(
    ("usual", "failures", "longest"),
    [(180.0, 0, 180.0), (180.0, 1, 5.0), (180.0, 2, 15.0), (180.0, 99, 15.0), (2.0, 1, 2.0)],
)
def test_knocks_at_an_open_door_are_few(usual: float, failures: int, longest: float) -> None:
    """One that failed is tried again soon; usually there are fewer than five in ten minutes."""
    assert wait_before_knocking(usual, failures, 0.0) == pytest.approx(0.75 * longest)
    assert wait_before_knocking(usual, failures, ALMOST_ONE) == pytest.approx(longest)
