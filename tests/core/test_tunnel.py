"""gateway.core.tunnel: every pair of state and event."""

from itertools import product

import pytest

from gateway.core.status import TunnelState
from gateway.core.tunnel import TRANSITIONS, YOUNG_SECONDS, Tunnel, TunnelEvent, loss


@pytest.mark.parametrize(("state", "event"), list(product(TunnelState, TunnelEvent)))
def test_table_is_the_whole_truth(state: TunnelState, event: TunnelEvent) -> None:
    """An event leads where the table says, and nowhere else."""
    if (state, event) in TRANSITIONS:
        assert Tunnel(state).after(event).state is TRANSITIONS[state, event]
    else:
        with pytest.raises(KeyError):
            Tunnel(state).after(event)


def test_every_state_can_be_left() -> None:
    """A tunnel is never given up."""
    assert {state for state, _ in TRANSITIONS} == set(TunnelState)


@pytest.mark.parametrize(
    ("events", "failures"),
    [
        ((TunnelEvent.FAILED,), 1),
        ((TunnelEvent.FAILED, TunnelEvent.ELAPSED, TunnelEvent.REJECTED), 2),
        ((TunnelEvent.FAILED, TunnelEvent.ELAPSED, TunnelEvent.CONNECTED), 1),
        ((TunnelEvent.CONNECTED, TunnelEvent.FELL), 1),
        ((TunnelEvent.FAILED, TunnelEvent.ELAPSED, TunnelEvent.CONNECTED, TunnelEvent.LOST), 0),
        ((TunnelEvent.FAILED, TunnelEvent.ELAPSED, TunnelEvent.CONNECTED, TunnelEvent.IDLED), 0),
        ((TunnelEvent.CONNECTED, TunnelEvent.IDLED, TunnelEvent.WOKEN, TunnelEvent.FAILED), 1),
    ],
)
def test_failures_are_counted(events: tuple[TunnelEvent, ...], failures: int) -> None:
    """Only a connection that lasted makes the failures before it forgotten."""
    tunnel = Tunnel()

    for event in events:
        tunnel = tunnel.after(event)

    assert tunnel.failures == failures


@pytest.mark.parametrize(
    ("age_seconds", "event"),
    [(0.0, TunnelEvent.FELL), (YOUNG_SECONDS, TunnelEvent.LOST), (9e9, TunnelEvent.LOST)],
)
def test_a_young_loss_is_a_fall(age_seconds: float, event: TunnelEvent) -> None:
    """A remote that hangs up on us at once is not dialed at once."""
    assert loss(age_seconds) is event
