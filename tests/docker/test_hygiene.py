"""What the gateway's container may do, and what it gives away (threats T14 and F12)."""

import json
import subprocess

import httpx2
import pytest

from tests.stack import PASSWORD, Stack


def test_container_has_no_rights(stack: Stack) -> None:
    """Not root, nothing to write to but the store and /tmp, no capabilities, no way to gain any."""
    inspected = stack.container("gateway").attrs
    host = inspected["HostConfig"]

    assert inspected["Config"]["User"] == "10001:10001"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]
    assert host["PidsLimit"]
    assert host["Memory"]
    assert not any("docker.sock" in mount["Source"] for mount in inspected["Mounts"])


def test_process_has_no_rights(stack: Stack) -> None:
    """The kernel agrees."""
    status = dict(
        line.split(":", 1) for line in stack.run_in("gateway", "cat /proc/self/status").splitlines()
    )

    assert status["Uid"].split() == ["10001"] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"


@pytest.mark.parametrize("path", ["/x", "/etc/gateway/x", "/opt/gateway/x", "/run/secrets/x"])
def test_nothing_but_the_store_can_be_written(stack: Stack, path: str) -> None:
    """Neither the program nor the configuration can be changed from inside."""
    code, _ = stack.container("gateway").exec_run(["touch", path])

    assert code != 0


def test_ports_are_published_to_this_machine_alone(stack: Stack) -> None:
    """Who wants more says so."""
    bindings = stack.container("gateway").attrs["HostConfig"]["PortBindings"]

    assert {binding["HostIp"] for binding in bindings["8000/tcp"]} == {"127.0.0.1"}


def test_image_says_what_it_is(stack: Stack) -> None:
    """Labels, health check and stop signal are there."""
    image = stack.container("gateway").image.attrs["Config"]

    assert image["Labels"]["org.opencontainers.image.title"] == "notebook-gateway"
    assert image["Healthcheck"]["Test"] == ["CMD", "gateway", "healthcheck"]
    assert image["StopSignal"] == "SIGTERM"


def test_f12_no_secret_is_given_away(stack: Stack, alice: httpx2.Client, alice_token: str) -> None:
    """No key, token or password in the log, the image's history or what the engine tells."""
    with stack.logged_in("alice"):
        pass
    key = stack.run_in("gateway", "cat /run/secrets/remote_key").splitlines()[1]
    newest = (
        "cd /home/alice/.local/share/jupyter/runtime && cat $(ls -t jpserver-*.json | head -n 1)"
    )
    notebook_token = json.loads(stack.run_in("remote", f"sh -c '{newest}'", user="alice"))["token"]
    secrets = (key, alice_token, PASSWORD, notebook_token)

    alice.get("/alice/api/status", params={"token": alice_token}).raise_for_status()
    told = _told_about(stack)

    assert [secret[:8] for secret in secrets if secret in told] == []


def _told_about(stack: Stack) -> str:
    container = stack.container("gateway")
    history = subprocess.run(
        ["docker", "history", "--no-trunc", container.image.id],
        capture_output=True,
        text=True,
        check=True,
    )
    return container.logs().decode() + history.stdout + json.dumps(container.attrs)
