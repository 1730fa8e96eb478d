"""The ways to a notebook that are measured against each other."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from gateway.demo.stage import free_ports
from tests.bench.backdrop import CIPHER, Backdrop, start_nginx
from tests.bench.gateway import start_gateway
from tests.bench.peers import configurable_http_proxy
from tests.bench.processes import Processes

PROXY: Final = """\
map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
upstream notebook {{ server 127.0.0.1:{forward}; keepalive 64; }}
server {{
  listen 127.0.0.1:{port} backlog=1024;
  location / {{
    proxy_pass http://notebook;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Host localhost:{forward};
    proxy_max_temp_file_size 0;
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to the upstream, running."""

    name: str
    port: int
    prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    pids: tuple[int, ...] = ()
    """The processes that make up this way, without the upstream and sshd, which all have."""

    def cpu_seconds(self) -> float:
        """Return how much CPU time its processes and their children have used so far."""
        family = [psutil.Process(pid) for pid in self.pids]
        family += [child for one in family for child in one.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in family)

    def url(self, page: str) -> str:
        """Return the address of ``page`` by this way."""
        return f"http://127.0.0.1:{self.port}{self.prefix}/{page}"


Start = Callable[[Processes, Backdrop], list[Contender]]


def start_direct(_: Processes, backdrop: Backdrop) -> list[Contender]:
    """Nothing in between: shows that the upstream is not the limit."""
    return [Contender("upstream alone", backdrop.upstream_port)]


def start_ssh(processes: Processes, backdrop: Backdrop) -> list[Contender]:
    """The recipe that the gateway replaces, for one person."""
    port, pid = _forward(processes, backdrop, "ssh")
    return [Contender("ssh -L", port, pids=(pid,))]


def start_nginx_ssh(processes: Processes, backdrop: Backdrop) -> list[Contender]:
    """The recipe behind nginx, without any log-in."""
    (forward, ssh), (port,) = _forward(processes, backdrop, "ssh-nginx"), free_ports(1)
    pages = PROXY.format(forward=forward, port=port)
    nginx = start_nginx(processes, backdrop.folder, "nginx", pages)
    return [Contender("nginx + ssh -L", port, pids=(nginx, ssh))]


def start_chp_ssh(processes: Processes, backdrop: Backdrop) -> list[Contender]:
    """The recipe behind JupyterHub's proxy, without any log-in."""
    (forward, ssh), (port, api) = _forward(processes, backdrop, "ssh-chp"), free_ports(2)
    argv = [configurable_http_proxy(), "--ip", "127.0.0.1", "--port", str(port)]
    argv += ["--api-ip", "127.0.0.1", "--api-port", str(api), "--log-level", "warn"]
    argv += ["--default-target", f"http://127.0.0.1:{forward}"]
    secret = os.urandom(16).hex()
    chp = processes.start("chp", argv, environment={"CONFIGPROXY_AUTH_TOKEN": secret})
    return [Contender("configurable-http-proxy + ssh -L", port, pids=(chp, ssh))]


def start_ours(
    processes: Processes, backdrop: Backdrop, *, profile: bool = False
) -> list[Contender]:
    """The gateway, with a session as browsers have it and with a token as scripts have it."""
    started = start_gateway(processes, backdrop, profile=profile)
    session = {"Cookie": f"gateway={started.session}"}
    token = {"Authorization": f"Bearer {started.token}"}
    return [
        Contender("gateway (session)", started.port, started.prefix, session, (started.pid,)),
        Contender("gateway (token)", started.port, started.prefix, token, (started.pid,)),
    ]


CONTENDERS: Final[Mapping[str, Start]] = {
    "direct": start_direct,
    "ssh": start_ssh,
    "nginx": start_nginx_ssh,
    "chp": start_chp_ssh,
    "gateway": start_ours,
}
REFERENCE: Final = "nginx + ssh -L"
"""What the others are compared with."""


def _forward(processes: Processes, backdrop: Backdrop, name: str) -> tuple[int, int]:
    """Start an ``ssh -L`` of its own; return its local port and its process id."""
    (port,) = free_ports(1)
    known = backdrop.folder / "known_hosts"
    key = Path(f"{backdrop.host_key}.pub").read_text().strip()
    known.write_text(f"[127.0.0.1]:{backdrop.ssh_port} {key}\n")
    argv = ["/usr/bin/env", "ssh", "-N", "-F", "none", "-c", CIPHER, "-i", str(backdrop.client_key)]
    argv += ["-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={known}"]
    argv += ["-o", "ExitOnForwardFailure=yes", "-p", str(backdrop.ssh_port)]
    argv += ["-L", f"127.0.0.1:{port}:127.0.0.1:{backdrop.upstream_port}"]
    return port, processes.start(name, [*argv, f"{backdrop.login}@127.0.0.1"])
