"""gateway.core.expiry: how near an end is, and when to look again."""

import pytest

from gateway.core.expiry import Stage, ending, stage, thresholds, wait_before_looking
from gateway.core.status import CredentialStatus

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


@pytest.mark.parametrize(
    ("lifetime", "soon", "near"),
    [
        (30 * DAY, 6 * DAY, 1.5 * DAY),
        (8 * HOUR, 96 * MINUTE, 24 * MINUTE),
        (10 * HOUR, 2 * HOUR, 30 * MINUTE),
        (10 * 365 * DAY, 14 * DAY, 2 * DAY),
        (None, 14 * DAY, 2 * DAY),
    ],
)
def test_there_is_time_to_renew(lifetime: float | None, soon: float, near: float) -> None:
    assert thresholds(lifetime) == pytest.approx((soon, near))


@pytest.mark.parametrize(
    ("left", "reached"),
    [
        (21.0, Stage.FINE),
        (20.0, Stage.SOON),
        (5.1, Stage.SOON),
        (5.0, Stage.NEAR),
        (0.1, Stage.NEAR),
        (0.0, Stage.OVER),
        (-1.0, Stage.OVER),
    ],
)
def test_stages(left: float, reached: Stage) -> None:
    credential = CredentialStatus("certificate", "x", starts_at=0.0, expires_at=100.0)

    assert stage(credential, 100.0 - left) is reached


def test_what_never_ends_is_fine() -> None:
    key = CredentialStatus("key", "SHA256:x")

    assert stage(key, 1e12) is Stage.FINE
    assert ending(key, 1e12) == ""
    assert wait_before_looking(key, 0.0) is None


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (90.0, "ends in 90 s"),
        (10 * MINUTE, "ends in 10 min"),
        (10 * HOUR + 1, "ends in 10 h"),
        (47 * HOUR, "ends in 47 h"),
        (6 * DAY, "ends in 6 days"),
        (0.0, "ended 0 s ago"),
        (-3 * DAY, "ended 3 days ago"),
    ],
)
def test_words(left: float, words: str) -> None:
    credential = CredentialStatus("certificate", "x", expires_at=1e6)

    assert ending(credential, 1e6 - left) == words


@pytest.mark.parametrize(
    ("left", "wait"), [(8 * HOUR, 60.0), (100.0, 10.0), (3.0, 1.0), (0.0, 60.0), (-5.0, 60.0)]
)
def test_looks_more_often_towards_the_end(left: float, wait: float) -> None:
    """So that a ticket of seconds is renewed too; what has ended waits for a person."""
    credential = CredentialStatus("Kerberos ticket", "x", expires_at=1e6)

    assert wait_before_looking(credential, 1e6 - left) == wait
