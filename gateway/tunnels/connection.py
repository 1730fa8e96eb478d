"""One open SSH connection: its channels, a ping, and word of its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeAlias

import asyncssh

from gateway.core.inventory import Notebook
from gateway.core.patience import patience
from gateway.errors import Reason, UpstreamTimedOut
from gateway.tunnels.channel import Channel, ProtocolFactory, SshChannel
from gateway.tunnels.files import Files
from gateway.tunnels.full_socket import watch_socket
from gateway.tunnels.joined_writes import join_writes
from gateway.tunnels.lean_arrivals import receive_lean
from gateway.tunnels.lean_packets import send_lean
from gateway.tunnels.lookout import Lookout
from gateway.tunnels.pulse import ping, pulse
from gateway.tunnels.runtime_files import RuntimeFiles
from gateway.tunnels.translate import upstream_error
from gateway.tunnels.windows import LARGEST, USUAL, Windows, window_for

log = logging.getLogger(__name__)

OPEN_SECONDS: Final = 10.0
PING_SECONDS: Final = 7.0
"""A line that was cut for six seconds is not given up: TCP sends again 6.2 s after the first try. A line
that has been slow lately is given more."""
CLOSE_SECONDS: Final = 1.0
LOOPBACK: Final = "127.0.0.1"

Session: TypeAlias = asyncssh.SSHTCPSession[bytes]
SessionFactory: TypeAlias = Callable[[], Session]


class Connection:
    """An SSH connection to a remote, logged in; made by :func:`held`."""

    def __init__(
        self,
        ssh: asyncssh.SSHClientConnection,
        *,
        ended: asyncio.Future[Exception | None],
        tasks: asyncio.TaskGroup,
        windows: Windows,
    ) -> None:
        self.files = Files(ssh)
        """What the login may read there."""
        self.runtime_files = RuntimeFiles(self.files)
        """What Jupyter wrote there for its own tools."""
        self.lookout = Lookout(self.files)
        """Who listens at which place there."""
        self._ssh = ssh
        self._ended = ended
        self._tasks = tasks
        self._windows = windows
        self._window = USUAL
        self._channels: set[Channel] = set()
        self._held_up = False
        self._pinging = False
        self._answer_seconds = self._answered_at = 0.0
        self._silent = False

    @property
    def ssh(self) -> asyncssh.SSHClientConnection:
        """The connection itself."""
        return self._ssh

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as we know."""
        return not self._ended.done()

    async def start(self) -> None:
        """Make the connection lean, and measure how far away the remote is."""
        fit = send_lean(self._ssh) and receive_lean(self._ssh) and join_writes(self._ssh)
        if not (watch_socket(self._ssh, self._hold_up, self._let_go) and fit):
            log.warning("asyncssh %s is not one that the shims know", asyncssh.__version__)
        await self._ping(PING_SECONDS)
        self._window = window_for(self._answer_seconds)

    async def closed(self) -> Reason:
        """Return when the connection has ended, with the reason why."""
        exc = await asyncio.shield(self._ended)
        unanswered = exc is not None and "not responding" in str(exc)
        return Reason.SILENT if self._silent or unanswered else Reason.LOST

    async def open(
        self, notebook: Notebook, factory: ProtocolFactory, *, host: str = LOOPBACK
    ) -> Channel:
        """Open a stream to ``notebook``; raise UpstreamError when it can't be had."""
        window = self._windows.take(self._window)
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        channel = Channel(factory, wanted=lambda: not opened.done())
        channel.on_end = lambda: self._dismiss(channel, window)
        self._admit(channel)
        try:
            await self._settle(opened, self._open(notebook, host, channel, window))
        except TimeoutError as exc:
            channel.abort()
            self.check()
            detail = f"{notebook.remote} did not open {notebook.place} in {OPEN_SECONDS:.0f} s"
            raise UpstreamTimedOut(Reason.SILENT, detail) from exc
        except (asyncssh.Error, OSError) as exc:
            channel.abort()
            raise upstream_error(exc, notebook) from exc
        except BaseException:
            channel.abort()
            raise
        return channel

    async def create_connection(
        self, session_factory: SessionFactory, host: str, port: int
    ) -> tuple[SshChannel, Session]:
        """Open a stream for another SSH connection that leads through this one; asyncssh calls it."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        made: list[tuple[SshChannel, Session]] = []

        async def start() -> None:
            channel, session = await self._ssh.create_connection(
                session_factory, host, port, window=LARGEST
            )
            made.append((channel, session))
            if opened.done():
                channel.abort()

        await self._settle(opened, start())
        return made[0]

    def check(self) -> None:
        """Ping the remote now; end the connection if nothing comes back."""
        if self.alive and not self._pinging:
            self._pinging = True
            self._tasks.create_task(self._check(), name="ping")

    def hang_up(self) -> None:
        """Begin to end the connection in good order; ``closed`` returns when that is done."""
        if self.alive:
            self._ssh.close()
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._ssh.abort)

    async def close(self) -> None:
        """End the connection, and with it all that goes through it."""
        if not self.alive:
            return
        self._ssh.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._ssh.wait_closed()

    async def _open(self, notebook: Notebook, host: str, channel: Channel, window: int) -> None:
        if notebook.socket is not None:
            await self._ssh.create_unix_connection(lambda: channel, notebook.socket, window=window)
        else:
            await self._ssh.create_connection(
                lambda: channel, host, notebook.port or 0, window=window
            )

    async def _settle(
        self, opened: asyncio.Future[None], opening: Coroutine[None, None, None]
    ) -> None:
        """Await ``opening`` in a task of its own, which goes on when our caller leaves.

        A channel whose caller left while it opened must still be closed once the remote has opened it,
        and only what waits for the remote's answer can do that.
        """

        async def settle() -> None:
            try:
                await opening
            except Exception as exc:  # noqa: BLE001  handed to the caller, whatever it is
                if not opened.done():
                    opened.set_exception(exc)
            else:
                if not opened.done():
                    opened.set_result(None)

        if not self.alive:
            opening.close()
            raise ConnectionError("the SSH connection ended")
        self._tasks.create_task(settle(), name="open a channel")
        async with asyncio.timeout(OPEN_SECONDS):
            await opened

    async def _check(self) -> None:
        before = pulse(self._ssh)
        ago = asyncio.get_running_loop().time() - self._answered_at
        limit = patience(PING_SECONDS, answer_seconds=self._answer_seconds, ago_seconds=ago)
        try:
            if not await self._ping(limit) and pulse(self._ssh) == before:
                self._silent = True
                self._ssh.abort()
        finally:
            self._pinging = False

    async def _ping(self, limit_seconds: float) -> bool:
        """Ping the remote and take note of how long it takes; return whether that is within the limit."""
        now = asyncio.get_running_loop().time
        started, answered = now(), False
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_seconds):
                await ping(self._ssh)
                answered = True
        self._answered_at = now()
        self._answer_seconds = self._answered_at - started
        return answered

    def _admit(self, channel: Channel) -> None:
        self._channels.add(channel)
        if self._held_up:
            channel.pause_writing()

    def _dismiss(self, channel: Channel, window: int) -> None:
        self._channels.discard(channel)
        self._windows.give_back(window)

    def _hold_up(self) -> None:
        self._held_up = True
        for channel in tuple(self._channels):
            channel.pause_writing()

    def _let_go(self) -> None:
        self._held_up = False
        for channel in tuple(self._channels):
            channel.resume_writing()


@asynccontextmanager
async def held(
    ssh: asyncssh.SSHClientConnection, ended: asyncio.Future[Exception | None], windows: Windows
) -> AsyncIterator[Connection]:
    """Hold a connection that is logged in; close it on the way out."""
    async with asyncio.TaskGroup() as tasks:
        connection = Connection(ssh, ended=ended, tasks=tasks, windows=windows)
        try:
            await connection.start()
            yield connection
        finally:
            await connection.close()
