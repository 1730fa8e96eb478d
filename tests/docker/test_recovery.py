"""The remote goes away and comes back; nothing else is touched."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from docker.models.containers import Container

from tests.stack import Stack, eventually, greets


@pytest.mark.timeout(180)
def test_notebook_comes_back_with_its_remote(stack: Stack, alice: httpx2.Client) -> None:
    """Killed: "reconnecting". Started: usable within 5 s after sshd and the notebook are back."""
    with stack.logged_in("alice") as browser, killed(stack.container("remote")):
        eventually(lambda: stack.state(alice, "alice") == "reconnecting", within_seconds=10)

        assert "reconnecting" in browser.get("/").text.lower()

    address = stack.address("remote")
    eventually(lambda: greets(address, 22, greeting=b"SSH-2.0-"), within_seconds=30)
    eventually(lambda: _notebook_listens(stack), within_seconds=60)
    eventually(lambda: stack.state(alice, "alice") == "ready", within_seconds=5)

    assert alice.get("/alice/api/status").status_code == 200


def test_stopped_notebook_costs_no_tunnel(stack: Stack, alice: httpx2.Client) -> None:
    """A notebook that stops is "stopped"; its SSH connection stays as it is."""
    before = stack.connections(login="alice")

    stack.run_in("remote", "notebook stop alice")
    alice.get("/alice/api/status")  # who asks for it finds it gone
    eventually(lambda: stack.state(alice, "alice") == "stopped", within_seconds=10)
    stack.run_in("remote", "notebook start alice")
    eventually(lambda: stack.state(alice, "alice") == "ready", within_seconds=30)

    assert stack.connections(login="alice") == before


def test_notebook_with_its_own_base_url_just_works(stack: Stack, alice: httpx2.Client) -> None:
    """Restarted with another base URL, the notebook is found under the same route."""
    stack.run_in("remote", "notebook stop alice")
    stack.run_in("remote", "notebook start alice --ServerApp.base_url=/alice/")
    eventually(lambda: alice.get("/alice/api/status").status_code == 200, within_seconds=30)

    stack.run_in("remote", "notebook stop alice")
    stack.run_in("remote", "notebook start alice")
    eventually(lambda: alice.get("/alice/api/status").status_code == 200, within_seconds=30)


@contextmanager
def killed(container: Container) -> Iterator[None]:
    """Kill a container, and start it again."""
    container.kill()
    try:
        yield
    finally:
        container.start()


def _notebook_listens(stack: Stack) -> bool:
    return ":7001" in stack.run_in("remote", "ss -Hltn sport = :7001")
