"""For how long a remote that was pinged may say nothing before it counts as gone.

Usually a moment is enough. But a thin line that is full of other bytes, or loses many, is slow and not dead, and
to cut it would only add a log-in to its load. So who has been slow lately is given more time.
"""

from typing import Final

PER_SECOND: Final = 4.0
"""Further seconds for each that the last answer took: where one is lost, TCP waits twice as long each time."""
MOST_SECONDS: Final = 15.0
"""Then the keepalive gives up as well."""
LATELY_SECONDS: Final = 60.0


def patience(usual_seconds: float, *, answer_seconds: float, ago_seconds: float) -> float:
    """Return for how long to wait where the last answer, so long ago, has taken ``answer_seconds``."""
    if ago_seconds > LATELY_SECONDS:
        return usual_seconds
    return min(usual_seconds + PER_SECOND * answer_seconds, max(MOST_SECONDS, usual_seconds))
