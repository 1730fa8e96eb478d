"""gateway.core.holding: who waits, and for how long."""

import pytest

from gateway.core.holding import hold_seconds


@pytest.mark.parametrize(
    ("outage_seconds", "patient", "seconds"),
    [
        (0.0, False, 5.0),
        (2.0, False, 3.0),
        (5.0, False, 0.0),
        (60.0, False, 0.0),
        (60.0, True, 5.0),
    ],
)
def test_only_the_patient_wait_in_an_old_outage(
    *, outage_seconds: float, patient: bool, seconds: float
) -> None:
    """All others are told at once, as soon as the outage is older than the limit."""
    assert hold_seconds(5.0, outage_seconds=outage_seconds, patient=patient) == seconds
