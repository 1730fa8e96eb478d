"""One open SSH connection: its channels, a ping, and word of its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeAlias

import asyncssh

from gateway.core.inventory import Notebook
from gateway.errors import Reason, TunnelDown, UpstreamTimedOut
from gateway.tunnels.channel import Channel, ProtocolFactory, SshChannel
from gateway.tunnels.files import Files
from gateway.tunnels.full_socket import watch_socket
from gateway.tunnels.joined_writes import join_writes
from gateway.tunnels.lean_arrivals import receive_lean
from gateway.tunnels.lean_packets import send_lean
from gateway.tunnels.lookout import Lookout
from gateway.tunnels.pulse import pulse
from gateway.tunnels.runtime_files import RuntimeFiles
from gateway.tunnels.translate import upstream_error
from gateway.tunnels.vigil import Vigil
from gateway.tunnels.windows import LARGEST, USUAL, Windows, window_for

log = logging.getLogger(__name__)

OPEN_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 1.0
LOOPBACK: Final = "127.0.0.1"
FELL_SILENT: Final = "the tunnel ended: the remote fell silent"

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
        self._riders = 0
        self._left = asyncio.Event()
        self._waits: set[asyncio.Timeout] = set()
        self._vigil = Vigil(ssh, tasks=tasks, on_silence=self._fall_silent)

    @property
    def ssh(self) -> asyncssh.SSHClientConnection:
        """The connection itself."""
        return self._ssh

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as we know."""
        return not self._ended.done()

    @property
    def silent(self) -> bool:
        """Whether nothing has come from the remote for too long; then it is of use to nobody new."""
        return self._vigil.silent

    @property
    def sign(self) -> tuple[int, int]:
        """A value that differs from an earlier one if anything has come in between."""
        return pulse(self._ssh)

    @property
    def in_use(self) -> bool:
        """Whether something goes through it that outlasts a silence."""
        return self._riders > 0 or any(channel.outlasts_silence for channel in self._channels)

    async def start(self) -> None:
        """Make the connection lean, and measure how far away the remote is."""
        fit = send_lean(self._ssh) and receive_lean(self._ssh) and join_writes(self._ssh)
        if not (watch_socket(self._ssh, self._hold_up, self._let_go) and fit):
            log.warning("asyncssh %s is not one that the shims know", asyncssh.__version__)
        await self._vigil.measure()
        self._window = window_for(self._vigil.answer_seconds)

    async def watch(self, interval_seconds: float) -> None:
        """See to it, until cancelled, that a silence does not go unnoticed when nobody asks for anything."""
        await self._vigil.keep(interval_seconds)

    async def closed(self) -> Reason:
        """Return when the connection has ended or fallen silent, saying which."""
        await _either(self._ended, self._vigil.silence)
        return Reason.SILENT if self.silent else Reason.LOST

    async def heard(self) -> None:
        """Return when the connection has ended, or a silent one is heard again."""
        await _either(self._ended, self._vigil.voice)

    async def released(self) -> None:
        """Return when nothing goes through it any more that outlasts a silence."""
        while self.in_use:
            self._left.clear()
            await self._left.wait()

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator[None]:
        """Hold while the remote is heard; raise TunnelDown when it falls silent meanwhile."""
        if self.silent:
            raise TunnelDown(Reason.LOST, FELL_SILENT)
        wait = asyncio.timeout(None)
        try:
            async with wait:
                self._waits.add(wait)
                try:
                    yield
                finally:
                    self._waits.discard(wait)
        except TimeoutError as exc:
            if not wait.expired():
                raise
            raise TunnelDown(Reason.LOST, FELL_SILENT) from exc

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
            async with self.hearing():
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
            else:
                self._tasks.create_task(self._carry(channel), name="a rider")

        await self._settle(opened, start())
        return made[0]

    def check(self) -> None:
        """Ping the remote now; the connection has fallen silent if nothing comes back."""
        if self.alive:
            self._vigil.doubt()

    def hang_up(self) -> None:
        """Begin to end the connection in good order; ``closed`` returns when that is done."""
        if self.alive:
            self._ssh.close()
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._ssh.abort)

    async def close(self) -> None:
        """End the connection, and with it all that goes through it."""
        self._vigil.end()
        if not self.alive:
            return
        if not self.silent:
            self._ssh.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._ssh.wait_closed()
        self._ssh.abort()

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

    async def _carry(self, channel: SshChannel) -> None:
        """Count another SSH connection that leads through this one, until it has ended."""
        self._riders += 1
        try:
            await channel.wait_closed()
        finally:
            self._riders -= 1
            self._left.set()

    def _fall_silent(self) -> None:
        """End what does not outlast a silence: all of it, if nothing does."""
        if not self.in_use:
            self._ssh.abort()
            return
        for channel in tuple(self._channels):
            if not channel.outlasts_silence:
                channel.lose(FELL_SILENT)
        for wait in self._waits:
            wait.reschedule(asyncio.get_running_loop().time())

    def _admit(self, channel: Channel) -> None:
        self._channels.add(channel)
        if self._held_up:
            channel.pause_writing()

    def _dismiss(self, channel: Channel, window: int) -> None:
        self._channels.discard(channel)
        self._left.set()
        self._windows.give_back(window)

    def _hold_up(self) -> None:
        self._held_up = True
        for channel in tuple(self._channels):
            channel.pause_writing()

    def _let_go(self) -> None:
        self._held_up = False
        for channel in tuple(self._channels):
            channel.resume_writing()


async def _either(ended: asyncio.Future[Exception | None], other: asyncio.Future[None]) -> None:
    """Return when one of the two is done; neither is cancelled with us."""
    await asyncio.wait((ended, other), return_when=asyncio.FIRST_COMPLETED)


@asynccontextmanager
async def held(
    ssh: asyncssh.SSHClientConnection,
    ended: asyncio.Future[Exception | None],
    windows: Windows,
    *,
    keepalive_seconds: float,
) -> AsyncIterator[Connection]:
    """Hold a connection that is logged in; close it on the way out."""
    async with asyncio.TaskGroup() as tasks:
        connection = Connection(ssh, ended=ended, tasks=tasks, windows=windows)
        watching = tasks.create_task(connection.watch(keepalive_seconds), name="keepalive")
        try:
            await connection.start()
            yield connection
        finally:
            watching.cancel()
            await connection.close()
