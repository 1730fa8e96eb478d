"""All that somebody may try who has stolen the gateway's key for a login."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncssh

Attempt = Callable[[], Awaitable[bool]]
SECONDS = 5.0


@dataclass
class Thief:
    """Tries everything through one connection; ``place`` begins a path where the login may write."""

    connection: asyncssh.SSHClientConnection
    place: str
    other: tuple[str, int]
    """Where something else listens."""
    socket: str
    """A Unix socket at which something listens."""
    readable: str = "/etc/passwd"
    names: list[str] = field(default_factory=list)

    async def succeeds(self) -> set[str]:
        """Return the names of what can be done."""
        attempts: dict[str, Attempt] = {
            "shell": self._shell,
            "exec": self._exec,
            "terminal": self._terminal,
            "read a file": self._read,
            "write a file": self._write,
            "another port": self._other_port,
            "a unix socket": self._unix_socket,
            "listen": self._listen,
            "listen at a unix socket": self._listen_at_socket,
            "agent": self._agent,
            "x11": self._x11,
            "tun": self._tun,
        }
        self.names = list(attempts)
        return {name for name, attempt in attempts.items() if await _succeeds(attempt)}

    async def forwards(self, host: str, port: int) -> bool:
        """Say whether something answers at a place of the remote."""
        return await _succeeds(lambda: self._greeted(host, port))

    async def _greeted(self, host: str, port: int) -> bool:
        reader, writer = await self.connection.open_connection(host, port)
        writer.write(b"GET /api HTTP/1.0\r\n\r\n")
        answer = await reader.read(8)
        writer.close()
        return bool(answer)

    async def _shell(self) -> bool:
        async with self.connection.create_process() as process:
            process.stdin.write("echo $((40+2)); exit\n")
            return "42" in await process.stdout.read()

    async def _exec(self) -> bool:
        return "uid=" in str((await self.connection.run("id")).stdout)

    async def _terminal(self) -> bool:
        return (await self.connection.run("tty", term_type="xterm")).exit_status is not None

    async def _read(self) -> bool:
        async with self.connection.start_sftp_client() as sftp, sftp.open(self.readable) as file:
            return bool(await file.read(16))

    async def _write(self) -> bool:
        async with self.connection.start_sftp_client() as sftp:
            await sftp.mkdir(f"{self.place}-written")
        return True

    async def _other_port(self) -> bool:
        _, writer = await self.connection.open_connection(*self.other)
        writer.close()
        return True

    async def _unix_socket(self) -> bool:
        _, writer = await self.connection.open_unix_connection(self.socket)
        writer.close()
        return True

    async def _listen(self) -> bool:
        listener = await self.connection.start_server(lambda *_: None, "localhost", 0)
        listener.close()
        return True

    async def _listen_at_socket(self) -> bool:
        path = f"{self.place}-listening"
        listener = await self.connection.start_unix_server(lambda *_: None, path)
        listener.close()
        return True

    async def _agent(self) -> bool:
        async with self._channel() as channel:
            return bool(await channel._make_request(b"auth-agent-req@openssh.com"))  # noqa: SLF001  asyncssh does not wait

    async def _x11(self) -> bool:
        process = await self.connection.create_process(
            "id", x11_forwarding=True, x11_display=":9", x11_single_connection=True
        )
        process.close()
        return True

    async def _tun(self) -> bool:
        await self.connection.create_tun(asyncssh.SSHTunTapSession)
        return True

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[asyncssh.SSHClientChannel[bytes]]:
        loop = asyncio.get_running_loop()
        channel: asyncssh.SSHClientChannel[bytes] = asyncssh.SSHClientChannel(
            self.connection, loop, "strict", None, "strict", 1 << 20, 1 << 15
        )
        await channel._open(b"session")  # noqa: SLF001  as create() does, before it asks for a command
        yield channel
        channel.abort()


async def _succeeds(attempt: Attempt) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            return await attempt()
    except (asyncssh.Error, asyncssh.ChannelListenError, OSError, TimeoutError):
        return False
