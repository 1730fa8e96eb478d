"""A real sshd on loopback, with a configuration, keys and a user of the test's own making."""

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.core.ssh_credential import KeyFile
from tests import requires
from tests.tunnels.fakes import LAB, Keys

SFTP_SERVER = "/usr/lib/openssh/sftp-server"
SEPARATION = Path("/run/sshd")


def login() -> LoginName:
    """Return whom the tests run as: the one account that sshd can let in without root's help."""
    return LoginName(getpass.getuser())


def keygen(*arguments: str | Path) -> None:
    """Run ssh-keygen."""
    program = requires.program("ssh-keygen", package="openssh-client")
    subprocess.run([program, "-q", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def in_container(image: str, *mounted: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sshd of ``image`` as a program; it sees the network and the folders that we see."""
    volumes = [f"--volume={folder}:{folder}" for folder in mounted]
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    start = ("docker", "run", "--rm", "--interactive", "--network=host")
    return (*start, *volumes, *variables, "--entrypoint=/usr/sbin/sshd", image)


class Sshd:
    """An sshd for each connection to a socket of ours (``sshd -i``): ready at once, gone at once."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        options: tuple[str, ...],
        tasks: asyncio.TaskGroup,
        *,
        environment: Mapping[str, str],
        program: Sequence[str],
    ) -> None:
        self.folder = folder
        self._environment = {**os.environ, **environment}
        self.keys = keys
        self.port = 0
        self._program = program
        self._tasks = tasks
        self._listener: asyncio.Task[None] | None = None
        self._processes: list[asyncio.subprocess.Process] = []
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(keys.path("member") + ".pub", folder / "authorized_keys")
        if getpass.getuser() == "root":
            SEPARATION.mkdir(mode=0o755, exist_ok=True)
        (folder / "sshd_config").write_text("\n".join([*self._lines(), *options]) + "\n")

    def start(self) -> None:
        """Listen, at the port of the last time if there was one."""
        listening = socket.create_server(("127.0.0.1", self.port))
        listening.settimeout(0)
        self.port = listening.getsockname()[1]
        self._listener = self._tasks.create_task(self._serve(listening))

    def stop(self) -> None:
        """Stop listening; the connections live on."""
        if self._listener is not None:
            self._listener.cancel()
            self._listener = None

    async def ended(self) -> None:
        """Return when all connections have ended."""
        for process in self._processes:
            await process.wait()

    async def _serve(self, listening: socket.socket) -> None:
        arguments = ("-i", "-f", str(self.folder / "sshd_config"), "-E", str(self.folder / "log"))
        with listening:
            while True:
                accepted, _ = await asyncio.get_running_loop().sock_accept(listening)
                with accepted:
                    process = await asyncio.create_subprocess_exec(
                        *self._program,
                        *arguments,
                        stdin=accepted,
                        stdout=accepted,
                        env=self._environment,
                    )
                self._processes.append(process)

    def config(self, **options: object) -> Remote:
        """Return how to reach it."""
        given = {
            "name": LAB,
            "host": "127.0.0.1",
            "port": self.port,
            "credential": KeyFile(self.keys.path("member")),
            "host_key": self.keys.host.get_fingerprint(),
            "knock_seconds": None,  # who waits for a sleeper must not meet the one that knocks
        }
        return Remote(**{**given, **options})  # type: ignore[arg-type]  # a test's shorthand

    def _lines(self) -> list[str]:
        return [
            f"HostKey {self.keys.path('host')}",
            f"AuthorizedKeysFile {self.folder}/authorized_keys",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin prohibit-password",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
        ]


@asynccontextmanager
async def sshd(
    folder: Path,
    keys: Keys,
    *options: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = (),
) -> AsyncIterator[Sshd]:
    """Serve with an sshd that lets the member's key in; ``options`` are lines of its configuration.

    The ``program`` is this machine's, unless another is given.
    """
    ours = program or (requires.program("sshd", package="openssh-server"),)
    async with asyncio.TaskGroup() as tasks:
        served = Sshd(folder, keys, options, tasks, environment=environment or {}, program=ours)
        served.start()
        yield served
        served.stop()
    await served.ended()
