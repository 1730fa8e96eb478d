"""tests.bench: the echo is what it claims to be."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import websockets

from tests.bench.echo import MESSAGE_BYTES, Echo

pytestmark = pytest.mark.anyio


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    async with server:
        yield port_of(server)


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
