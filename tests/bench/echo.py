"""A WebSocket server that sends every message back, as plain and fast as Python can.

    python -m tests.bench.echo PORT

It knows one kind of frame: binary, masked, MESSAGE_BYTES long (RFC 6455, section 5.2).
"""

import asyncio
import base64
import hashlib
import sys
from typing import Final, cast

import uvloop

GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""

MESSAGE_BYTES: Final = 64
MASKED: Final = bytes((0x82, 0x80 | MESSAGE_BYTES)) + bytes(4)
"""The head of a client's frame; its mask is zero, so the payload is as it is."""
UNMASKED: Final = bytes((0x82, MESSAGE_BYTES))
"""The head of a server's frame."""
PLAIN: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
SWITCH: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)


class Echo(asyncio.Protocol):
    """One connection: HTTP until the handshake, frames thereafter."""

    def __init__(self) -> None:
        self._buffer = b""
        self._switched = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._switched:
            self._answer()
        size = len(MASKED) + MESSAGE_BYTES
        whole = len(self._buffer) // size * size if self._switched else 0
        for start in range(0, whole, size):
            self._transport.write(UNMASKED + self._buffer[start + len(MASKED) : start + size])
        self._buffer = self._buffer[whole:]

    def _answer(self) -> None:
        head, end, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not end:
            self._buffer = head
            return
        fields = dict(line.partition(b": ")[::2] for line in head.lower().split(b"\r\n")[1:])
        if b"sec-websocket-key" not in fields:
            self._transport.write(PLAIN)
            return
        position = head.lower().index(b"sec-websocket-key: ") + len(b"sec-websocket-key: ")
        key = head[position:].partition(b"\r\n")[0]
        digest = hashlib.sha1(key + GUID, usedforsecurity=False).digest()
        self._transport.write(SWITCH % base64.b64encode(digest))
        self._switched = True


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
