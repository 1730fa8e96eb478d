"""gateway.web.words: every state has its words, and times read well."""

import pytest

from gateway.core.status import NotebookState, TunnelState
from gateway.web.words import SUMMARIES, TUNNEL_SUMMARIES, day, duration, wait


def test_nothing_is_without_words() -> None:
    """A state that is added must be said too."""
    assert set(SUMMARIES) == set(NotebookState)
    assert set(TUNNEL_SUMMARIES) == set(TunnelState)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (0.9, "0 s"),
        (4.2, "4 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7300, "2 h"),
        (200_000, "2 d"),
    ],
)
def test_duration_is_in_its_largest_unit(seconds: float, said: str) -> None:
    """Rounded down: what has not passed is not counted."""
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 second"), (0.2, "1 second"), (29.1, "30 seconds"), (60, "1 minute"), (61, "2 minutes")],
)
def test_wait_is_long_enough(seconds: float, said: str) -> None:
    """Rounded up: who waits so long is heard."""
    assert wait(seconds) == said


def test_day_is_a_day() -> None:
    """In the order that most of the world reads."""
    assert day(1_800_000_000) == "15 Jan 2027"
