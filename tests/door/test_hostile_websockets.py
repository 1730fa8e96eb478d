"""The door against WebSockets that are broken, huge, too many, or gone in the middle of their handshake."""

import asyncio
import contextlib
import logging
import os
import socket
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Origin

from gateway.core.inventory import Limits
from tests.door.backend import Backend
from tests.door.fakes import SESSIONS, House, house
from tests.door.raw import raw_client, request

pytestmark = pytest.mark.anyio

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Origin: http://gw.test",
)
MOST_MESSAGE = 1_000_000
UNPACKED_BYTES = 64 << 20


async def echo(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosedError):
        async for message in connection:
            await connection.send(message)


@pytest.fixture
async def kernel(gateway: House) -> AsyncIterator[Server]:
    """Alice's notebook is a WebSocket server that would compress, and has a limit for messages."""
    async with serve(
        echo, "127.0.0.1", 0, max_size=MOST_MESSAGE, ping_interval=None, close_timeout=0.2
    ) as server:
        gateway.notebooks.ports["alice"] = server.sockets[0].getsockname()[1]
        yield server


def websocket(gateway: House, member: str = "alice") -> connect:
    return connect(
        "ws://gw.test/alice/ws",
        host="127.0.0.1",
        port=gateway.port,
        origin=Origin("http://gw.test"),
        additional_headers={"Cookie": f"gateway={SESSIONS[member]}"},
        ping_interval=None,
        proxy=None,
    )


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def close_code(connection: ClientConnection) -> int | None:
    async with asyncio.timeout(5):
        await connection.wait_closed()
    return connection.close_code


def frame(first: int, payload: bytes, *, length: int | None = None) -> bytes:
    """Return a masked frame, whose length may be a lie."""
    size = len(payload) if length is None else length
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def deflated_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()


@pytest.mark.usefixtures("kernel")
async def test_e6_compression_is_never_agreed_on(gateway: House) -> None:
    """So that no frame of one line grows to a gigabyte; both ends would have it."""
    async with websocket(gateway) as connection:
        assert connection.protocol.extensions == []
        await connection.send("hello")
        assert await connection.recv() == "hello"


@pytest.mark.usefixtures("kernel")
async def test_e6_a_compressed_bomb_stays_packed(gateway: House) -> None:
    """A frame that says to be compressed, though nobody agreed to it, ends the WebSocket."""
    bomb = deflated_zeros(UNPACKED_BYTES)
    before = resident_bytes()
    async with websocket(gateway) as connection:
        connection.transport.write(frame(0xC1, bomb))

        assert await close_code(connection) == 1002
    assert resident_bytes() - before < 32_000_000
    async with websocket(gateway) as another:
        await another.send("still here")
        assert await another.recv() == "still here"


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        pytest.param(frame(0x82, b"x", length=1 << 63), {1002, 1009}, id="E7 length of 2^63"),
        pytest.param(frame(0x82, b"x", length=(1 << 63) - 1), {1009}, id="E7 length of 2^63-1"),
        pytest.param(frame(0x82, bytes(MOST_MESSAGE + 1)), {1009}, id="E7 a message too large"),
        pytest.param(
            frame(0x02, b"") + frame(0x00, b"") * 100_000 + frame(0x80, b"") + frame(0x88, b"\x03\xe8"),
            {1009},
            id="E7 a flood of empty fragments",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("kernel")
async def test_e7_lengths_that_lie_harm_nobody_else(
    gateway: House, raw: bytes, codes: set[int]
) -> None:
    """What the notebook says to it is what the client hears, and the door goes on."""
    before = resident_bytes()
    async with websocket(gateway, "carol") as other:
        async with websocket(gateway) as connection:
            connection.transport.write(raw)
            assert await close_code(connection) in codes
        await other.send("still here")
        assert await other.recv() == "still here"
    assert resident_bytes() - before < 32_000_000


async def test_b11_a_reset_in_the_middle_of_the_handshake_leaves_nothing_behind(
    gateway: House, alice: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a channel, nor an exchange, nor an exception."""
    unhandled: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    caplog.set_level(logging.WARNING)
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/hold", headers=UPGRADE))
        await alice.until(lambda: alice.seen)
        connection: socket.socket = client.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.writer.transport.abort()

        await alice.until(lambda: alice.open == 0)
    async with asyncio.timeout(5):
        while gateway.door.counts()["exchanges"]:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
    assert unhandled == []
    assert caplog.records == []


async def test_b8_what_hides_in_an_upgrades_body_is_never_asked(
    gateway: House, alice: Backend, bob: Backend
) -> None:
    """A WebSocket begins without a body: the connection ends with the refusal."""
    hidden = request("/bob/smuggled")
    upgrade = request("/alice/ws", headers=(*UPGRADE, f"Content-Length: {len(hidden)}"))
    async with raw_client(gateway.port) as client:
        client.send(upgrade + hidden)
        got = await client.answer()

        assert got is not None
        assert got.status == 400
        assert await client.ended()
    assert alice.seen == []
    assert bob.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="E1 no credential"),
        pytest.param(("Cookie: gateway=ended",), id="E1 one that has ended"),
        pytest.param((f"Cookie: gateway={SESSIONS['bob']}",), id="E1 one of another notebook's"),
    ],
)
async def test_e1_no_upgrade_without_a_grant_opens_a_channel(
    gateway: House, alice: Backend, headers: tuple[str, ...]
) -> None:
    """The answer comes before a 101, and before anything is opened for it."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/ws", member=None, headers=(*UPGRADE, *headers)))
        got = await client.answer()

    assert got is not None
    assert got.status in {401, 403, 404, 424}
    assert gateway.notebooks.opened == []
    assert alice.connections == 0


async def test_g10_a_members_websockets_are_counted(
    alice: Backend, bob: Backend, control: Backend
) -> None:
    """Of two thousand the limit's number open; the rest is told 429, and others still get in."""
    limits = Limits(connections_per_member=20)
    async with (
        house(alice=alice, bob=bob, control=control, limits=limits) as gateway,
        serve(echo, "127.0.0.1", 0, ping_interval=None) as server,
        contextlib.AsyncExitStack() as held,
    ):
        gateway.notebooks.ports["alice"] = server.sockets[0].getsockname()[1]
        for _ in range(20):
            await held.enter_async_context(websocket(gateway))
        for _ in range(50):
            with pytest.raises(InvalidStatus) as refusal:
                await websocket(gateway)
            assert refusal.value.response.status_code == 429

        async with websocket(gateway, "carol") as carols:
            await carols.send("still here")
            assert await carols.recv() == "still here"
