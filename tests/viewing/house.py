"""A whole gateway in front of two real Jupyter servers: one with jupyter-collaboration, one without.

Alice owns both notebooks, carol may use them, bob may view them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import httpx2
import yaml

from gateway.demo.notebooks import environment
from gateway.demo.stage import RUNTIME, SETTINGS, free_ports, listening_socket
from tests.stack import PASSWORD, eventually, hidden_fields

ROOT = Path(__file__).parent.parent.parent
LIVE, SAVED = "live", "saved"
"""The notebook with jupyter-collaboration, and the one without."""
NOTEBOOKS = (LIVE, SAVED)
OWNER, USER, VIEWER = "alice", "carol", "bob"
START_SECONDS = 90
DOCUMENT = "work.ipynb"
TEXT = "notes.txt"


@dataclass(frozen=True)
class Place:
    """A notebook, from within."""

    name: str
    home: Path

    @property
    def server(self) -> Mapping[str, object]:
        """What Jupyter notes about itself: where it is, and its token."""
        (file,) = (self.home / RUNTIME).glob("jpserver-*.json")
        found: dict[str, object] = json.loads(file.read_text())
        return found

    @property
    def files(self) -> Path:
        """The root of what its page shows."""
        return self.home / "files"

    def ask(self, path: str, method: str = "GET", body: object = None) -> httpx2.Response:
        """Ask Jupyter itself, past the gateway."""
        server = self.server
        headers = {"Authorization": f"token {server['token']}"}
        url = f"http://127.0.0.1:{server['port']}/{path}"
        return httpx2.request(method, url, headers=headers, json=body, timeout=60)


@dataclass(frozen=True)
class House:
    """What runs."""

    port: int
    folder: Path
    places: Mapping[str, Place]

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://localhost:{self.port}"

    def log_in(self, member: str) -> httpx2.Client:
        """Return a client with ``member``'s session."""
        client = httpx2.Client(base_url=self.url, timeout=60)
        fields = hidden_fields(client.get("/-/login").text)
        told = fields | {"member": member, "password": PASSWORD}
        answer = client.post("/-/login", data=told, headers={"Origin": self.url})
        assert answer.status_code == httpx2.codes.SEE_OTHER, answer.text
        return client


@contextmanager
def opened(folder: Path, auth: Mapping[str, object] | None = None) -> Iterator[House]:
    """Start everything, and end it; with ``auth`` as the gateway's configuration has it."""
    port, *ports = free_ports(1 + len(NOTEBOOKS))
    places = {name: Place(name, folder / "home" / name) for name in NOTEBOOKS}
    with ExitStack() as running:
        remote = running.enter_context(listening_socket(0))
        numbers = dict(zip(NOTEBOOKS, ports, strict=True))
        _furnish(folder, port, remote.getsockname()[1], places, numbers)
        _configure(folder, auth or {})
        gateway = (sys.executable, "-m", "gateway")
        fd = remote.fileno()
        argv = (sys.executable, "-m", "gateway.demo.remote", str(folder / "accounts.json"), str(fd))
        _run(running, folder / "remote.log", argv, home=folder, fds=(fd,))
        for name, place in places.items():
            argv = _jupyter(numbers[name])
            _run(running, folder / f"{name}.log", argv, home=place.home, cwd=place.files)
        for place in places.values():
            runtime = place.home / RUNTIME
            eventually(
                lambda f=runtime: any(f.glob("jpserver-*.json")), within_seconds=START_SECONDS
            )
        for member in (OWNER, USER, VIEWER):
            config = ("--config", str(folder / "gateway.yaml"))
            command = (*gateway, "members", "password", member, "--stdin", *config)
            subprocess.run(command, cwd=ROOT, input=PASSWORD + "\n", text=True, check=True)
        serve = (*gateway, "serve", "--config", str(folder / "gateway.yaml"))
        _run(running, folder / "gateway.log", serve, home=folder)
        house = House(port, folder, places)
        eventually(lambda: _ready(house), within_seconds=START_SECONDS)
        yield house


def _ready(house: House) -> bool:
    try:
        if not httpx2.get(f"{house.url}/-/readyz").is_success:
            return False
        with closing(house.log_in(OWNER)) as client:
            return all(client.get(f"/{name}/api/status").is_success for name in NOTEBOOKS)
    except httpx2.TransportError:
        return False


def _run(
    running: ExitStack,
    log: Path,
    argv: tuple[str, ...],
    *,
    home: Path,
    cwd: Path = ROOT,
    fds: tuple[int, ...] = (),
) -> None:
    """Start a part, to be ended with the others."""
    output = running.enter_context(log.open("wb"))
    process = subprocess.Popen(
        argv, cwd=cwd, env=environment(home), stdout=output, stderr=output, pass_fds=fds
    )
    running.callback(process.wait, timeout=30)
    running.callback(process.terminate)


def _jupyter(port: int) -> tuple[str, ...]:
    root = ("--allow-root",) if os.geteuid() == 0 else ()
    return (sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", *root)


def _furnish(
    folder: Path, port: int, remote: int, places: Mapping[str, Place], numbers: Mapping[str, int]
) -> None:
    host_key, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host_key.write_private_key(folder / "host_key")
    key.write_private_key(folder / "key")
    (folder / "key").chmod(0o600)
    authorized = key.export_public_key().decode().strip()
    logins = {
        name: {"authorized_key": authorized, "home": str(place.home), "port": numbers[name]}
        for name, place in places.items()
    }
    accounts = {"host_key": str(folder / "host_key"), "logins": logins}
    (folder / "accounts.json").write_text(json.dumps(accounts))
    for place in places.values():
        _furnish_home(place)
    wanted = {
        "version": 1,
        "server": {
            "listen": f"127.0.0.1:{port}",
            "admin_listen": "",
            "public_url": f"http://localhost:{port}",
        },
        "remotes": {
            "lab": {
                "host": "127.0.0.1",
                "port": remote,
                "identity": str(folder / "key"),
                "host_key": host_key.get_fingerprint(),
            }
        },
        "notebooks": {
            name: {
                "remote": "lab",
                "login": name,
                "port": numbers[name],
                "owner": OWNER,
                "use": [USER],
                "view": [VIEWER],
            }
            for name in places
        },
        "members": {member: {} for member in (OWNER, USER, VIEWER)},
        "store": f"sqlite:///{folder / 'gateway.db'}",
        "log": {"level": "info"},
    }
    (folder / "gateway.yaml").write_text(yaml.safe_dump(wanted))


def _configure(folder: Path, auth: Mapping[str, object]) -> None:
    file = folder / "gateway.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | {"auth": dict(auth)}))


def _furnish_home(place: Place) -> None:
    """Make a home; without collaboration the extension is there, and switched off by its owner."""
    for part in (place.files, place.home / RUNTIME, (place.home / SETTINGS).parent):
        part.mkdir(parents=True)
    (place.home / SETTINGS).write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    (place.files / DOCUMENT).write_text(json.dumps(document()))
    (place.files / TEXT).write_text("a line\n")
    if place.name == SAVED:
        config = place.home / ".jupyter"
        off = {"@jupyter/collaboration-extension": True, "@jupyter/docprovider-extension": True}
        (config / "labconfig").mkdir(parents=True)
        (config / "labconfig/page_config.json").write_text(json.dumps({"disabledExtensions": off}))
        extensions = {"jupyter_server_ydoc": False}
        (config / "jupyter_server_config.json").write_text(
            json.dumps({"ServerApp": {"jpserver_extensions": extensions}})
        )


def document(*sources: str) -> dict[str, object]:
    """Return a notebook as it is saved."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources or ("6 * 7",))
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
