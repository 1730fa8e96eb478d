"""gateway.door.apology: what a script is told, for people and for programs."""

import json

from gateway.core.outage import Outage
from gateway.core.status import NotebookState
from gateway.door.apology import apology
from gateway.errors import Reason


def test_says_what_is_down_since_when_and_when_to_ask_again() -> None:
    """Problem details (RFC 9457), with the message that Jupyter's pages show."""
    answer = apology(Outage(NotebookState.STOPPED, Reason.NOT_RUNNING, 1_800_000_000.0, 2))

    words = "Nothing listens at the notebook's place on the remote. Somebody has to start it there."
    assert answer.status == 503
    assert b"retry-after: 2\r\n" in answer.head
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": words,
        "message": words,
        "state": "stopped",
        "reason": "not_running",
        "hop": "channel to the notebook",
        "since": "2027-01-15T08:00:00Z",
        "retry_after": 2,
    }
