"""A terminal logs in by a code, has a notebook at a port of its own machine, and logs out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from jupyter_kernel_client import JupyterKernelClient

from tests.conftest import ROOT
from tests.stack import Stack, hidden_fields

COMMAND = (sys.executable, "-m", "gateway")


class Terminal:
    """A machine on which nobody is logged in yet."""

    def __init__(self, folder: Path) -> None:
        kept = {
            n: v
            for n, v in os.environ.items()
            if not n.startswith(("GATEWAY_URL", "GATEWAY_TOKEN"))
        }
        keyring = "keyring.backends.fail.Keyring"
        self._environ = kept | {"XDG_CONFIG_HOME": str(folder), "PYTHON_KEYRING_BACKEND": keyring}

    @contextmanager
    def running(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Run a command beside the test."""
        with subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def log_in(self, stack: Stack, member: str) -> None:
        """Log in by a code, which the member types into a browser."""
        with self.running("login", stack.url, "--device") as process:
            assert process.stderr is not None
            shown = (re.match(r" +([A-Z]{4}-[A-Z]{4})$", line) for line in process.stderr)
            code = next(found[1] for found in shown if found is not None)
            with stack.logged_in(member) as browser:
                fields = hidden_fields(browser.get(f"/-/device?user_code={code}").text)
                browser.post(
                    "/-/device",
                    data=fields | {"decision": "approve"},
                    headers={"Origin": stack.url},
                )
            assert process.wait(timeout=30) == 0


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.mark.timeout(180)
def test_a_notebook_at_a_local_port(stack: Stack, alice: httpx2.Client, terminal: Terminal) -> None:
    """A tool that knows of no token runs code in the notebook; once logged out, nothing gets in any more."""
    terminal.log_in(stack, "alice")
    with terminal.running("connect", "alice", "--port", "0") as process:
        assert process.stdout is not None
        here = process.stdout.readline().strip()
        page = httpx2.get(f"{here}alice/lab", timeout=30)
        with JupyterKernelClient(server_url=here.rstrip("/"), token="") as kernel:
            reply = kernel.execute("print(6 * 7)", timeout=60)
        foreign = httpx2.get(f"{here}api/status", headers={"Origin": "https://evil.example"})
        terminal.run("logout")
        after = httpx2.get(f"{here}api/status")

    assert '"baseUrl": "/alice/"' in page.text
    assert reply["outputs"][0]["text"].strip() == "42"
    assert foreign.status_code == 403
    assert after.status_code == 401
    assert terminal.run("ls").returncode == 4
