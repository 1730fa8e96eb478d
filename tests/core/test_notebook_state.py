"""gateway.core.notebook_state: a notebook's state from its tunnel's and its last probe."""

import pytest

from gateway.core.inventory import Scheme
from gateway.core.names import LoginName, NotebookName, RemoteName, TunnelId
from gateway.core.notebook_state import Probed, failure, judge
from gateway.core.status import NotebookState, NotebookStatus, TunnelState, TunnelStatus
from gateway.core.upstream import Upstream
from gateway.errors import (
    ForwardingRefused,
    ListenerRefused,
    NotebookStopped,
    Reason,
    TunnelDown,
    UpstreamError,
    UpstreamMalformed,
    UpstreamTimedOut,
)

ALICE = NotebookName("alice")
LAB = TunnelId(RemoteName("lab"), LoginName("alice"))
UPSTREAM = Upstream(ALICE, b"localhost:7001", Scheme.HTTP)
UP = TunnelStatus(LAB, TunnelState.UP, 0.0)


@pytest.mark.parametrize(
    ("state", "was_ready", "expected"),
    [
        (TunnelState.DIALING, False, NotebookState.STARTING),
        (TunnelState.DIALING, True, NotebookState.RECONNECTING),
        (TunnelState.WAITING, False, NotebookState.STARTING),
        (TunnelState.WAITING, True, NotebookState.RECONNECTING),
        (TunnelState.PARKED, False, NotebookState.REFUSED),
        (TunnelState.PARKED, True, NotebookState.REFUSED),
        (TunnelState.ASLEEP, False, NotebookState.STARTING),
        (TunnelState.ASLEEP, True, NotebookState.STARTING),
        (TunnelState.UP, False, NotebookState.STARTING),
        (TunnelState.UP, True, NotebookState.RECONNECTING),
    ],
)
def test_unprobed(*, state: TunnelState, was_ready: bool, expected: NotebookState) -> None:
    """Before a probe, the tunnel decides; what was there before is coming back."""
    tunnel = TunnelStatus(LAB, state, 0.0, Reason.LOST, "it ended")

    judgement = judge(tunnel, None, was_ready=was_ready)

    assert judgement.state is expected
    assert judgement.upstream is None


@pytest.mark.parametrize("state", sorted(set(TunnelState) - {TunnelState.UP}))
def test_the_tunnel_says_why(state: TunnelState) -> None:
    """A notebook behind a tunnel that is not up has the tunnel's reason."""
    tunnel = TunnelStatus(LAB, state, 0.0, Reason.TIMED_OUT, "too long", retry_at=9.0)

    judgement = judge(tunnel, Probed(UPSTREAM), was_ready=True)

    assert (judgement.reason, judgement.detail) == (Reason.TIMED_OUT, "too long")
    assert judgement.since(ALICE, 0.0).retry_at == 9.0
    assert judgement.upstream is None


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.NOT_RUNNING, NotebookState.STOPPED),
        (Reason.FORWARDING_REFUSED, NotebookState.REFUSED),
        (Reason.CERTIFICATE_REFUSED, NotebookState.REFUSED),
        (Reason.FOREIGN_LISTENER, NotebookState.REFUSED),
        (Reason.UNSURE_LISTENER, NotebookState.REFUSED),
        (Reason.SILENT_NOTEBOOK, NotebookState.UNKNOWN),
        (Reason.NOT_HTTP, NotebookState.UNKNOWN),
        (Reason.SILENT, NotebookState.UNKNOWN),
    ],
)
def test_failed_probes(reason: Reason, expected: NotebookState) -> None:
    """With the tunnel up, a failed probe's reason decides."""
    assert judge(UP, Probed(None, reason, "so"), was_ready=True).state is expected


def test_found() -> None:
    """A notebook that a probe has found is ready, with its upstream."""
    status = judge(UP, Probed(UPSTREAM), was_ready=False).since(ALICE, 5.0)

    assert status == NotebookStatus(ALICE, NotebookState.READY, 5.0, upstream=UPSTREAM)


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (Reason.NOT_RUNNING, NotebookStopped),
        (Reason.FORWARDING_REFUSED, ForwardingRefused),
        (Reason.SILENT_NOTEBOOK, UpstreamTimedOut),
        (Reason.NOT_HTTP, UpstreamMalformed),
        (Reason.CERTIFICATE_REFUSED, UpstreamMalformed),
        (Reason.FOREIGN_LISTENER, ListenerRefused),
        (Reason.UNSURE_LISTENER, ListenerRefused),
        (Reason.LOGIN_REFUSED, TunnelDown),
        (None, TunnelDown),
    ],
)
def test_failures(reason: Reason | None, error: type[UpstreamError]) -> None:
    """Who wants a notebook that is not ready gets the error that says whose fault it is."""
    raised = failure(NotebookStatus(ALICE, NotebookState.UNKNOWN, 0.0, reason))

    assert type(raised) is error
    assert raised.detail
