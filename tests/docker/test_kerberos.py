"""The gateway's Kerberos image: by a keytab, into a remote that takes nothing else, past a KDC in a container."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.timeout(600)  # the first run compiles gssapi

COMPOSE = ("docker", "compose", "--file", str(ROOT / "compose/kerberos.yaml"))


def compose(project: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMPOSE, "--project-name", project, *arguments],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def project(ports: tuple[int, int]) -> Iterator[str]:
    """The realm and the remote, running; ``ports`` has told Compose what to build on."""
    name = f"notebook-gateway-kerberos-{ports[0]}"
    try:
        for step in (("build",), ("up", "--wait", "kdc", "remote")):
            done = compose(name, *step)
            assert done.returncode == 0, done.stderr[-4000:]
        yield name
    finally:
        compose(name, "down", "--volumes", "--timeout", "5")


def test_logs_in_by_keytab(project: str) -> None:
    """And says whose ticket it has, and until when."""
    done = compose(project, "run", "--rm", "--no-deps", "gateway")

    assert done.returncode == 0, done.stdout + done.stderr
    tunnel, notebook = json.loads(done.stdout)
    assert (tunnel["name"], tunnel["state"]) == ("alice@lab", "up")
    assert tunnel["detail"].startswith("Kerberos ticket alice@LAB.TEST, ends in 9 h")
    assert (notebook["name"], notebook["state"]) == ("alice", "ready")


def test_says_what_is_wrong_with_a_principal(project: str) -> None:
    principal = "GATEWAY_REMOTES__LAB__GSSAPI__PRINCIPAL=bob@LAB.TEST"

    done = compose(project, "run", "--rm", "--no-deps", "--env", principal, "gateway")

    assert done.returncode == 7
    assert "No key table entry found for bob@LAB.TEST; klist -k" in done.stdout


@pytest.mark.parametrize("program", ["gcc", "cc", "cython", "pip"])
def test_no_compiler_stays(project: str, program: str) -> None:
    done = compose(project, "run", "--rm", "--no-deps", "--entrypoint", "which", "gateway", program)

    assert done.returncode == 1
    assert done.stdout == ""
