"""gateway.wiring.run: a whole gateway, as a process: it starts, reloads, drains and ends as it should."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parent.parent.parent
FILE = """
version: 1
server: {{listen: "127.0.0.1:{port}", public_url: "http://localhost:{port}", admin_listen: "127.0.0.1:{admin}"}}
members:
  alice: {{}}
store: sqlite:///{folder}/gateway.db
log: {{format: text}}
"""

pytestmark = pytest.mark.thorough

Serve = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return int(one.getsockname()[1]), int(two.getsockname()[1])


@pytest.fixture
def file(tmp_path: Path, ports: tuple[int, int]) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(FILE.format(port=ports[0], admin=ports[1], folder=tmp_path))
    return file


@pytest.fixture
def serve(file: Path) -> Iterator[Serve]:
    """Start gateways on the file; whatever still runs in the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "gateway", "serve", "--config", str(file)]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def said(process: "subprocess.Popen[str]", words: str) -> str:
    """Wait for a line with ``words`` on standard error, and return it."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended without saying {words!r}")


def test_life_of_a_gateway(serve: Serve, file: Path, ports: tuple[int, int]) -> None:
    """It answers, takes a new file by itself and on SIGHUP, and ends with 0 on SIGTERM."""
    gateway = serve()
    said(gateway, "members find the gateway at http://localhost")
    assert httpx2.get(f"http://127.0.0.1:{ports[0]}/-/readyz").text == "ready\n"
    assert "gateway_requests_total 1.0" in httpx2.get(f"http://127.0.0.1:{ports[1]}/metrics").text

    file.write_text(file.read_text().replace("alice: {}", "alice: {}\n  bob: {}"))
    said(gateway, "new configuration in force")
    os.utime(file.parent)
    gateway.send_signal(signal.SIGHUP)
    file.write_text("nonsense: [")
    said(gateway, "the old configuration stays")
    assert httpx2.get(f"http://127.0.0.1:{ports[0]}/-/livez").status_code == 200

    gateway.send_signal(signal.SIGTERM)
    said(gateway, "stopped")
    assert gateway.wait(timeout=20) == 0


def test_metrics_are_not_for_members(serve: Serve, ports: tuple[int, int]) -> None:
    said(serve(), "members find the gateway")

    answer = httpx2.get(f"http://127.0.0.1:{ports[0]}/metrics", follow_redirects=True)

    assert answer.status_code == 401
    assert "gateway_" not in answer.text


def test_taken_port_ends_with_1_and_says_so(serve: Serve, ports: tuple[int, int]) -> None:
    with socket.create_server(("127.0.0.1", ports[0])):
        gateway = serve()

        assert "address already in use" in said(gateway, "the gateway can't run").lower()
        assert gateway.wait(timeout=20) == 1


def test_bad_configuration_ends_with_78(serve: Serve, file: Path) -> None:
    file.write_text("servr: {}")
    gateway = serve()

    assert "servr" in said(gateway, "servr")
    assert gateway.wait(timeout=20) == 78
