"""The short way of data through asyncssh: same bytes, same rules, other keys in the middle."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from asyncssh.crypto.chacha import ChachaCipher
from asyncssh.encryption import ChachaEncryption, GCMEncryption

from gateway.core.names import LoginName
from gateway.tunnels.aes_gcm import AesGcm
from gateway.tunnels.channel import Channel
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.lean_packets import MSG_CHANNEL_DATA
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import FakePins, Keys, Listener, alices
from tests.tunnels.remotes import FakeRemote

# ruff: noqa: SLF001  what is shortened here is private

pytestmark = pytest.mark.anyio

CIPHER, KEY, IV = "aes128-gcm", bytes(16), bytes(12)


class Echo(asyncio.Protocol):
    """Sends everything back."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """Give the port of a server that sends everything back."""
    made: list[Echo] = []

    def begin() -> Echo:
        made.append(Echo())
        return made[-1]

    async with await asyncio.get_running_loop().create_server(begin, "127.0.0.1") as server:
        yield server.sockets[0].getsockname()[1]
        for one in made:
            one.transport.abort()


@pytest.fixture
async def connection(keys: Keys, remote: FakeRemote) -> AsyncIterator[Connection]:
    """Give an open connection."""
    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with await dialer.dial(Way(remote.config(keys), LoginName("alice")), None) as opened:
        yield opened


@pytest.fixture
async def listener() -> Listener:
    return Listener()


@pytest.fixture
async def channel(echo: int, connection: Connection, listener: Listener) -> Channel:
    return await connection.open(alices(echo), lambda: listener)


async def test_data_takes_the_short_way(channel: Channel, listener: Listener) -> None:
    """The library neither hears of a small piece of data that arrives nor holds what is sent."""
    ssh = channel._ssh
    assert ssh is not None
    heard: list[int] = []
    ssh.log_received_packet = lambda pkttype, *_: heard.append(pkttype)  # type: ignore[method-assign]

    channel.write(b"there and back")
    await listener.until(lambda it: it.got == b"there and back")

    assert MSG_CHANNEL_DATA not in heard
    assert channel.get_write_buffer_size() == 0


async def test_every_byte_arrives_through_new_keys(
    connection: Connection, channel: Channel, listener: Listener
) -> None:
    """Keys are exchanged on time, and nothing is lost or turned around meanwhile."""
    sent = b"".join(number.to_bytes(4) for number in range(100_000))
    first_keys = connection.ssh._send_encryption, connection.ssh._recv_encryption
    connection.ssh._rekey_bytes = 50_000

    for at in range(0, len(sent), 10_000):
        channel.write(sent[at : at + 10_000])
        await asyncio.sleep(0)
    await listener.until(lambda it: len(it.got) == len(sent))

    assert listener.got == sent
    assert connection.ssh._send_encryption is not first_keys[0]
    assert connection.ssh._recv_encryption is not first_keys[1]


async def test_a_forged_packet_ends_the_connection(
    connection: Connection, channel: Channel, listener: Listener
) -> None:
    """What bears no genuine tag is nobody's data."""
    connection.ssh.data_received(b"\0\0\0\x20" + bytes(0x20 + 16))

    assert "MAC" in str(await listener.lost)
    assert not channel._reading or channel.is_closing()
    assert listener.got == b""
    await connection.closed()


async def test_more_than_the_window_ends_the_connection(
    connection: Connection, channel: Channel, listener: Listener
) -> None:
    """A remote may not send more than it was allowed to."""
    assert channel._ssh is not None
    channel._ssh._recv_window = 3

    channel.write(b"four")

    assert "Window exceeded" in str(await listener.lost)
    assert listener.got == b""
    await connection.closed()


async def test_what_the_window_does_not_take_waits(channel: Channel, listener: Listener) -> None:
    """Bytes that do not fit now are sent later, and none overtakes them."""
    assert channel._ssh is not None
    window, channel._ssh._send_window = channel._ssh._send_window, 2

    channel.write(b"one ")
    channel.write(b"two")
    assert channel.get_write_buffer_size() == 5
    channel._ssh._send_window = window
    channel.write(b"!")

    await listener.until(lambda it: it.got == b"one two!")


def test_a_packet_counts_once() -> None:
    """To look into a packet is free; only what was taken in moves the counter."""
    theirs, ours = AesGcm(), AesGcm()
    assert theirs.follow(GCMEncryption.new(CIPHER, KEY, IV))
    assert ours.follow(GCMEncryption.new(CIPHER, KEY, IV))
    first, second = theirs.seal(b"head", b"first"), theirs.seal(b"head", b"second")

    assert ours.peek(b"head", first) == ours.peek(b"head", first) == b"first"
    assert ours.peek(b"head", second) is None
    ours.count()
    assert ours.peek(b"head", second) == b"second"
    assert ours.peek(b"HEAD", second) is None


def test_only_aes_gcm_is_followed() -> None:
    """Other ciphers, and none at all, are asyncssh's business."""
    aes_gcm = AesGcm()
    assert aes_gcm.follow(GCMEncryption.new(CIPHER, KEY, IV))

    assert not aes_gcm.follow(ChachaEncryption(ChachaCipher(bytes(64))))
    assert aes_gcm.peek(b"", b"") is None
    assert not aes_gcm.follow(None)
    with pytest.raises(ValueError, match="no key"):
        aes_gcm.seal(b"", b"")
