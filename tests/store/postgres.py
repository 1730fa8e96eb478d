"""A PostgreSQL server of our own: made when a test first asks, on a Unix socket, gone afterwards."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

ACCOUNT = "postgres"


def programs() -> Path | None:
    """Return the folder of the server's programs, newest first; None if there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name.split(".")[0]))
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).resolve().parent


class Server:
    """A running server that gives out empty databases."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder = folder
        self._binaries = binaries
        self._numbers = count(1)

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"store_{next(self._numbers)}"
        self._run("createdb", "-h", str(self._folder), "-U", ACCOUNT, name)
        return f"postgresql+psycopg://{ACCOUNT}:not-asked-for@/{name}?host={self._folder}"

    def start(self) -> None:
        """Start the server and wait until it answers; no port, only a socket."""
        options = f"-c listen_addresses='' -c fsync=off -k {self._folder}"
        data, log = self._folder / "data", self._folder / "log"
        self._run("pg_ctl", "-D", str(data), "-l", str(log), "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop the server; connections that are open are cut."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", "immediate", "stop")

    def make(self) -> None:
        """Make the server's files."""
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-A", "trust", "-U", ACCOUNT, "-N", "-E", "UTF8")

    def _run(self, program: str, *arguments: str) -> None:
        # The server refuses to run as root.
        user = ACCOUNT if os.geteuid() == 0 else None
        command = [str(self._binaries / program), *arguments]
        subprocess.run(command, check=True, user=user, cwd=self._folder, stdout=subprocess.DEVNULL)


@contextmanager
def server(binaries: Path) -> Iterator[Server]:
    """Hold a running server."""
    with TemporaryDirectory(prefix="gw-pg-") as name:  # a socket's path must be short
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam(ACCOUNT).pw_uid, -1)
        running = Server(folder, binaries)
        running.make()
        running.start()
        try:
            yield running
        finally:
            running.stop()
