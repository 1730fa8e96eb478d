"""The door between two ends of a WebSocket: whatever is said, each hears what it would hear without us."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError

from tests.door.fakes import SESSIONS, House
from tests.door.websocket_cases import CLOSE, Case, cases

pytestmark = pytest.mark.anyio

MOST_MESSAGE = 1 << 20
HANDSHAKE = (
    "GET {target} HTTP/1.1\r\nHost: gw.test\r\nOrigin: http://gw.test\r\n"
    f"Cookie: gateway={SESSIONS['alice']}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
Frame = tuple[int, bytes]


async def echo(connection: ServerConnection) -> None:
    with suppress(ConnectionClosedError):
        async for message in connection:
            await connection.send(message)


@pytest.fixture
async def kernel(gateway: House) -> AsyncIterator[int]:
    """Alice's notebook echoes; the port to ask it at directly."""
    options = {"max_size": MOST_MESSAGE, "compression": None, "ping_interval": None}
    async with serve(echo, "127.0.0.1", 0, **options) as server:  # type: ignore[arg-type]  # a table of keywords
        port = int(server.sockets[0].getsockname()[1])
        gateway.notebooks.ports["alice"] = port
        yield port


class Talker:
    """A client that sends bytes as they are, and hears frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.heard: list[Frame] = []

    async def go_through(self, steps: tuple[bytes | int, ...]) -> list[Frame]:
        """Say all, hear all, to the other end's end."""
        for step in steps:
            if isinstance(step, int):
                while len(self.heard) < step and await self._hear():
                    pass
            else:
                self._writer.write(step)
                await asyncio.sleep(0)
        while await self._hear():
            pass
        return self.heard

    async def _hear(self) -> bool:
        """Hear one frame; return False at the end, or once the other end has closed."""
        try:
            first, second = await self._reader.readexactly(2)
            length = second & 0x7F
            if length > 125:
                wide = await self._reader.readexactly(2 if length == 126 else 8)
                length = int.from_bytes(wide, "big")
            self.heard.append((first, await self._reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        return first & 0x0F != CLOSE


async def verdict(port: int, target: str, steps: tuple[bytes | int, ...]) -> list[Frame]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(HANDSHAKE.format(target=target).encode())
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ")
            return await Talker(reader, writer).go_through(steps)
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"E10 {case[0]}")
async def test_e10_the_door_changes_no_verdict(gateway: House, kernel: int, case: Case) -> None:
    """Frame for frame what the notebook answers is what the client gets."""
    direct = await verdict(kernel, "/ws", case[1])

    through = await verdict(gateway.port, "/alice/ws", case[1])

    assert through == direct
    assert direct[-1][0] & 0x0F == CLOSE


async def test_e10_the_cases_tell_good_ends_from_bad(kernel: int) -> None:
    """They are as many as Autobahn's, and a broken end would be seen."""
    codes = set()
    for _, steps in cases()[:: len(cases()) // 100]:
        last = (await verdict(kernel, "/ws", steps))[-1][1]
        codes.add(int.from_bytes(last[:2], "big"))

    assert len({name for name, _ in cases()}) == len(cases()) >= 247
    assert codes >= {1000, 1002, 1007}
