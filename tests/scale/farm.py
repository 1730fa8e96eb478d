"""A farm of remotes with notebooks behind them, all in one process, that counts who dials.

    python -m tests.scale.farm FOLDER REMOTES NOTEBOOKS LOGINS

Each remote is asyncssh's server on loopback; a notebook is no process and no port, but an answer to a channel.
Commands come as lines on standard input, and each is answered with a line of JSON.
"""

import asyncio
import json
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import asyncssh

from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.proc import Proc

FIRST_PORT: Final = 7001
SECOND: Final = 1.0
ROUNDS: Final = 16
"""Of bcrypt, as ssh-keygen does it."""


@dataclass(frozen=True)
class Shape:
    """How many of what."""

    remotes: int
    notebooks: int
    """On each remote."""
    logins: int
    """On each remote; the notebooks are dealt out to them."""

    @property
    def tunnels(self) -> int:
        return self.remotes * self.logins

    @property
    def all_notebooks(self) -> int:
        return self.remotes * self.notebooks

    def places(self) -> Iterator[tuple[str, int]]:
        """Yield login and port of each notebook of a remote."""
        for i in range(self.notebooks):
            yield f"login-{i % self.logins}", FIRST_PORT + i


@dataclass
class Count:
    """What one remote has seen."""

    dials: int = 0
    dialling: int = 0
    most_dialling: int = 0
    logged_in: int = 0
    log_ins: int = 0
    questions: int = 0
    moments: list[float] = field(default_factory=list)

    def dialled(self) -> None:
        self.dials += 1
        self.moments.append(time.monotonic())


