"""A whole gateway on loopback, as a process of its own, and the browsers of its members."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from typer.testing import CliRunner

from gateway.cli.app import app
from tests.conftest import ROOT, free_port

PASSWORD = "correct horse battery staple"
FILE = """
version: 1
server: {{listen: "127.0.0.1:{port}", admin_listen: "", public_url: "http://localhost:{port}"}}
remotes:
  lab: {{host: 127.0.0.1, port: 1, login: gateway, agent: true, host_key_policy: accept-new}}
notebooks:
  alice: {{remote: lab, port: 7001}}
members:
  alice: {{}}
  bob: {{}}
store: sqlite:///{folder}/gateway.db
log: {{format: text}}
"""


@dataclass(frozen=True)
class Running:
    """A gateway that runs."""

    url: str
    config: Path

    @contextmanager
    def browser(self, member: str) -> Iterator[httpx2.Client]:
        """Open a browser in which a member is logged in."""
        with httpx2.Client(base_url=self.url, timeout=30) as client:
            fields = {"member": member, "password": PASSWORD}
            assert send(client, "/-/login", "/-/login", fields).status_code == 303
            yield client

    def tokens(self, member: str) -> list[str]:
        """Return what a member's tokens are called."""
        with self.browser(member) as client:
            listed = client.get("/-/api/v1/me/tokens", headers={"Sec-Fetch-Mode": "navigate"})
        return [token["label"] for token in listed.json()]


def send(browser: httpx2.Client, page: str, action: str, fields: dict[str, str]) -> httpx2.Response:
    """Fill in the form of a page, and send it."""
    shown = browser.get(page)
    assert shown.status_code == 200, shown.text
    form = re.search(r'name="csrf" value="([^"]+)"', shown.text)
    assert form is not None
    origin = {"Origin": str(browser.base_url).rstrip("/")}
    return browser.post(action, data={"csrf": form[1], **fields}, headers=origin)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Run a gateway whose members have passwords."""
    port, config = free_port(), folder / "gateway.yaml"
    config.write_text(FILE.format(port=port, folder=folder))
    for member in ("alice", "bob"):
        given = ["members", "password", member, "--stdin", "--config", str(config)]
        result = CliRunner().invoke(app, given, input=f"{PASSWORD}\n")
        assert result.exit_code == 0, result.stderr
    log = folder / "log"
    with (
        log.open("w") as written,
        subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--config", str(config)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            _wait(process)
            yield Running(f"http://localhost:{port}", config)
        finally:
            process.terminate()
            written.write(process.communicate(timeout=20)[1])


def _wait(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "members find the gateway" in line:
            return
    raise AssertionError("".join(lines))
