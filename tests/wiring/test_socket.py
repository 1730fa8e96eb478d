"""A whole gateway, OpenSSH's sshd and a real Jupyter at a Unix socket: as docs/how-to/use-a-unix-socket.md has it."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from tests.conftest import free_port
from tests.tunnels.fakes import Keys
from tests.tunnels.openssh import Sshd, login, sshd

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]

PATIENCE_SECONDS = 90
KEY_OPTIONS = 'restrict,port-forwarding,permitlisten="localhost:1",command="internal-sftp -R -d {}"'
FILE = """
version: 1
server: {{listen: "127.0.0.1:{port}", public_url: "http://localhost:{port}"}}
remotes:
  lab: {{host: 127.0.0.1, port: {ssh}, login: {login}, identity: {key}, host_key: "{host_key}"}}
notebooks:
  alice: {{remote: lab, socket: {socket}}}
members:
  alice: {{}}
store: sqlite:///{folder}/gateway.db
log: {{format: text}}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def home() -> Iterator[Path]:
    """A login's home, at a path that is short enough for a socket's."""
    folder = Path(tempfile.mkdtemp(prefix="home-"))
    (folder / "run").mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.made_in(tmp_path)


@pytest.fixture
async def remote(keys: Keys, tmp_path: Path, home: Path) -> AsyncIterator[Sshd]:
    """An sshd that allows the gateway what the how-to says, and nothing beside it."""
    async with sshd(tmp_path / "sshd", keys, "Subsystem sftp internal-sftp -R") as served:
        line = f"{KEY_OPTIONS.format(home)} {keys.member.export_public_key().decode()}"
        (served.folder / "authorized_keys").write_text(line)
        yield served


@asynccontextmanager
async def running(
    *command: str, env: dict[str, str], words: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program that has said ``words`` on standard error; end it on the way out."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=env, stderr=asyncio.subprocess.PIPE
    )
    try:
        await said(process, words)
        yield process
    finally:
        process.terminate()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, words: str) -> str:
    """Wait for a line with ``words`` on standard error, and return it."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for line in process.stderr:
            if words in line.decode():
                return line.decode()
    raise AssertionError(f"it ended without saying {words!r}")


def jupyter(home: Path, socket: Path) -> tuple[list[str], dict[str, str]]:
    """Return how a login starts its notebook at a socket, in a fresh environment."""
    command = ["-m", "jupyterlab", "--no-browser", f"--sock={socket}"]
    root = ["--allow-root"] if os.geteuid() == 0 else []
    programs = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    return command + root, {"HOME": str(home), "PATH": programs, "LANG": "C.UTF-8"}


def new_token(config: Path) -> str:
    command = [sys.executable, "-m", "gateway", "tokens", "create", "--member", "alice"]
    done = subprocess.run(
        [*command, "--config", str(config)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


async def computed(url: str, token: str, code: str) -> str:
    """Run ``code`` in a new kernel, over its WebSocket, and return what it prints."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        made = await client.post("/alice/api/kernels", json={"name": "python3"})
    assert made.status_code == 201, made.text
    channels = f"{url}/alice/api/kernels/{made.json()['id']}/channels".replace("http", "ws", 1)
    request = {
        "channel": "shell",
        "header": {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"},
        "parent_header": {},
        "metadata": {},
        "content": {"code": code, "silent": False},
    }
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        connect(channels, additional_headers=headers, proxy=None) as websocket,
    ):
        await websocket.send(json.dumps(request))
        async for text in websocket:
            message = json.loads(text)
            if message["msg_type"] == "stream":
                return str(message["content"]["text"])
    raise AssertionError("the kernel hung up")


@pytest.mark.timeout(240)
async def test_jupyter_at_a_socket(remote: Sshd, keys: Keys, home: Path, tmp_path: Path) -> None:
    """Its token is found by the socket's path; pages, kernels and WebSockets work; its owner is seen to."""
    socket, port = home / "run/jupyter.sock", free_port()
    config = tmp_path / "gateway.yaml"
    host_key = keys.host.get_fingerprint()
    config.write_text(
        FILE.format(
            port=port,
            ssh=remote.port,
            login=login(),
            key=keys.path("member"),
            host_key=host_key,
            socket=socket,
            folder=tmp_path,
        )
    )
    command, environment = jupyter(home, socket)
    serve = ["-m", "gateway", "serve", "--config", str(config)]
    url = f"http://127.0.0.1:{port}"
    async with running(*serve, env=dict(os.environ), words="now stopped") as gateway:
        token = await asyncio.to_thread(new_token, config)
        async with running(*command, env=environment, words="is running at"):
            ready = await said(gateway, "notebook alice: now ready")
            async with httpx2.AsyncClient(
                base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60
            ) as client:
                page = await client.get("/alice/lab")
            printed = await computed(url, token, "print(6 * 7)")
            mode = socket.stat().st_mode & 0o777
        stopped = await said(gateway, "notebook alice: now ")

    assert "token: runtime file, listener: own" in ready
    assert page.status_code == 200
    assert "jupyter-config-data" in page.text
    assert printed == "42\n"
    assert mode == 0o600
    assert "now stopped" in stopped
