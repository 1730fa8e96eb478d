"""gateway.door.upstream: what a leg asks of its transport."""

import asyncio

import pytest

from gateway.core.upstream import OUTLAST_SILENCE
from gateway.door.upstream import UpstreamLeg


class FakeTransport(asyncio.Transport):
    """A transport of a tunnel, or any other."""

    def __init__(self, *, of_a_tunnel: bool) -> None:
        super().__init__({OUTLAST_SILENCE: self.outlast} if of_a_tunnel else {})
        self.outlasts = False

    def outlast(self) -> None:
        self.outlasts = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


class FakeSplice:
    """Takes what comes."""

    def from_upstream(self, data: bytes) -> None:
        pass

    def upstream_gone(self) -> None:
        pass

    def upstream_full(self, *, full: bool) -> None:
        pass


@pytest.mark.parametrize("of_a_tunnel", [True, False])
def test_a_websocket_would_rather_wait_than_be_cut_off(*, of_a_tunnel: bool) -> None:
    """A request would not: it is told at once, and may be repeated."""
    leg, transport = UpstreamLeg(None), FakeTransport(of_a_tunnel=of_a_tunnel)
    leg.connection_made(transport)
    assert not transport.outlasts

    leg.join(FakeSplice())

    assert transport.outlasts is of_a_tunnel
