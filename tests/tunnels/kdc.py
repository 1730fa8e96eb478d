"""A real KDC on loopback: a realm of the test's own, in a folder of its own."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests import requires

REALM = "LAB.TEST"
HOST = "localhost"
SECRET = "correct horse"


class Kdc:
    """A realm's database, and the krb5kdc that answers for it."""

    def __init__(self, folder: Path, *, ticket_seconds: int) -> None:
        self.folder = folder
        self.port = _free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._process: asyncio.subprocess.Process | None = None
        (folder / "krb5.conf").write_text(_KRB5_CONF.format(port=self.port, folder=folder))
        (folder / "kdc.conf").write_text(
            _KDC_CONF.format(port=self.port, folder=folder, seconds=ticket_seconds)
        )
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", SECRET, package="krb5-kdc")
        self.add(f"host/{HOST}", folder / "host.keytab")

    @property
    def environment(self) -> Mapping[str, str]:
        """What libkrb5 needs to find this realm."""
        return {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5_KTNAME": f"FILE:{self.folder / 'host.keytab'}",
            "KRB5RCACHENAME": "none:",
            "KRB5CCNAME": f"FILE:{self.folder / 'nobodys.ccache'}",
        }

    def add(self, principal: str, keytab: Path, *options: str) -> Path:
        """Put a principal into the database, and its key into a keytab; its key is a new one."""
        self.administer(f"addprinc -randkey {' '.join(options)} {principal}")
        self.administer(f"ktadd -k {keytab} {principal}")
        keytab.chmod(0o600)
        return keytab

    def administer(self, query: str) -> None:
        """Let kadmin.local do one thing."""
        self._run("kadmin.local", "-r", REALM, "-q", query, package="krb5-admin-server")

    def kinit(self, keytab: Path, principal: str, ccache: Path, *options: str) -> Path:
        """Fill a ccache, as an administrator's cron job does it."""
        self._run(
            "kinit", *options, "-k", "-t", keytab, "-c", ccache, principal, package="krb5-user"
        )
        return ccache

    async def start(self) -> None:
        """Answer; return when it does."""
        program = requires.program("krb5kdc", package="krb5-kdc")
        self._process = await asyncio.create_subprocess_exec(
            program, "-n", "-r", REALM, env=self._whole(), stderr=asyncio.subprocess.PIPE
        )
        assert self._process.stderr is not None
        while b"commencing operation" not in await self._process.stderr.readline():
            assert self._process.returncode is None

    async def stop(self) -> None:
        """Answer no more."""
        if self._process is not None:
            self._process.terminate()
            await self._process.communicate()
            self._process = None

    def _run(self, program: str, *arguments: str | Path, package: str) -> None:
        path = requires.program(program, package=package)
        subprocess.run(
            [path, *map(str, arguments)],
            check=True,
            capture_output=True,
            env=self._whole(),
            stdin=subprocess.DEVNULL,
        )

    def _whole(self) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.environment}


@asynccontextmanager
async def kdc(folder: Path, *, ticket_seconds: int = 36_000) -> AsyncIterator[Kdc]:
    """Run a realm whose tickets live for so long."""
    running = Kdc(folder, ticket_seconds=ticket_seconds)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


_KRB5_CONF = f"""\
[libdefaults]
    default_realm = {REALM}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    udp_preference_limit = 1
[realms]
    {REALM} = {{{{
        kdc = 127.0.0.1:{{port}}
        auth_to_local = RULE:[1:$1](^alice$)s/.*/root/
        auth_to_local = DEFAULT
    }}}}
[logging]
    kdc = STDERR
    default = FILE:{{folder}}/krb5.log
"""

_KDC_CONF = f"""\
[kdcdefaults]
    kdc_listen = 127.0.0.1:{{port}}
    kdc_tcp_listen = 127.0.0.1:{{port}}
[realms]
    {REALM} = {{{{
        database_name = {{folder}}/principal
        key_stash_file = {{folder}}/stash
        acl_file = {{folder}}/acl
        max_life = {{seconds}}s
        max_renewable_life = 7d
        supported_enctypes = aes256-cts-hmac-sha384-192:normal
    }}}}
"""
