"""gateway.tunnels.channel and connection: a channel behaves as a TCP transport does, and never leaks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.core.inventory import Notebook
from gateway.core.names import LoginName
from gateway.errors import NotebookStopped, Reason, UpstreamLost, UpstreamTimedOut
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.windows import MIB, SMALLEST, USUAL, Windows, window_for
from tests.tunnels.fakes import FakePins, Keys, Listener, alices
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[Notebook]:
    """Run a server of the test's own as alice's notebook; what is open in the end is cut."""
    writers: list[asyncio.StreamWriter] = []

    async def remember(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await serve(reader, writer)

    server = await asyncio.start_server(remember, "127.0.0.1", 0)
    async with server:
        yield alices(server.sockets[0].getsockname()[1])
    for writer in writers:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
def windows() -> Windows:
    return Windows()


@pytest.fixture
async def connection(keys: Keys, remote: FakeRemote, windows: Windows) -> AsyncIterator[Connection]:
    dialer = Dialer(pins=FakePins(), windows=windows)
    way = Way(remote.config(keys), LoginName("alice"))
    async with await dialer.dial(way, None) as open_connection:
        yield open_connection


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
    writer.close()


async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_half_close(connection: Connection) -> None:
    """What we end, the far end may still answer; what it ends, we may."""
    async with serving(echo) as notebook:
        listener = Listener(keep_open=True)
        channel = await connection.open(notebook, lambda: listener)

        channel.write(b"hello")
        channel.write_eof()
        await listener.until(lambda it: "eof" in it.told)

        assert bytes(listener.got) == b"hello"
        assert channel.can_write_eof()
        channel.close()
        assert await listener.lost is None
        assert listener.told == ["made", "eof", "lost"]


async def test_a_falsy_eof_closes(connection: Connection) -> None:
    """As with TCP, a protocol that returns nothing from eof_received() is closed."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bye")
        writer.close()

    async with serving(hang_up) as notebook:
        listener = Listener()

        channel = await connection.open(notebook, lambda: listener)

        assert await listener.lost is None
        assert channel.is_closing()
        assert bytes(listener.got) == b"bye"
        assert listener.told == ["made", "eof", "lost"]


async def test_an_end_while_paused_is_told_in_order(connection: Connection) -> None:
    """Data, then its end, then the loss: also when the far end closed while we did not read."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 100_000)
        writer.close()

    class Paused(Listener):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            assert self.transport is not None
            self.transport.pause_reading()

    async with serving(hang_up) as notebook:
        listener = Paused()
        channel = await connection.open(notebook, lambda: listener)
        other = Listener()
        await connection.open(notebook, lambda: other)
        await other.lost

        assert not channel.is_reading()
        assert listener.told == ["made"]
        channel.resume_reading()

        await listener.lost
        assert len(listener.got) == 100_000
        assert listener.told == ["made", "eof", "lost"]


async def test_close_sends_what_is_left(connection: Connection) -> None:
    """What was written before close() arrives."""
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.set_result(await reader.read())
        writer.close()

    async with serving(keep) as notebook:
        listener = Listener()
        channel = await connection.open(notebook, lambda: listener)

        channel.writelines([b"a" * 3 * MIB, bytearray(b"b"), memoryview(b"c")])
        channel.close()
        channel.write(b"too late")
        channel.close()

        assert (await received)[-3:] == b"abc"
        assert await listener.lost is None


async def test_abort_is_told_at_once(connection: Connection, remote: FakeRemote) -> None:
    """The protocol hears of an abort although the far end hangs."""
    async with serving(sink) as notebook:
        listener = Listener()
        channel = await connection.open(notebook, lambda: listener)
        remote.hang()

        channel.abort()

        assert await listener.lost is None
        assert channel.get_write_buffer_size() == 0
        remote.recover()


async def test_writing_is_held_up_by_the_window(connection: Connection) -> None:
    """A far end that does not read holds the writer up, and lets it go on later."""
    reading = asyncio.Event()
    size = 8 * MIB

    async def lazy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()
        await reading.wait()
        writer.transport.resume_reading()
        await reader.readexactly(size)
        writer.write(b"all")
        writer.close()

    async with serving(lazy) as notebook:
        listener = Listener()
        channel = await connection.open(notebook, lambda: listener)

        channel.write(bytes(size))
        await listener.until(lambda it: "pause" in it.told)
        assert channel.get_write_buffer_size() > MIB
        reading.set()

        await listener.lost
        assert bytes(listener.got) == b"all"
        assert listener.told == ["made", "pause", "resume", "eof", "lost"]


async def test_a_full_socket_holds_up_all_writers(
    connection: Connection, remote: FakeRemote
) -> None:
    """What waits for the connection's socket is bounded, however many channels write."""
    async with serving(sink) as notebook:
        idle = Listener()
        await connection.open(notebook, lambda: idle)
        writers = [await connection.open(notebook, Listener) for _ in range(12)]
        remote.hang()

        for writer in writers:
            writer.write(bytes(2 * MIB))  # a window's worth, so no window holds it up
        await idle.until(lambda it: "pause" in it.told)

        remote.recover()
        await idle.until(lambda it: "resume" in it.told)


