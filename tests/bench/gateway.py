"""The gateway under measurement: ``gateway serve``, with log-in on, in front of the bench's sshd."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncssh
import yaml

from gateway.core.names import MemberName
from gateway.demo.stage import free_ports
from gateway.store.store import open_store
from tests.bench.backdrop import Backdrop
from tests.bench.processes import ROOT, Processes

MEMBER: Final = MemberName("alice")
PASSWORD: Final = "correct horse battery staple"
PROFILE: Final = ROOT / "build" / "bench" / "gateway.prof"


@dataclass(frozen=True, slots=True)
class Started:
    """A gateway that runs, and the credentials of its one member."""

    pid: int
    port: int
    session: str
    token: str
    prefix: str = "/bench"


def start_gateway(processes: Processes, backdrop: Backdrop, *, profile: bool = False) -> Started:
    """Start a gateway with one notebook, the bench's upstream, and one member who owns it."""
    (port,) = free_ports(1)
    store = f"sqlite:///{backdrop.folder / 'gateway.db'}"
    wanted = backdrop.folder / "gateway.yaml"
    wanted.write_text(yaml.safe_dump(_configuration(backdrop, port, store)))
    session, token = asyncio.run(_credentials(store))
    profiler = ["-m", "cProfile", "-o", str(PROFILE)] if profile else []
    argv = [sys.executable, *profiler, "-m", "gateway", "serve", "--config", str(wanted)]
    return Started(processes.start("gateway", argv), port, session, token)


def _configuration(backdrop: Backdrop, port: int, store: str) -> dict[str, object]:
    host_key = asyncssh.read_public_key(Path(f"{backdrop.host_key}.pub"))
    remote = {
        "host": "127.0.0.1",
        "port": backdrop.ssh_port,
        "login": backdrop.login,
        "identity": str(backdrop.client_key),
        "host_key": host_key.get_fingerprint(),
    }
    notebook = {
        "remote": "lab",
        "port": backdrop.upstream_port,
        "scheme": "http",
        "token": "none",
        "owner": str(MEMBER),
    }
    return {
        "version": 1,
        "server": {
            "listen": f"127.0.0.1:{port}",
            "admin_listen": "",
            "public_url": f"http://127.0.0.1:{port}",
        },
        "remotes": {"lab": remote},
        "notebooks": {"bench": notebook},
        "members": {str(MEMBER): {}},
        "store": store,
        "log": {"level": "warning"},
    }


async def _credentials(store_url: str) -> tuple[str, str]:
    """Log the member in, and make her a token; return both secrets."""
    async with open_store(store_url) as store:
        await store.set_password(MEMBER, PASSWORD)
        opened = await store.log_in(MEMBER, PASSWORD, address="127.0.0.1", device="bench")
        token, _ = await store.create_token(MEMBER, label="bench", lifetime_seconds=86400)
    return opened.secret, token
