"""Threat F7: another account of the remote takes the port of a notebook that is down, and gets nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.stack import Stack, eventually

PROGRAM = (Path(__file__).parent / "squatter.py").read_text()
LOOT = "/home/bob/loot"
LONGEST_SECONDS = 120
WORDS = "Somebody else's program listens at the notebook's place on the remote."


@contextmanager
def squatting(stack: Stack) -> Iterator[None]:
    """Let bob's program wait for Alice's port, and hold it until we leave."""
    stack.run_in("remote", f"sh -c 'rm -rf {LOOT}; mkdir {LOOT}'", user="bob")
    command = ["python3", "-c", PROGRAM, "7001", str(LONGEST_SECONDS), LOOT]
    stack.container("remote").exec_run(command, user="bob", detach=True)
    eventually(lambda: has(stack, "pid"), within_seconds=10)
    try:
        yield
    finally:
        stack.run_in("remote", f"sh -c 'kill $(cat {LOOT}/pid)'", user="bob")
        stack.run_in("remote", "notebook start alice")


def has(stack: Stack, file: str) -> bool:
    return file in stack.run_in("remote", f"ls {LOOT}", user="bob").split()


def loot(stack: Stack, file: str) -> str:
    return stack.run_in("remote", f"cat {LOOT}/{file}", user="bob")


def takes_over(stack: Stack) -> None:
    """Stop Alice's notebook, and return when bob has its port."""
    stack.run_in("remote", "notebook stop alice")
    eventually(lambda: has(stack, "holds"), within_seconds=10)


@contextmanager
def visitors(stack: Stack, token: str) -> Iterator[list[int]]:
    """Let three members' programs ask for Alice's notebook all the time; yield the answers' statuses."""
    statuses: list[int] = []
    over = threading.Event()

    def visit() -> None:
        with stack.client(token) as client:
            while not over.is_set():
                statuses.append(client.get("/alice/api/status").status_code)

    threads = [threading.Thread(target=visit) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.timeout(180)
def test_f7_squatter_hears_nothing(stack: Stack, alice: httpx2.Client, alice_token: str) -> None:
    """He takes over in the midst of traffic, with idle connections and a WebSocket open, and hears not a byte."""
    url = stack.channels("alice", stack.new_kernel(alice))
    headers = {"Authorization": f"Bearer {alice_token}"}
    since = len(stack.container("gateway").logs())
    with squatting(stack):
        with (
            visitors(stack, alice_token) as statuses,
            connect(url, additional_headers=headers, proxy=None, max_queue=None) as websocket,
        ):
            takes_over(stack)
            before = len(statuses)
            eventually(lambda: len(statuses) > before + 20, within_seconds=30)
            assert loot(stack, "heard") == ""
            eventually(lambda: ended(websocket), within_seconds=30)

        assert stack.state(alice, "alice") == "refused"
        refused = alice.get("/alice/api/status")
        with stack.logged_in("alice") as browser:
            page = browser.get("/alice/lab")
        with pytest.raises(InvalidStatus) as handshake, connect(url, additional_headers=headers):
            pass
        log = stack.container("gateway").logs()[since:].decode()

        assert loot(stack, "heard") == ""
    assert {200, 503} == set(statuses)
    bob, her = (stack.run_in("remote", f"id -u {name}").strip() for name in ("bob", "alice"))
    told = f"port 7001 of remote is held by uid {bob}, not by alice (uid {her})"
    assert refused.status_code == handshake.value.response.status_code == page.status_code == 503
    assert WORDS in refused.json()["detail"]
    assert WORDS in page.text.replace("&#39;", "'")
    assert log.count(f"notebook alice: now refused: {told}") == 1
    eventually(lambda: stack.state(alice, "alice") == "ready", within_seconds=30)
    assert alice.get("/alice/api/status").status_code == 200


@pytest.mark.timeout(180)
def test_f7_squatter_who_was_there_first(stack: Stack, alice: httpx2.Client) -> None:
    """A gateway that starts while bob holds the port tells him nothing either, and finds her once she is back."""
    token = stack.new_token("alice", service="gateway-host")
    base = f"http://localhost:{stack.host_entry.port}"
    with (
        httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}) as client,
        squatting(stack),
    ):
        takes_over(stack)
        eventually(lambda: stack.state(alice, "alice") == "refused", within_seconds=25)
        stack.container("gateway-host").restart(timeout=10)
        eventually(lambda: answers(client), within_seconds=30)
        eventually(lambda: stack.state(client, "alice") == "refused", within_seconds=15)
        visit = client.get(
            "/api/status", headers={"Host": f"alice.localhost:{stack.host_entry.port}"}
        )

        assert visit.status_code == 503
        assert loot(stack, "heard") == ""
    with httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}) as client:
        eventually(lambda: stack.state(client, "alice") == "ready", within_seconds=30)


def ended(websocket: ClientConnection) -> bool:
    """Read what comes, if anything does; say whether that was all."""
    try:
        websocket.recv(timeout=0.1)
    except TimeoutError:
        return False
    except ConnectionClosed:
        return True
    return False


def answers(client: httpx2.Client) -> bool:
    try:
        return client.get("/-/readyz").status_code == 200
    except httpx2.TransportError:
        return False
