"""What all contenders share: one upstream that is no limit, and one real sshd in front of it."""

import getpass
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gateway.demo.stage import free_ports
from tests.bench.processes import BenchFailed, Processes
from tests.relay import LOOPBACK

SMALL_BYTES: Final = 200
LARGE_BYTES: Final = {"large": 512 * 1024 * 1024, "far": 200_000_000}
CIPHER: Final = "aes128-gcm@openssh.com"
"""The same for everybody, and the fastest where the processor knows AES."""

SSHD: Final = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/client_key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxSessions 200
Subsystem sftp internal-sftp
"""

NGINX: Final = """\
daemon off;
{user}
worker_processes auto;
pid {folder}/{name}.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 1000000;
  default_type application/octet-stream;
  client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-fastcgi;
  uwsgi_temp_path {folder}/{name}-uwsgi;
  scgi_temp_path {folder}/{name}-scgi;
  {http}
}}
"""

STATIC: Final = """\
server {{
  listen 127.0.0.1:{port} backlog=1024;
  root {folder}/www;
  sendfile off;  # measured faster on loopback
  output_buffers 2 512k;
}}
"""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Where the shared parts are."""

    folder: Path
    upstream_port: int
    ssh_port: int

    @property
    def client_key(self) -> Path:
        """The private key that sshd lets in."""
        return self.folder / "client_key"

    @property
    def host_key(self) -> Path:
        """The server's key."""
        return self.folder / "host_key"

    @property
    def login(self) -> str:
        """Ourselves: an sshd that isn't root's lets in nobody else."""
        return getpass.getuser()


def program(name: str) -> str:
    """Return the path of ``name``; raise BenchFailed if it is not installed."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise BenchFailed(f"{name} is missing; as root on Debian: tests/prepare bench")
    return found


def set_up(
    folder: Path, processes: Processes, *, echo: bool = False, delay_ms: int = 0
) -> Backdrop:
    """Start the upstream and sshd, with everything they need beneath ``folder``.

    ``echo`` makes the upstream a WebSocket server, ``delay_ms`` puts a long line before sshd.
    """
    upstream_port, ssh_port, line_port = free_ports(3)
    backdrop = Backdrop(folder, upstream_port, ssh_port)
    _start_upstream(processes, backdrop, echo=echo)
    _start_sshd(processes, backdrop)
    processes.wait_for(upstream_port, "/small", {})
    if not delay_ms:
        return backdrop
    ends = [f"{LOOPBACK}:{port}" for port in (line_port, ssh_port)]
    processes.start("relay", [sys.executable, "-m", "tests.relay", *ends, str(delay_ms)])
    processes.wait_for_port(line_port)
    return replace(backdrop, ssh_port=line_port)


def _start_upstream(processes: Processes, backdrop: Backdrop, *, echo: bool) -> None:
    if echo:
        argv = [sys.executable, "-m", "tests.bench.echo", str(backdrop.upstream_port)]
        processes.start("echo", argv)
        return
    _write_pages(backdrop.folder / "www")
    pages = STATIC.format(port=backdrop.upstream_port, folder=backdrop.folder)
    start_nginx(processes, backdrop.folder, "upstream", pages)


def start_nginx(processes: Processes, folder: Path, name: str, http: str) -> int:
    """Start an nginx with the configuration ``http`` in its http block; return its process id."""
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    file = folder / f"{name}.conf"
    file.write_text(NGINX.format(user=user, folder=folder, name=name, http=http))
    return processes.start(name, [program("nginx"), "-c", str(file), "-e", "stderr"])


def _write_pages(folder: Path) -> None:
    folder.mkdir()
    (folder / "small").write_bytes(b"x" * SMALL_BYTES)
    for name, size in LARGE_BYTES.items():
        with (folder / name).open("wb") as file:
            file.truncate(size)  # a hole: nothing is read from a disk


def _start_sshd(processes: Processes, backdrop: Backdrop) -> None:
    for key in (backdrop.host_key, backdrop.client_key):
        subprocess.run(
            [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True
        )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where root's sshd confines itself
    file = backdrop.folder / "sshd_config"
    file.write_text(SSHD.format(port=backdrop.ssh_port, folder=backdrop.folder))
    processes.start("sshd", [program("sshd"), "-D", "-e", "-f", str(file)])
    processes.wait_for_port(backdrop.ssh_port)
