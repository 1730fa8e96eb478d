"""How a notebook stands, judged from its tunnel and its last probe."""

from dataclasses import dataclass
from typing import assert_never

from gateway.core.names import NotebookName
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

STATES = {
    Reason.NOT_RUNNING: NotebookState.STOPPED,
    Reason.FORWARDING_REFUSED: NotebookState.REFUSED,
    Reason.CERTIFICATE_REFUSED: NotebookState.REFUSED,
    Reason.FOREIGN_LISTENER: NotebookState.REFUSED,
    Reason.UNSURE_LISTENER: NotebookState.REFUSED,
}
"""What a failed probe says; any other reason leaves the notebook UNKNOWN."""

ERRORS: dict[Reason | None, type[UpstreamError]] = {
    Reason.NOT_RUNNING: NotebookStopped,
    Reason.FORWARDING_REFUSED: ForwardingRefused,
    Reason.SILENT_NOTEBOOK: UpstreamTimedOut,
    Reason.NOT_HTTP: UpstreamMalformed,
    Reason.CERTIFICATE_REFUSED: UpstreamMalformed,
    Reason.FOREIGN_LISTENER: ListenerRefused,
    Reason.UNSURE_LISTENER: ListenerRefused,
}
"""What a caller gets who wants the notebook now; TunnelDown for every other reason."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What the last probe found: an upstream, or why there is none."""

    upstream: Upstream | None = None
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A notebook's state and what to say of it."""

    state: NotebookState
    reason: Reason | None = None
    detail: str = ""
    upstream: Upstream | None = None
    retry_at: float | None = None

    def since(self, name: NotebookName, moment: float) -> NotebookStatus:
        """Return the status of ``name``, which stands so since ``moment``."""
        return NotebookStatus(
            name, self.state, moment, self.reason, self.detail, self.upstream, self.retry_at
        )


def judge(tunnel: TunnelStatus, probed: Probed | None, *, was_ready: bool) -> Judgement:
    """Judge a notebook; ``was_ready`` says that it has been reached before."""
    match tunnel.state:
        case TunnelState.PARKED:
            return _by_tunnel(NotebookState.REFUSED, tunnel)
        case TunnelState.ASLEEP:
            return _by_tunnel(NotebookState.STARTING, tunnel)
        case TunnelState.UP:
            return _by_probe(probed, was_ready=was_ready)
        case TunnelState.DIALING | TunnelState.WAITING:
            return _by_tunnel(_on_the_way(was_ready=was_ready), tunnel)
        case _:
            assert_never(tunnel.state)


def failure(status: NotebookStatus) -> UpstreamError:
    """Return what to raise for a notebook that is wanted and is not READY."""
    error = ERRORS.get(status.reason, TunnelDown)
    detail = status.detail or f"notebook {status.name} is {status.state}"
    return error(status.reason or Reason.UNREACHABLE, detail)


def _by_tunnel(state: NotebookState, tunnel: TunnelStatus) -> Judgement:
    return Judgement(state, tunnel.reason, tunnel.detail, retry_at=tunnel.retry_at)


def _by_probe(probed: Probed | None, *, was_ready: bool) -> Judgement:
    if probed is None:
        return Judgement(_on_the_way(was_ready=was_ready))
    if probed.upstream is not None:
        return Judgement(NotebookState.READY, upstream=probed.upstream)
    state = NotebookState.UNKNOWN if probed.reason is None else _failed(probed.reason)
    return Judgement(state, probed.reason, probed.detail)


def _failed(reason: Reason) -> NotebookState:
    return STATES.get(reason, NotebookState.UNKNOWN)


def _on_the_way(*, was_ready: bool) -> NotebookState:
    return NotebookState.RECONNECTING if was_ready else NotebookState.STARTING
