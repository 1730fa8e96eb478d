"""The gateway is told to stop, and comes back."""

import httpx2
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.stack import Stack, eventually

SERVICE_RESTART = 1012
"""IANA's registry; after 1000 or 1001 JupyterLab stays away for good."""


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
    first = _first_answer(alice)
    stack.wait_ready(alice)

    assert code == SERVICE_RESTART
    assert first in {httpx2.codes.OK, httpx2.codes.SERVICE_UNAVAILABLE}
    assert state["ExitCode"] == 0
    assert kernel in {model["id"] for model in alice.get("/alice/api/kernels").json()}


def _close_code(socket: ClientConnection) -> int:
    try:
        while True:
            socket.recv(timeout=10)  # what the kernel said before
    except ConnectionClosed as exc:
        return exc.rcvd.code if exc.rcvd else 1006


def _first_answer(alice: httpx2.Client) -> int:
    """Ask for a notebook from the moment of the start; its tunnel is not dialled yet then."""
    answers: list[int] = []

    def answered() -> bool:
        try:
            answers.append(alice.get("/alice/api/status").status_code)
        except httpx2.TransportError:
            return False
        return True

    eventually(answered, within_seconds=30)
    return answers[0]
