"""gateway.core.outage: what members are told, and when to ask again."""

import pytest

from gateway.core.hop import Hop
from gateway.core.names import NotebookName
from gateway.core.outage import ADVICE, outage_of, retry_after
from gateway.core.status import NotebookState, NotebookStatus
from gateway.errors import Reason

NOW = 1_000.0


def status(
    state: NotebookState,
    reason: Reason | None = None,
    *,
    seconds: float = 40.0,
    retry_at: float | None = None,
) -> NotebookStatus:
    return NotebookStatus(
        NotebookName("alice"), state, NOW - seconds, reason, "lab.example.org", retry_at=retry_at
    )


def test_tells_which_hop_since_when() -> None:
    """The notebook's own state and time, and nothing from the sentence for administrators."""
    outage = outage_of(status(NotebookState.RECONNECTING, Reason.LOST, retry_at=NOW + 2.4), NOW)

    assert (outage.hop, outage.since, outage.state) == (Hop.SSH, NOW - 40, "reconnecting")
    assert outage.words.startswith("The connection to the remote was lost. The gateway keeps")
    assert outage.retry_after_seconds == 4
    assert "example" not in repr(outage)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (Reason.NOT_RUNNING, NotebookState.STOPPED),
        (Reason.FORWARDING_REFUSED, NotebookState.REFUSED),
        (Reason.SILENT, NotebookState.RECONNECTING),
        (Reason.LOST, NotebookState.RECONNECTING),
        (Reason.SILENT_NOTEBOOK, NotebookState.UNKNOWN),
    ],
)
def test_what_a_request_has_met_is_believed(seen: Reason, state: NotebookState) -> None:
    """A notebook that was killed a moment ago still counts as ready until its next probe."""
    outage = outage_of(status(NotebookState.READY), NOW, seen=seen)

    assert (outage.state, outage.reason, outage.since) == (state, seen, NOW)


def test_every_state_has_advice() -> None:
    """A state that is added must be said too."""
    assert set(ADVICE) == set(NotebookState)


def test_what_has_not_failed_yet_has_no_reason() -> None:
    """At start-up, whatever whoever does not want to wait is told."""
    outage = outage_of(status(NotebookState.STARTING), NOW, seen=Reason.UNREACHABLE)

    assert (outage.reason, outage.hop) == (None, None)
    assert outage.words == "The gateway keeps trying by itself."


def test_a_gateway_that_stops_says_so() -> None:
    """Whatever else is down."""
    outage = outage_of(status(NotebookState.RECONNECTING, Reason.LOST), NOW, seen=Reason.STOPPING)

    assert outage.hop is Hop.GATEWAY


@pytest.mark.parametrize(
    ("stands", "seconds"),
    [
        (status(NotebookState.RECONNECTING), 2),
        (status(NotebookState.STARTING), 2),
        (status(NotebookState.RECONNECTING, retry_at=NOW + 3.2), 5),
        (status(NotebookState.RECONNECTING, retry_at=NOW - 7), 2),
        (status(NotebookState.RECONNECTING, seconds=200), 10),
        (status(NotebookState.RECONNECTING, seconds=9_000), 15),
        (status(NotebookState.RECONNECTING, seconds=9_000, retry_at=NOW + 3), 15),
        (status(NotebookState.REFUSED, retry_at=NOW + 75), 60),
        (status(NotebookState.REFUSED), 30),
        (status(NotebookState.STOPPED, seconds=1), 2),
        (status(NotebookState.STOPPED, seconds=9_000), 15),
        (status(NotebookState.UNKNOWN), 5),
        (status(NotebookState.READY), 2),
    ],
)
def test_says_when_to_ask_again(stands: NotebookStatus, seconds: int) -> None:
    """After the next try where its time is known, else as the notebook is probed; the later, the less often."""
    assert retry_after(stands, NOW) == seconds
