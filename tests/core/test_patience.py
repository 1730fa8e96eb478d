"""gateway.core.patience: who has been slow lately is given more time."""

import pytest

from gateway.core.patience import LATELY_SECONDS, MOST_SECONDS, grace, patience


@pytest.mark.parametrize(
    ("answer_seconds", "ago_seconds", "seconds"),
    [
        (0.0, 1.0, 7.0),
        (0.1, 1.0, 7.4),
        (1.0, LATELY_SECONDS, 11.0),
        (1.0, LATELY_SECONDS + 1, 7.0),
        (9.0, 1.0, MOST_SECONDS),
    ],
)
def test_patience_grows_with_the_last_answer(
    answer_seconds: float, ago_seconds: float, seconds: float
) -> None:
    waited = patience(7.0, answer_seconds=answer_seconds, ago_seconds=ago_seconds)

    assert waited == pytest.approx(seconds)


@pytest.mark.parametrize(("silence_seconds", "seconds"), [(9.0, 12.0), (30.0, 33.0), (500.0, 33.0)])
def test_what_was_silent_for_long_may_come_late(silence_seconds: float, seconds: float) -> None:
    """As long again, as TCP waits; in bounds, as somebody waits for it."""
    assert grace(silence_seconds) == seconds
