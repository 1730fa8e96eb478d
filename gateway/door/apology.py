"""What a script is told in place of a notebook that can't answer: 503, the one answer it waits out."""

from datetime import UTC, datetime

from gateway.core.outage import Outage
from gateway.door.answers import Answer, problem


def apology(outage: Outage) -> Answer:
    """Return problem details that a person can read and a program can act on."""
    since = datetime.fromtimestamp(outage.since, UTC).isoformat(timespec="seconds")
    return problem(
        503,
        outage.words,
        retry_after_seconds=outage.retry_after_seconds,
        members={
            "state": outage.state,
            "reason": outage.reason,
            "hop": outage.hop,
            "since": since.replace("+00:00", "Z"),
            "retry_after": outage.retry_after_seconds,
        },
    )
