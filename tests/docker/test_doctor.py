"""gateway doctor against a real sshd and real notebooks: it names the hop that fails, and the fix."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.docker.broken import SECURE, STOPPED, Broken, broken
from tests.stack import Stack, hidden_fields

UNREACHABLE, TIMED_OUT = 7, 8
API = "/-/api/v1/notebooks"


@pytest.fixture(scope="module")
def setups(stack: Stack) -> Iterator[Broken]:
    """Everything broken, once for all tests here."""
    with broken(stack) as made:
        yield made


@pytest.mark.parametrize(
    ("notebook", "hop", "wrong", "fix"),
    [
        ("wrong-port", "TCP connection", "refuses connections at port 2299", "remotes.nobody.port"),
        ("wrong-key", "log-in", "does not let alice in with the key /tmp/doctor_stranger (SHA256:", "remotes key stranger --for wrong-key"),
        ("changed-key", "host key", "shows another host key (ssh-ed25519 SHA256:", "gateway remotes trust changed --fingerprint SHA256:"),
        ("forwarding-off", "channel to the notebook", "AllowTcpForwarding", "AllowTcpForwarding local"),
        ("permit-other", "channel to the notebook", "to localhost:7002, but not to port 7001: PermitOpen", "PermitOpen 127.0.0.1:7001 localhost:7001"),
        ("https-as-http", "TLS", f"port {SECURE} of anything speaks TLS", "https-as-http.scheme to https or auto"),
        ("http-as-https", "TLS", "speaks plain http", "http-as-https.scheme to http or auto"),
        ("self-signed", "TLS", "is not one that the gateway may trust", 'verify: "SHA256:'),
        ("wrong-base-url", "base URL", "lives below /elsewhere/, but its answers do not", "without a base URL"),
        ("stopped", "channel to the notebook", f"Nothing listens at port {STOPPED}", f"jupyter lab --no-browser --port={STOPPED}"),
        ("dns", "name resolution", "The name lab.invalid of remote nowhere does not resolve", "remotes.nowhere.host"),
    ],
)  # fmt: skip
def test_broken(setups: Broken, notebook: str, hop: str, wrong: str, fix: str) -> None:
    """One hop fails, one sentence says what is wrong and one says the fix; nothing behind it is claimed."""
    verdict = setups.doctor(notebook, "-o", "json")

    before, failing, behind = split(verdict.findings)
    assert verdict.exit_code == UNREACHABLE
    assert failing["step"] == hop
    assert wrong in failing["wrong"]
    assert fix in failing["fix"]
    assert {finding["outcome"] for finding in before} <= {"ok"}
    assert {finding["outcome"] for finding in behind} <= {"not_reached"}
    assert verdict.errors == f"gateway: {notebook} fails at: {hop}\n"


def test_hung_notebook_times_out(setups: Broken) -> None:
    """A stopped process still takes connections; its end code is that of a time-out."""
    verdict = setups.doctor("hung", "-o", "json")

    _, failing, _ = split(verdict.findings)
    assert verdict.exit_code == TIMED_OUT
    assert failing["step"] == "HTTP"
    assert "takes connections" in failing["wrong"]
    assert "kill -CONT" in failing["fix"]


def test_healthy_notebook_is_healthy(setups: Broken) -> None:
    """And the key that our own documentation makes for it can do nothing else."""
    verdict = setups.doctor("healthy")

    assert verdict.exit_code == 0
    assert "All is well with healthy." in verdict.text
    assert "✗" not in verdict.text
    assert "!" not in verdict.text


def test_powerful_key_is_warned_of(setups: Broken) -> None:
    """Every right that is not needed, what it means and how to take it away; a warning is no failure."""
    verdict = setups.doctor("powerful", "-o", "json")

    warned = {right["step"] for right in verdict.rights if right["outcome"] == "warning"}
    assert verdict.exit_code == 0
    assert warned == {"commands", "other ports", "listening there", "writing files"}
    assert all("remotes key anything --for powerful" in right["fix"] for right in verdict.rights)


def test_rights_are_tried_without_a_trace(setups: Broken, stack: Stack) -> None:
    """No listener, no file and no process stays behind."""

    def traces() -> tuple[str, str]:
        listeners = stack.run_in("remote", "ss -Htln")
        return listeners, stack.run_in("remote", "ls -A /home/alice", user="alice")

    before = traces()
    setups.doctor("powerful")

    assert traces() == before


def test_one_refused_log_in_at_most(setups: Broken, stack: Stack) -> None:
    """OpenSSH bars an address that is refused too often."""
    before = refusals(stack)
    setups.doctor("wrong-key")

    assert refusals(stack) == before + 1


def test_all_at_once(setups: Broken) -> None:
    """Without a name: a line for each."""
    verdict = setups.doctor()

    outcomes = {line.split()[0]: line.split()[1] for line in verdict.text.splitlines()[1:]}
    assert verdict.exit_code == UNREACHABLE
    assert outcomes["healthy"] == "ok"
    assert outcomes["powerful"] == "ok"
    assert {outcomes[name] for name in ("dns", "hung", "stopped", "wrong-key")} == {"failed"}


def test_the_running_gateway_is_asked(stack: Stack, alice: httpx2.Client, alice_token: str) -> None:
    """From the owner's own machine, which has no key and no configuration."""
    environment = {
        "GATEWAY_URL": stack.url,
        "GATEWAY_TOKEN": alice_token,
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [Path(sys.executable).parent / "gateway", "doctor", "alice"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "Jupyter 2." in done.stdout
    assert "All is well with alice." in done.stdout
    assert "what the credential" not in done.stdout  # for administrators


def test_live_tunnel_is_left_alone(stack: Stack, alice: httpx2.Client) -> None:
    """A diagnosis has a connection of its own, and ends it."""
    before = stack.connections(login="alice")

    answer = alice.post(f"{API}/alice/diagnosis", json={})

    assert answer.status_code == 200
    assert stack.connections(login="alice") == before


def test_page_shows_it_hop_by_hop(stack: Stack, alice: httpx2.Client) -> None:
    """A form, and no script."""
    with stack.logged_in("alice") as browser:
        fields = hidden_fields(browser.get("/-/status").text)
        headers = {"Origin": stack.url}
        answer = browser.post("/-/status/alice/diagnosis", data=fields, headers=headers)

    assert answer.status_code == 200
    assert re.search(r"Jupyter 2\.[0-9.]+", answer.text)
    assert "All is well: alice answers." in answer.text


Findings = list[dict[str, str]]


def split(findings: Findings) -> tuple[Findings, dict[str, str], Findings]:
    """Return what was found before the hop that fails, that hop, and what lies behind it."""
    (place,) = [n for n, finding in enumerate(findings) if finding["outcome"] == "failed"]
    return findings[:place], findings[place], findings[place + 1 :]


def refusals(stack: Stack) -> int:
    """Return how often the remote has refused a key of Alice's."""
    log = stack.container("remote").logs().decode()
    return len(re.findall(r"Connection (?:closed|reset) by authenticating user alice", log))