class Farm:
    """The remotes, up or down together."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self.folder = folder
        self.shape = shape
        self.remotes = [FarmRemote(self, f"remote-{i}") for i in range(shape.remotes)]
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        folder.mkdir(parents=True, exist_ok=True)

    async def __aenter__(self) -> Self:
        await self.come_up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_down()
        for remote in self.remotes:
            await remote.stop_listening()

    async def come_up(self) -> None:
        for remote in self.remotes:
            await remote.come_up()

    async def go_down(self) -> None:
        """Cut everybody off, and hang up on whoever dials."""
        for remote in self.remotes:
            await remote.go_down()

    def forget(self) -> None:
        """Count anew."""
        for remote in self.remotes:
            count = remote.count
            remote.count = Count(dialling=count.dialling, logged_in=count.logged_in)

    def report(self) -> Mapping[str, float]:
        counts = [remote.count for remote in self.remotes]
        return {
            "dials": sum(count.dials for count in counts),
            "log_ins": sum(count.log_ins for count in counts),
            "logged_in": sum(count.logged_in for count in counts),
            "questions": sum(count.questions for count in counts),
            "most_dialling": max(count.most_dialling for count in counts),
            "most_a_second": max(most_within(count.moments, SECOND) for count in counts),
            "most_a_second_in_all": most_within(
                sorted(moment for count in counts for moment in count.moments), SECOND
            ),
        }


def most_within(moments: list[float], seconds: float) -> int:
    """Return how many of the sorted ``moments`` at most lie within a time so long."""
    most, window = 0, deque[float]()
    for moment in moments:
        window.append(moment)
        while window[0] <= moment - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


class FarmRemote:
    """One remote of a farm."""

    def __init__(self, farm: Farm, name: str) -> None:
        self.farm = farm
        self.name = name
        self.count = Count()
        self.port = 0
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._listener: asyncssh.SSHAcceptor | asyncio.Server | None = None

    @cached_property
    def notebooks(self) -> Mapping[int, FakeNotebook]:
        """Return the notebooks by their ports; their runtime files and the kernel's tables are written."""
        made = {}
        for login, port in self.farm.shape.places():
            notebook = made[port] = FakeNotebook(token=f"token-{self.name}-{port}")
            notebook.port = port
            notebook.write_runtime_file(self.home(login), pid=port)
        for login in {login for login, _ in self.farm.shape.places()}:
            proc = Proc(self.home(login))
            for port in made:
                proc.listen(port, proc.uid)
        return made

    def home(self, login: str) -> Path:
        folder = self.farm.folder / self.name / login
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def come_up(self) -> None:
        assert self.notebooks
        await self.stop_listening()
        self._listener = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Server(self),
            server_host_keys=[self.host_key],
            sftp_factory=self._sftp,
            reuse_address=True,
        )
        self.port = self._listener.get_port()

    async def go_down(self) -> None:
        await self.stop_listening()
        self._listener = await asyncio.start_server(
            self._hang_up, "127.0.0.1", self.port, reuse_address=True
        )
        for connection in tuple(self.connections):
            connection.abort()

    async def stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
            self._listener = None

    def _hang_up(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count.dialled()
        writer.transport.abort()

    def _sftp(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        login = channel.get_extra_info("username")
        return asyncssh.SFTPServer(channel, chroot=str(self.home(login)).encode())


class _Server(asyncssh.SSHServer):
    """One connection to a remote of a farm."""

    def __init__(self, remote: FarmRemote) -> None:
        self._remote = remote
        self._connection: asyncssh.SSHServerConnection | None = None
        self._logged_in = False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        count = self._remote.count
        self._connection = conn
        self._remote.connections.add(conn)
        count.dialled()
        count.dialling += 1
        count.most_dialling = max(count.most_dialling, count.dialling)

    def connection_lost(self, exc: Exception | None) -> None:
        self._remote.connections.discard(self._connection)  # type: ignore[arg-type]  # None is not in it
        if self._logged_in:
            self._remote.count.logged_in -= 1
        else:
            self._remote.count.dialling -= 1

    def auth_completed(self) -> None:
        self._logged_in = True
        self._remote.count.dialling -= 1
        self._remote.count.logged_in += 1
        self._remote.count.log_ins += 1

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key.public_data == self._remote.farm.client_key.public_data

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> "_Channel":
        notebook = self._remote.notebooks.get(dest_port)
        if notebook is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "nothing listens")
        return _Channel(notebook, self._remote.count)


class _Channel(asyncssh.SSHTCPSession[bytes]):
    """One connection to a notebook."""

    def __init__(self, notebook: FakeNotebook, count: Count) -> None:
        self._notebook = notebook
        self._count = count
        self._head = b""
        self._channel: asyncssh.SSHTCPChannel[bytes] | None = None

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._head += data
        while self._channel is not None and b"\r\n\r\n" in self._head:
            head, _, self._head = self._head.partition(b"\r\n\r\n")
            self._count.questions += 1
            self._notebook.asked.clear()
            self._channel.write(self._notebook.response(head.decode()))
            if b"connection: close" in head.lower():
                self._channel.close()
                self._channel = None

    def eof_received(self) -> bool:
        return False


async def _serve(farm: Farm) -> None:
    """Do what standard input says, until it ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async with farm:
        _say({"ports": [remote.port for remote in farm.remotes]})
        while command := (await reader.readline()).decode().strip():
            match command:
                case "down":
                    await farm.go_down()
                case "up":
                    await farm.come_up()
                case "forget":
                    farm.forget()
                case _:
                    pass
            _say(farm.report())


def _say(document: object) -> None:
    print(json.dumps(document), flush=True)  # noqa: T201  the answer


def main(folder: str, *numbers: str) -> None:
    """Run a farm; its keys are in files beneath ``folder``."""
    warnings.simplefilter("ignore", UserWarning)  # bcrypt finds these rounds few
    farm = Farm(Path(folder), Shape(*map(int, numbers)))
    farm.client_key.write_private_key(farm.folder / "client_key", passphrase="farm", rounds=ROUNDS)
    (farm.folder / "passphrase").write_text("farm\n")
    for file in ("client_key", "passphrase"):
        (farm.folder / file).chmod(0o600)
    keys = [remote.host_key.get_fingerprint() for remote in farm.remotes]
    (farm.folder / "host_keys.json").write_text(json.dumps(keys))
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(farm))


if __name__ == "__main__":
    main(*sys.argv[1:])
