"""For how long a remote that was pinged may say nothing before it counts as gone.

Usually a moment is enough. But a thin line that is full of other bytes, or loses many, is slow and not dead, and
to cut it would only add a log-in to its load. So who has been slow lately is given more time.
"""

from typing import Final

PER_SECOND: Final = 4.0
"""Further seconds for each that the last answer took: where one is lost, TCP waits twice as long each time."""
MOST_SECONDS: Final = 15.0
"""Then one for which nobody waits is given up as well."""
LATELY_SECONDS: Final = 60.0

LONGEST_SILENCE_SECONDS: Final = 60.0
"""After which nobody waits for a silent connection any more."""
MOST_GRACE_SECONDS: Final = 30.0
GRACE_MARGIN_SECONDS: Final = 3.0
"""For the bytes to come through once they are sent."""


def patience(usual_seconds: float, *, answer_seconds: float, ago_seconds: float) -> float:
    """Return for how long to wait where the last answer, so long ago, has taken ``answer_seconds``."""
    if ago_seconds > LATELY_SECONDS:
        return usual_seconds
    return min(usual_seconds + PER_SECOND * answer_seconds, max(MOST_SECONDS, usual_seconds))


def grace(silence_seconds: float) -> float:
    """Return for how long a silent connection may still be kept after another one is up.

    TCP sends again what was not acknowledged, and waits twice as long each time: so what was silent for a time is
    heard after as long again at most, if it ever is.
    """
    return min(silence_seconds, MOST_GRACE_SECONDS) + GRACE_MARGIN_SECONDS
