"""What the demo's tests share: a demo that runs, in a process of its own."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from gateway.demo.run import SERVE
from gateway.demo.stage import RUNTIME, free_ports

ROOT = Path(__file__).parent.parent.parent
FAKE_GATEWAY = (sys.executable, str(Path(__file__).parent / "fake_gateway.py"))
CODE = (
    "import sys; from gateway.demo import main; sys.exit(main({port}, {password!r}, serve={serve}))"
)
LAST_LINE = "Ctrl-C stops the demo"
PASSWORD = "correct horse battery"


@dataclass
class Shown:
    """A demo that runs."""

    process: subprocess.Popen[str]
    port: int
    temporary: Path
    programme: str

    @property
    def folder(self) -> Path:
        return next(self.temporary.glob("gateway-demo-*"))

    def home(self, login: str) -> Path:
        return self.folder / "home" / login

    def server(self, login: str) -> dict[str, object]:
        file = next((self.home(login) / RUNTIME).glob("jpserver-*.json"))
        found: dict[str, object] = json.loads(file.read_text())
        return found

    def ask(self, login: str, path: str, *, method: str = "GET") -> object:
        """Ask a notebook itself, past the gateway."""
        server = self.server(login)
        headers = {"Authorization": f"token {server['token']}"}
        request = urllib.request.Request(f"{server['url']}{path}", headers=headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def start(
    temporary: Path, *, port: int, password: str, serve: tuple[str, ...] = FAKE_GATEWAY
) -> subprocess.Popen[str]:
    """Start a demo whose files are beneath ``temporary``."""
    return subprocess.Popen(
        [sys.executable, "-c", CODE.format(port=port, password=password, serve=serve)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def show(temporary: Path, *, serve: tuple[str, ...]) -> Iterator[Shown]:
    """Run a demo until it says that it runs; kill it in the end if nobody has."""
    (port,) = free_ports(1)
    with start(temporary, port=port, password=PASSWORD, serve=serve) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if LAST_LINE in line:
                break
        else:
            assert process.stderr is not None
            pytest.fail(process.stderr.read())
        try:
            yield Shown(process, port, temporary, "".join(lines))
        finally:
            process.kill()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    """A demo with a fake in the gateway's place."""
    with show(tmp_path, serve=FAKE_GATEWAY) as running:
        yield running


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The whole demo, with the real gateway."""
    with show(tmp_path_factory.mktemp("whole"), serve=SERVE) as running:
        yield running
