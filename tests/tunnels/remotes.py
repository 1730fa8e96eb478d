"""A fake remote: asyncssh's server on loopback, which can be told to misbehave."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

import asyncssh
from asyncssh.stream import SSHTCPStreamSession

from gateway.core.inventory import Remote
from gateway.core.names import RemoteName
from gateway.core.ssh_credential import KeyFile
from tests.tunnels.fakes import LAB, Keys

Session = asyncssh.SSHTCPSession[bytes]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class FakeRemote:
    """An SSH server that forwards, and refuses, drops, hangs or changes its key when told to."""

    def __init__(self, keys: Keys, *, home: Path | None = None, name: RemoteName = LAB) -> None:
        self.keys = keys
        self.name = name
        self.allowed = {login: {keys.member.public_data} for login in ("alice", "bob")}
        self.host_key = keys.host
        self.home = home
        self.sftp = home is not None
        self.forwards = True
        self.permitted: set[str] | None = None
        self.channel_limits: dict[str, int] = {}
        """What asyncssh would not say of a channel by itself: its window, its largest packet; it leads nowhere."""
        self.answers_opens = asyncio.Event()
        self.answers_opens.set()
        self.connections: list[asyncssh.SSHServerConnection] = []
        self.open_forwards = 0
        self.opening = asyncio.Event()
        self.log_ins: list[str] = []
        self.sftp_sessions = 0
        self.sftp_reads = 0
        self._sftp_channels: list[asyncssh.SSHServerChannel[bytes]] = []
        self.port = 0
        self._changed = asyncio.Event()
        self._listener: asyncssh.SSHAcceptor | None = None

    async def __aenter__(self) -> Self:
        if self.home is not None:
            self.home.mkdir(parents=True, exist_ok=True)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, at the port of the last time if there was one."""
        self._listener = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Server(self),
            server_host_keys=[self.host_key],
            sftp_factory=self._sftp if self.sftp else None,
            reuse_address=True,
        )
        self.port = self._listener.get_port()

    async def stop(self) -> None:
        """Go down with all connections."""
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
            self._listener = None
        await self.drop()

    async def drop(self) -> None:
        """Cut all connections, as a reset does."""
        for connection in tuple(self.connections):
            connection.abort()
            await connection.wait_closed()

    def take_nobody(self) -> None:
        """Listen no more, and keep all connections, as when sshd's listener alone is killed."""
        if self._listener is not None:
            self._listener.close()

    def hang(self) -> None:
        """Keep all connections, and read nothing more from them."""
        for connection in self.connections:
            connection._transport.pause_reading()  # noqa: SLF001  as a frozen sshd

    def recover(self) -> None:
        """Read again."""
        for connection in self.connections:
            connection._transport.resume_reading()  # noqa: SLF001  as a thawed one

    async def until_connected(self, count: int) -> None:
        """Return when there are so many log-ins."""
        while len(self.connections) != count:
            self._changed.clear()
            await self._changed.wait()

    def config(self, keys: Keys, **options: object) -> Remote:
        """Return how to reach this remote."""
        given = {
            "name": self.name,
            "host": "127.0.0.1",
            "port": self.port,
            "credential": KeyFile(keys.path("member")),
            "host_key": self.host_key.get_fingerprint(),
            "knock_seconds": None,
        }
        return Remote(**{**given, **options})  # type: ignore[arg-type]  # a test's shorthand

    def _sftp(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        self.sftp_sessions += 1
        self._sftp_channels.append(channel)
        return _Files(self, channel)

    def end_sftp(self) -> None:
        """End what SFTP sessions there are, as a remote may."""
        for channel in self._sftp_channels:
            channel.close()
        self._sftp_channels.clear()

    def changed(self) -> None:
        self._changed.set()


class _Files(asyncssh.SFTPServer):
    """The files of a fake remote's home, and a count of how often they are read."""

    def __init__(self, remote: FakeRemote, channel: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(channel, chroot=str(remote.home).encode())
        self._remote = remote

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        self._remote.sftp_reads += 1
        return super().read(file_obj, offset, size)


class _Server(asyncssh.SSHServer):
    """One connection to a fake remote."""

    def __init__(self, remote: FakeRemote) -> None:
        self._remote = remote
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection in self._remote.connections:
            self._remote.connections.remove(self._connection)
            self._remote.changed()

    def auth_completed(self) -> None:
        assert self._connection is not None
        self._remote.connections.append(self._connection)
        self._remote.changed()

    def begin_auth(self, username: str) -> bool:
        self._remote.log_ins.append(username)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key.public_data in self._remote.allowed.get(username, set())

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> object:
        self._permit(f"{dest_host}:{dest_port}")
        limits = self._remote.channel_limits
        if not limits:
            return self._later(asyncio.open_connection(dest_host, dest_port))
        assert self._connection is not None
        return self._connection.create_tcp_channel(**limits), asyncssh.SSHTCPSession()

    def unix_connection_requested(self, dest_path: str) -> object:
        self._permit(dest_path)
        return self._later(asyncio.open_unix_connection(dest_path))

    def _permit(self, destination: str) -> None:
        permitted = self._remote.permitted
        if not self._remote.forwards or (permitted is not None and destination not in permitted):
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "not permitted"
            )

    async def _later(self, connecting: Awaitable[Streams]) -> Session:
        """Answer once the remote answers at all.

        asyncssh's own forwarder loses what the far end says before the channel is confirmed.
        """
        self._remote.opening.set()
        await self._remote.answers_opens.wait()
        try:
            reader, writer = await connecting
        except OSError as exc:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, str(exc)) from exc
        if self._connection not in self._remote.connections:
            writer.close()
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "the client has left")
        return SSHTCPStreamSession(partial(_splice, reader, writer))


async def _splice(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    ssh_reader: asyncssh.SSHReader[bytes],
    ssh_writer: asyncssh.SSHWriter[bytes],
) -> None:
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_copy(reader, ssh_writer))
            tasks.create_task(_copy(ssh_reader, writer))
    finally:
        ssh_writer.close()
        writer.close()


async def _copy(
    reader: asyncio.StreamReader | asyncssh.SSHReader[bytes],
    writer: asyncio.StreamWriter | asyncssh.SSHWriter[bytes],
) -> None:
    with suppress(OSError, asyncssh.Error):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
