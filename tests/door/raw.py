"""A client that sends exactly the bytes it is given, and reads answers with h11."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import h11

from tests.door.fakes import SESSIONS

NAVIGATION = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Accept: text/html")
"""What a browser sends along when it wants a page to show."""
SCRIPT = (
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Dest: empty",
    "Sec-Fetch-Site: same-origin",
    "Referer: http://gw.test/alice/lab",
)
"""The same when a script of an open page asks."""


@dataclass
class Got:
    """An answer."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    interim: list[int]


class RawClient:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._left = b""

    def send(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def answer(self, method: bytes = b"GET") -> Got | None:
        """Return the next answer; None if the connection ended instead."""
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        connection.send(h11.EndOfMessage())
        if self._left:
            connection.receive_data(self._left)
        head: h11.Response | None = None
        body, interim = bytearray(), []
        async with asyncio.timeout(10):
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    data = await self._read()
                    if not data and head is None:
                        return None
                    connection.receive_data(data)
                elif isinstance(event, h11.InformationalResponse):
                    interim.append(event.status_code)
                elif isinstance(event, h11.Response):
                    head = event
                elif isinstance(event, h11.Data):
                    body += event.data
                else:
                    assert head is not None
                    self._left = connection.trailing_data[0]
                    return Got(head.status_code, dict(head.headers), bytes(body), interim)

    async def _read(self) -> bytes:
        try:
            return await self.reader.read(65536)
        except ConnectionError:
            return b""

    async def ended(self) -> bool:
        """Wait for the end of the connection; return whether nothing more came before it."""
        async with asyncio.timeout(10):
            return await self._read() == b"" and not self._left


@asynccontextmanager
async def raw_client(port: int) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


def request(
    target: str = "/alice/x",
    *,
    method: str = "GET",
    member: str | None = "alice",
    headers: tuple[str, ...] = (),
    body: bytes = b"",
    host: str = "gw.test",
) -> bytes:
    """Return a good request, with a session's cookie."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    if member is not None:
        lines.append(f"Cookie: gateway={SESSIONS[member]}")
    if method not in ("GET", "HEAD", "OPTIONS"):
        lines.append("Origin: http://gw.test")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body