async def test_reading_is_bounded_by_the_window(connection: Connection) -> None:
    """A protocol that does not read costs one window, not the whole answer."""

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(bytes(65536))
                await writer.drain()

    async with serving(flood) as notebook:
        listener = Listener()
        channel = await connection.open(notebook, lambda: listener)
        await listener.until(lambda it: bool(it.got))
        channel.pause_reading()
        got = len(listener.got)
        before = Listener()
        other = await connection.open(notebook, lambda: before)
        await before.until(lambda it: len(it.got) > 24 * MIB)

        assert len(listener.got) == got
        assert channel._ssh is not None  # noqa: SLF001  what asyncssh holds back is told nowhere
        held = sum(len(piece) for piece, _ in channel._ssh._recv_buf)  # noqa: SLF001  the same
        assert held <= USUAL
        channel.abort()
        other.abort()


async def test_a_lost_connection_is_no_clean_end(
    connection: Connection, remote: FakeRemote
) -> None:
    """An answer without a length must not look complete when the tunnel is cut or taken down."""
    async with serving(sink) as notebook:
        listeners = [Listener(), Listener()]
        await connection.open(notebook, lambda: listeners[0])
        remote.connections[0].close()

        lost = await listeners[0].lost

        assert isinstance(lost, UpstreamLost)
        assert listeners[0].told == ["made", "lost"]
        assert await connection.closed() is Reason.LOST
        with pytest.raises(Exception, match="ended"):
            await connection.open(notebook, lambda: listeners[1])


async def test_nothing_listens(connection: Connection, windows: Windows) -> None:
    """A refused channel is told so, and costs no window."""
    left = windows.left

    with pytest.raises(NotebookStopped):
        await connection.open(alices(1), Listener)

    assert windows.left == left


async def test_a_caller_who_leaves_leaks_nothing(
    connection: Connection, remote: FakeRemote, windows: Windows
) -> None:
    """A channel that opens after its caller was cancelled is closed again, and no protocol is made."""
    left = windows.left
    hung_up = asyncio.Event()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""
        writer.close()
        hung_up.set()

    remote.answers_opens.clear()
    async with serving(note) as notebook, asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(connection.open(notebook, _never))
        await remote.opening.wait()
        opening.cancel()
        remote.answers_opens.set()

        await hung_up.wait()

    assert windows.left == left


async def test_opening_has_a_limit(
    connection: Connection, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remote that doesn't answer an open is not waited for; the connection stays if it answers a ping."""
    monkeypatch.setattr("gateway.tunnels.connection.OPEN_SECONDS", 0.05)
    remote.answers_opens.clear()

    with pytest.raises(UpstreamTimedOut) as raised:
        await connection.open(alices(1), Listener)

    assert raised.value.reason is Reason.SILENT
    assert connection.alive
    remote.answers_opens.set()


async def test_a_protocol_that_can_not_be_made(connection: Connection) -> None:
    """A bug in the caller's factory is the caller's, and closes the channel."""

    def stumble() -> asyncio.Protocol:
        raise ZeroDivisionError

    async with serving(sink) as notebook:
        with pytest.raises(ZeroDivisionError):
            await connection.open(notebook, stumble)

        await connection.open(notebook, Listener)


async def test_buffered_protocols(connection: Connection) -> None:
    """A protocol that brings its own buffers is served too."""

    class Buffered(asyncio.BufferedProtocol):
        def __init__(self) -> None:
            self.buffer = bytearray(7)
            self.got = b""
            self.lost = asyncio.Event()

        def get_buffer(self, sizehint: int) -> bytearray:
            return self.buffer

        def buffer_updated(self, nbytes: int) -> None:
            self.got += self.buffer[:nbytes]

        def connection_lost(self, exc: Exception | None) -> None:
            self.lost.set()

    async with serving(echo) as notebook:
        protocol = Buffered()
        channel = await connection.open(notebook, lambda: protocol)

        channel.write(b"0123456789" * 3)
        channel.write_eof()

        await protocol.lost.wait()
        assert protocol.got == b"0123456789" * 3
        assert channel.get_extra_info("nonsense", 5) == 5


@pytest.mark.parametrize(
    ("round_trip_seconds", "window"),
    [(0.0, 2 * MIB), (0.001, 2 * MIB), (0.03, 16 * MIB), (0.15, 64 * MIB), (9.0, 64 * MIB)],
)
def test_window_grows_with_the_round_trip(round_trip_seconds: float, window: int) -> None:
    """A far remote gets a window that keeps the line full."""
    assert window_for(round_trip_seconds) == window


def test_windows_are_bounded_in_sum() -> None:
    """Many channels share the budget; each gets something, and nothing is lost."""
    windows = Windows(budget=256 * MIB)

    taken = [windows.take(64 * MIB) for _ in range(200)]

    assert taken[0] == 32 * MIB
    assert min(taken) == SMALLEST
    assert sum(taken) < 256 * MIB + 200 * SMALLEST
    for window in taken:
        windows.give_back(window)
    assert windows.left == 256 * MIB


def _never() -> asyncio.Protocol:
    pytest.fail("no protocol may be made for a caller who left")
