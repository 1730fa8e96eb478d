"""One notebook for many members, and for nobody else."""

from contextlib import ExitStack

import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.stack import Stack

CLASS = ("alice", "carol", *(f"student-{number}" for number in range(1, 9)))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def channels(url: str, token: str) -> ClientConnection:
    """Open a kernel's WebSocket; what the kernel says is not read, and must not hold back the pongs."""
    headers = bearer(token)
    return connect(url, additional_headers=headers, proxy=None, max_queue=None, ping_interval=None)


def test_ten_members_share_one_ssh_connection(stack: Stack, alice: httpx2.Client) -> None:
    """Ten WebSockets of ten members to one notebook are ten channels of one connection."""
    url = stack.channels("alice", stack.new_kernel(alice))
    tokens = [stack.new_token(member) for member in CLASS]

    with ExitStack() as held:
        sockets = [held.enter_context(channels(url, token)) for token in tokens]
        pongs = [socket.ping() for socket in sockets]

        assert all(pong.wait(10) for pong in pongs)
        assert len(stack.connections(login="alice")) == 1


def test_notebook_without_a_grant_is_not_there(stack: Stack, bob: httpx2.Client) -> None:
    """Bob can't tell Alice's notebook from one that doesn't exist."""
    hers = bob.get("/alice/api/status")
    nobodys = bob.get("/nobody/api/status")

    assert hers.status_code == nobodys.status_code == 404
    assert hers.headers["Content-Type"] == nobodys.headers["Content-Type"]
    assert hers.text.replace("alice", "nobody") == nobodys.text


def test_page_without_a_grant_is_not_there(stack: Stack) -> None:
    """The same with a session, in a browser."""
    with stack.logged_in("bob") as browser:
        assert browser.get("/bob/", follow_redirects=True).status_code == 200
        assert browser.get("/alice/").status_code == 404


def test_web_socket_without_a_grant_is_refused(
    stack: Stack, alice: httpx2.Client, bob_token: str
) -> None:
    """The kernel exists, and Bob is told that it doesn't."""
    url = stack.channels("alice", stack.new_kernel(alice))

    with (
        pytest.raises(InvalidStatus) as refusal,
        connect(url, additional_headers=bearer(bob_token), proxy=None),
    ):
        pass

    assert refusal.value.response.status_code == 404


def test_stranger_is_asked_to_log_in(stack: Stack, alice: httpx2.Client) -> None:
    """Without a session a page leads to the log-in, and the API says 401."""
    with stack.client() as stranger:
        page = stranger.get("/alice/lab?reset", headers={"Accept": "text/html"})
        call = stranger.get("/alice/api/status")

    assert page.status_code == 303
    assert page.headers["Location"].startswith("/-/login?next=")
    assert call.status_code == 401


def test_host_routing_leads_to_the_same_notebook(stack: Stack) -> None:
    """The second gateway names notebooks by host, and both share the remote."""
    token = stack.new_token("alice", service="gateway-host")
    host = {"Host": f"alice.localhost:{stack.host_entry.port}"}

    answer = httpx2.get(
        f"http://127.0.0.1:{stack.host_entry.port}/api/status", headers=host | bearer(token)
    )

    assert answer.status_code == 200
    assert "kernels" in answer.json()
