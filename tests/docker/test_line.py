"""The line to the remote is cut for a moment, for longer, and reset; "make faults" measures the same, and more."""

import os
import time

import httpx2
import pytest
from websockets.sync.client import connect

from tests import requires
from tests.faults.wires import INTO, RESET, cut, filtered
from tests.stack import Stack, eventually

SHORT_SECONDS = 2.0
"""Shorter than the keepalive of compose/test/gateway.yaml allows."""

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(autouse=True)
def _in_their_network() -> None:
    requires.require(os.geteuid() == 0, "the right to enter a container's network")
    requires.program("nsenter", package="util-linux")
    requires.program("iptables", package="iptables")


def test_short_cut_loses_nothing(stack: Stack, alice: httpx2.Client) -> None:
    """What was on its way arrives; the WebSocket and the tunnel are those of before."""
    held = stack.connections(login="alice")
    bearer = {"Authorization": alice.headers["Authorization"]}
    url = stack.path_entry.websocket("alice", "api/events/subscribe")

    with connect(url, additional_headers=bearer, proxy=None) as socket:
        with cut(stack, "remote"):
            answered = socket.ping()
            time.sleep(SHORT_SECONDS)

        assert answered.wait(30)
    assert alice.get("/alice/api/status").status_code == 200
    assert stack.connections(login="alice") == held


def test_silent_cut_is_noticed_and_told(stack: Stack, alice: httpx2.Client) -> None:
    """Nobody says a word; who asks is told soon, and at once from then on, and is served when it is over."""
    with cut(stack, "remote"):
        first = alice.get("/alice/api/status")
        state = stack.state(alice, "alice")
        eventually(lambda: _told_at_once(alice), within_seconds=20)
    eventually(lambda: alice.get("/alice/api/status").status_code == 200, within_seconds=20)

    assert first.status_code == 503
    assert int(first.headers["retry-after"]) > 0
    assert state == "reconnecting"


def test_reset_is_only_a_delay(stack: Stack, alice: httpx2.Client) -> None:
    """The request that finds the connection reset gets its answer through a new one."""
    held = stack.connections(login="alice")
    alice.get("/alice/api/status").raise_for_status()

    with filtered(stack, "remote", (*INTO, *RESET)):
        eventually(lambda: stack.state(alice, "alice") != "ready", within_seconds=20)
    answer = alice.get("/alice/api/status")

    assert answer.status_code == 200
    assert stack.connections(login="alice") - held  # sshd may still hold what a test before has cut


def _told_at_once(client: httpx2.Client) -> bool:
    begun = time.monotonic()
    status = client.get("/alice/api/status").status_code
    return status == httpx2.codes.SERVICE_UNAVAILABLE and time.monotonic() - begun < 1
