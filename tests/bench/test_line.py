"""tests.bench: the long line and the echo are what they claim to be."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import websockets

from tests.bench import relay
from tests.bench.echo import MESSAGE_BYTES, Echo

pytestmark = pytest.mark.anyio

DELAY_SECONDS = 0.05


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    async with server:
        yield port_of(server)


async def test_line_passes_every_byte_in_order_and_late() -> None:
    """What goes in comes out the same, not before its time, and the end comes last."""
    sent = b"".join(number.to_bytes(4) for number in range(500_000))
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def far(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.put_nowait(await reader.read())
        writer.close()

    async with (
        await asyncio.start_server(far, "127.0.0.1", 0) as server,
        await relay.listen(0, port_of(server), DELAY_SECONDS) as line,
    ):
        now = asyncio.get_running_loop().time
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(line))
        start = now()
        writer.write(sent)
        writer.write_eof()

        assert await received.get() == sent
        assert now() - start >= DELAY_SECONDS
        assert await reader.read() == b""
        assert now() - start >= 2 * DELAY_SECONDS
        writer.close()


async def test_echo_is_a_websocket_server(echo_port: int) -> None:
    """A real client takes its handshake and its frames."""
    message = bytes(range(MESSAGE_BYTES))

    async with websockets.connect(
        f"ws://127.0.0.1:{echo_port}/", compression=None, close_timeout=0.1
    ) as socket:
        # The echo knows no masks, so what comes back is masked still.
        await socket.send(message)
        assert len(await socket.recv()) == MESSAGE_BYTES


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
