"""gateway.tunnels against a remote that does what no sshd does: an error there, and nowhere else (threat T5)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.core.ssh_credential import KeyFile
from gateway.errors import RemoteUnreachable, UpstreamError
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.windows import MIB, Windows
from tests.tunnels.fakes import LAB, FakePins, Keys, Listener, alices
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ALICE = LoginName("alice")
GREETING = b"SSH-2.0-OpenSSH_10.0p2\r\n"
MSG_DISCONNECT, MSG_KEXINIT = b"\x01", b"\x14"


def string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def packet(payload: bytes) -> bytes:
    """Return a packet as it is before any keys are agreed on (RFC 4253, section 6)."""
    padding = 8 - (len(payload) + 5) % 8 + 4
    length = len(payload) + padding + 1
    return length.to_bytes(4, "big") + bytes((padding,)) + payload + bytes(padding)


GREETINGS = {
    "F11 a banner of 64 KB": b"x" * 65_536 + b"\r\n" + GREETING,
    "F11 a banner without end": b"welcome\r\n" * 200_000,
    "F11 a version of 64 KB": b"SSH-2.0-" + b"x" * 65_536 + b"\r\n",
    "F11 a disconnect in bad UTF-8": (
        GREETING
        + packet(MSG_DISCONNECT + (2).to_bytes(4, "big") + string(b"\xff\xfe\xc3(") + string(b"\xff"))
    ),
    "F11 a disconnect with an unknown code": (
        GREETING + packet(MSG_DISCONNECT + b"\xff" * 4 + string(b"bye\x1b[31m\r\nforged: line") + string(b""))
    ),
    "F11 a packet that says it has 4 GB": GREETING + b"\xff" * 64,
    "F11 a packet of no length": GREETING + bytes(64),
    "F11 lists of algorithms cut short": GREETING + packet(MSG_KEXINIT + bytes(16) + b"\x7f\xff\xff\xff"),
    "F11 lists of nothing": GREETING + packet(MSG_KEXINIT + bytes(16) + string(b"") * 10 + bytes(5)),
}  # fmt: skip


@asynccontextmanager
async def impostor(keys: Keys, greeting: bytes) -> AsyncIterator[Remote]:
    """Run what greets so, and then waits."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        try:
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port, key = server.sockets[0].getsockname()[1], KeyFile(keys.path("member"))
        yield Remote(LAB, "127.0.0.1", port, credential=key, host_key="SHA256:whatever")


@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS)
async def test_f11_a_greeting_that_is_none_is_an_error_of_that_remote(
    keys: Keys, remote: FakeRemote, greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told in a line, in time, and the next remote is dialed as ever."""
    monkeypatch.setattr("gateway.tunnels.dialing.LOG_IN_SECONDS", 2.0)
    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with impostor(keys, greeting) as bad, asyncio.timeout(10):
        with pytest.raises(RemoteUnreachable) as raised:
            await dialer.dial(Way(bad, ALICE), None)

    assert raised.value.detail.isprintable()
    assert len(raised.value.detail) < 500
    async with await dialer.dial(Way(remote.config(keys), ALICE), None) as connection:
        assert connection.alive


@pytest.fixture
async def connection(keys: Keys, remote: FakeRemote) -> AsyncIterator[Connection]:
    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with await dialer.dial(Way(remote.config(keys), ALICE), None) as opened:
        yield opened


@asynccontextmanager
async def silent_notebook() -> AsyncIterator[int]:
    """Run what takes all and says nothing; what is open in the end is cut."""
    writers: list[asyncio.StreamWriter] = []

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await reader.read(65536):
            pass
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    for writer in writers:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_f11_a_window_that_is_never_granted_holds_up_one_channel(
    connection: Connection, remote: FakeRemote
) -> None:
    """Its writer is told to wait, nothing spins, and another channel of the same connection goes on."""
    async with silent_notebook() as port:
        remote.channel_limits = {"window": 0}
        stuck, free = Listener(), Listener()
        channel = await connection.open(alices(port), lambda: stuck)
        channel.write(bytes(4 * MIB))
        await stuck.until(lambda it: "pause" in it.told)
        remote.channel_limits = {}

        other = await connection.open(alices(port), lambda: free)
        other.write(b"x" * 1000)

        assert other.get_write_buffer_size() == 0
        assert channel.get_write_buffer_size() == 4 * MIB
        channel.abort()


async def test_f11_packets_of_no_size_end_that_connection_and_nothing_spins(
    keys: Keys, connection: Connection, remote: FakeRemote
) -> None:
    """A channel through which no byte can pass is never written to; the next connection is good."""
    async with silent_notebook() as port:
        remote.channel_limits = {"max_pktsize": 0}

        with pytest.raises(UpstreamError):
            await connection.open(alices(port), Listener)

        assert not connection.alive
        remote.channel_limits = {}
        dialer = Dialer(pins=FakePins(), windows=Windows())
        async with await dialer.dial(Way(remote.config(keys), ALICE), None) as again:
            assert again.alive
        await remote.until_connected(0)
