"""The demo's files: keys, homes, the stand-in's accounts and the gateway's configuration."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncssh
import yaml

from gateway.core.names import MemberName
from gateway.demo.cast import RESEARCHERS, Researcher
from gateway.demo.example import FILE_NAME, example

RUNTIME: Final = Path(".local", "share", "jupyter", "runtime")
"""Where Jupyter notes its port and token, beneath the home (jupyter_core.paths, on Linux)."""

SETTINGS: Final = Path(
    ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
)


class Stage:
    """A folder that holds all that the demo needs, and the ports that its parts listen on."""

    def __init__(
        self, folder: Path, *, port: int, notebook_ports: Mapping[MemberName, int]
    ) -> None:
        self.folder = folder
        self.port = port
        self.notebook_ports = notebook_ports
        self.configuration = folder / "gateway.yaml"
        self.accounts = folder / "accounts.json"
        self.store = f"sqlite:///{folder / 'gateway.db'}"
        self._host_key = folder / "host_key"
        self._gateway_key = folder / "gateway_key"

    def home(self, who: Researcher) -> Path:
        """Return the home of a login."""
        return self.folder / "home" / who.name

    def log(self, name: str) -> Path:
        """Return the file that keeps what the part ``name`` prints."""
        return self.folder / f"{name}.log"

    def set(self, *, remote_port: int) -> None:
        """Write everything; a private key never leaves the folder."""
        host_key, gateway_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        _write_private(self._host_key, host_key.export_private_key())
        _write_private(self._gateway_key, gateway_key.export_private_key())
        for who in RESEARCHERS:
            furnish(self.home(who), who)
        accounts = self._accounts(gateway_key.export_public_key().decode().strip())
        _write_private(self.accounts, json.dumps(accounts).encode())
        wanted = self._configuration(remote_port, host_key.get_fingerprint())
        _write_private(self.configuration, yaml.safe_dump(wanted, sort_keys=False).encode())

    def _accounts(self, authorized_key: str) -> dict[str, object]:
        logins = {
            who.name: {
                "authorized_key": authorized_key,
                "home": str(self.home(who)),
                "port": self.notebook_ports[who.name],
            }
            for who in RESEARCHERS
        }
        return {"host_key": str(self._host_key), "logins": logins}

    def _configuration(self, remote_port: int, fingerprint: str) -> dict[str, object]:
        server = {
            "listen": f"127.0.0.1:{self.port}",
            "admin_listen": "",
            "public_url": f"http://localhost:{self.port}",
        }
        lab = {
            "host": "127.0.0.1",
            "port": remote_port,
            "identity": str(self._gateway_key),
            "host_key": fingerprint,
        }
        return {
            "version": 1,
            "server": server,
            "remotes": {"lab": lab},
            "notebooks": {str(who.name): self._notebook(who) for who in RESEARCHERS},
            "members": {str(who.name): _member(who) for who in RESEARCHERS},
            "store": self.store,
            "log": {"level": "warning"},
        }

    def _notebook(self, who: Researcher) -> dict[str, object]:
        return {
            "remote": "lab",
            "login": str(who.name),
            "port": self.notebook_ports[who.name],
            "use": list(who.lets_in),
            "listener": "any",  # all logins of the stand-in are this machine's one user
        }


def furnish(home: Path, who: Researcher) -> None:
    """Make the home of a login, with the example notebook in it."""
    home.mkdir(parents=True, mode=0o700)
    (home / RUNTIME).mkdir(parents=True, mode=0o700)
    (home / FILE_NAME).write_text(example(who.name, who.full_name))
    # As if its owner had answered the question whether to fetch Jupyter's news, once and for all.
    settings = home / SETTINGS
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))


def free_ports(count: int) -> list[int]:
    """Return different ports of loopback that nobody listens on."""
    held = [listening_socket(0) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def listening_socket(port: int) -> socket.socket:
    """Return a socket that listens at ``port`` of loopback; 0 is any free one."""
    return socket.create_server(("127.0.0.1", port), backlog=128)


def is_free(port: int) -> bool:
    """Say whether nobody listens at ``port`` of localhost, in either family of addresses."""
    return not any(
        _answers(family, host, port)
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
    )


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.settimeout(1)
            return probe.connect_ex((host, port)) == 0
    except OSError:  # a machine without IPv6
        return False


def _member(who: Researcher) -> dict[str, object]:
    return {
        "name": who.full_name,
        "email": f"{who.name}@example.org",
        "groups": list(who.groups),
        "admin": who.admin,
    }


def _write_private(path: Path, content: bytes) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
