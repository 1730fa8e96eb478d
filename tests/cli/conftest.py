"""What the command line's tests share: a runner, a deployment, and a gateway that answers."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from typer.testing import CliRunner, Result

from gateway.cli.app import app

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of this machine's own environment reaches a test, nor a test this machine's keyring."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    for variable in ("CONFIG", "URL", "TOKEN", "TOKEN_FILE"):
        monkeypatch.delenv(f"GATEWAY_{variable}", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    yield
    keyring.set_keyring(before)


@pytest.fixture
def run() -> Run:
    """Run the command with arguments, as a script would: without a terminal."""
    runner = CliRunner()

    def running(*arguments: object, stdin: str | None = None) -> Result:
        result = runner.invoke(app, [str(argument) for argument in arguments], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A good configuration with its store beside it."""
    file = tmp_path / "gateway.yaml"
    file.write_text(
        f"""\
server: {{public_url: http://localhost:8000, listen: 127.0.0.1:8000}}
store: sqlite:///{tmp_path}/gateway.db
remotes:
  lab: {{host: 127.0.0.1, login: gateway, agent: true, host_key_policy: accept-new}}
notebooks:
  alice: {{remote: lab, port: 7001}}
members:
  alice: {{groups: [lab]}}
  bob: {{groups: [lab], admin: true}}
"""
    )
    return file


class Answers(ThreadingHTTPServer):
    """A gateway that says what it was told to, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answers: dict[str, tuple[int, object]] = {}
        self.asked: list[tuple[str, str | None, str | None]] = []
        self.sent: list[tuple[str, str, object]] = []
        """Method, path and document of what was to change something."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"], self.headers["Host"]))
        self._answer(*self.server.answers.get(self.path, (404, {"detail": "no such notebook"})))

    def _answer(self, status: int, document: object) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"] or 0)
        document = json.loads(self.rfile.read(length)) if length else None
        self.server.sent.append((self.command, self.path, document))
        self._answer(*self.server.answers.get(self.path, (404, {"detail": "no such notebook"})))

    def do_DELETE(self) -> None:
        self.server.sent.append((self.command, self.path, None))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def answers() -> Iterator[Answers]:
    """A gateway on loopback."""
    with Answers() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate that nobody vouches for, and its key."""
    files = tmp_path / "tls.crt", tmp_path / "tls.key"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=notebooks.example.org",
            "-out",
            files[0],
            "-keyout",
            files[1],
        ],
        check=True,
        capture_output=True,
    )
    files[1].chmod(0o600)
    return files
