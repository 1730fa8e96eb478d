"""tests.relay: the long line is what it claims to be."""

import asyncio

import pytest

from tests.relay import LOOPBACK, Weather, listen

pytestmark = pytest.mark.anyio

DELAY_SECONDS = 0.05


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_line_passes_every_byte_in_order_and_late() -> None:
    """What goes in comes out the same, not before its time, and the end comes last."""
    sent = b"".join(number.to_bytes(4) for number in range(500_000))
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def far(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.put_nowait(await reader.read())
        writer.close()

    async with (
        await asyncio.start_server(far, "127.0.0.1", 0) as server,
        await listen((LOOPBACK, 0), (LOOPBACK, port_of(server)), Weather(DELAY_SECONDS)) as line,
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


async def test_muted_line_takes_and_gives_nothing() -> None:
    """A black hole: the connection stands, the far end hears nothing, and the end comes through."""
    weather = Weather(muted=True)
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def far(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.put_nowait(await reader.read())
        writer.close()

    async with (
        await asyncio.start_server(far, LOOPBACK, 0) as server,
        await listen((LOOPBACK, 0), (LOOPBACK, port_of(server)), weather) as line,
    ):
        _, writer = await asyncio.open_connection(LOOPBACK, port_of(line))
        writer.write(b"lost")
        await writer.drain()
        writer.close()

        assert await received.get() == b""


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 0.08), (0.5, 0.1), (1.0, 0.12)])
def test_jitter_lies_around_the_delay(chance: float, delay: float) -> None:
    """It may come earlier or later by as much."""
    assert Weather(0.1, 0.02, chance=lambda: chance).delay() == pytest.approx(delay)


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
