"""The gateway is told to stop, and comes back."""

import httpx2
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.stack import Stack, eventually

GOING_AWAY, SERVICE_RESTART = 1001, 1012  # RFC 6455, section 7.4.1, and IANA's registry


def test_sigterm_closes_web_sockets_and_ends_well(stack: Stack, alice: httpx2.Client) -> None:
    """An open WebSocket gets a proper close, the exit code is 0, and what was kept is kept."""
    kernel = stack.new_kernel(alice)
    container = stack.container("gateway")
    bearer = {"Authorization": alice.headers["Authorization"]}
    url = stack.channels("alice", kernel)

    with connect(url, additional_headers=bearer, proxy=None) as socket:
        container.stop(timeout=30)
        code = _close_code(socket)
    container.reload()
    state = container.attrs["State"]
    container.start()
    eventually(lambda: _serves(stack), within_seconds=30)
    stack.wait_ready(alice)

    assert code in (GOING_AWAY, SERVICE_RESTART)
    assert state["ExitCode"] == 0
    assert kernel in {model["id"] for model in alice.get("/alice/api/kernels").json()}


def _close_code(socket: ClientConnection) -> int:
    try:
        while True:
            socket.recv(timeout=10)  # what the kernel said before
    except ConnectionClosed as exc:
        return exc.rcvd.code if exc.rcvd else 1006


def _serves(stack: Stack) -> bool:
    try:
        return httpx2.get(f"{stack.url}/-/readyz").status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False
